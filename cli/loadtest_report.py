"""`crossfade loadtest report`: a load test that the store keeps, in the terminal and in files of several kinds."""

from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import console, json_option, message, print_json
from loadtests.errors import LoadTestError
from loadtests.reports import render, to_json, write_html, write_junit, write_markdown
from parity.errors import StoreError
from parity.load_tests import KeptLoadTest, LoadTests, not_shown

NOT_MET, NOT_WHOLE = 1, 2
_NAMED = 5
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("test_id", metavar="[ID]", required=False)
@click.option("--domain", help="Without an ID: the latest that includes this domain.")
@click.option("--all", "all_endpoints", is_flag=True, help="Every endpoint, not only the worst.")
@click.option("--html", type=_FILE, help="Write one self-contained HTML file.")
@click.option("--junit", type=_FILE, help="Write JUnit XML.")
@click.option("--markdown", type=_FILE, help="Write Markdown for a pull request.")
@json_option
@pass_context
def report(
    context: Context,
    test_id: str | None,
    domain: str | None,
    all_endpoints: bool,
    html: Path | None,
    junit: Path | None,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Show a load test that is kept, the latest without an ID.

    Exit code as that of the run: 0 met, 1 missed or undecided, 2 not run to its end.
    """
    if domain is not None:
        context.require_domain(domain)
    files = [(html, write_html), (junit, write_junit), (markdown, write_markdown)]
    try:
        kept = _kept(LoadTests(context.engine), test_id, domain)
        for file, write in files:
            if file is not None:
                write(kept.test, file)
                message(f"wrote {file}")
    except (LoadTestError, StoreError) as error:
        raise UsageError(str(error)) from error
    if as_json:
        values = to_json(kept.test)
        print_json(values.pop("schema"), values)
    elif not any(file for file, _ in files):
        message(f"{kept.id}, run by {kept.actor}")
        render(kept.test, console(), all_endpoints=all_endpoints)
    if not kept.test.passed:
        raise click.exceptions.Exit(NOT_WHOLE if kept.test.problem else NOT_MET)


def _kept(tests: LoadTests, test_id: str | None, domain: str | None) -> KeptLoadTest:
    found = tests.get(test_id) if test_id else next(iter(tests.latest(1, domain)), None)
    if found is not None:
        return found
    latest = [one.id for one in tests.latest(_NAMED, domain)]
    if latest:
        raise UsageError(f"no load test {test_id!r} is kept; the latest: {', '.join(latest)}")
    of_domain = f" of {domain}" if domain else ""
    other = not_shown(tests.of_other_versions(domain))
    raise UsageError(
        f"no load test{of_domain} is kept{f' ({other})' if other else ''}: crossfade loadtest runs one"
    )
