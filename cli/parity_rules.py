"""`crossfade parity rules`: how paths are compared, checked."""

from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.table import Table

from cli.context import Context, pass_context
from cli.failures import USAGE
from cli.output import console, json_option, message, print_json
from cli.parity_suggest import suggest
from parity.errors import RulesError
from parity.rule_summary import RulesSummary, summarize

_SCHEMA = "crossfade.parity-rules/1"


@click.group()
def rules() -> None:
    """Rules: how paths are compared."""


rules.add_command(suggest)


@rules.command()
@json_option
@pass_context
def check(context: Context, as_json: bool) -> None:
    """Print what is wrong in the rules files, each fault with file, row and key; else what holds for how much.

    Exit code 2 when something is wrong.
    """
    names = [endpoint.name for endpoint in context.endpoints]
    try:
        found = summarize(context.rules(), names, datetime.now(UTC).date())
    except RulesError as error:
        if as_json:
            print_json(_SCHEMA, {"problems": list(error.problems)})
        else:
            for problem in error.problems:
                click.echo(problem)
            message(f"{len(error.problems)} fault(s) in {len(context.rule_files)} file(s)")
        raise click.exceptions.Exit(USAGE) from error
    if as_json:
        print_json(
            _SCHEMA, {"problems": [], "files": [str(file) for file in context.rule_files], **asdict(found)}
        )
    else:
        _print(found, len(context.rule_files))


def _print(found: RulesSummary, files: int) -> None:
    out = console()
    out.print(
        f"{found.rules} rules and {found.acceptances} acceptances in {files} files, "
        f"for {found.endpoints} endpoints: nothing is wrong",
        soft_wrap=True,
    )
    out.print()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("compare")
    for heading in ("rules", "only recording", "endpoints"):
        table.add_column(heading, justify="right")
    for kind in found.kinds:
        table.add_row(kind.compare, str(kind.rules), str(kind.recording), str(kind.endpoints))
    out.print(table)
    out.print()
    out.print(f"acceptances hold for {found.accepted_endpoints} endpoints; {found.expired} have expired")
