"""`crossfade parity gate`: the exit code of a CI job, from what was compared."""

from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.files import write_whole
from cli.output import console, json_option, print_json, warn
from cli.spans import Span
from parity.errors import StoreError
from parity.gate import SCHEMA, Gate, GateResult, judge_gate
from parity.report import Report, build_report
from parity.report_junit import render_junit
from parity.report_markdown import render_markdown
from parity.verdict_text import render_conditions


@click.command()
@click.option(
    "--min-comparisons", type=click.IntRange(min=1), required=True, help="How many there must be at least."
)
@click.option(
    "--max-rate",
    type=click.FloatRange(0, 1),
    required=True,
    help="Share of comparisons that may differ, 0-1.",
)
@click.option("--domain", help="Only this domain.")
@click.option("--since", type=Span(), help="Only what happened in the last 90s, 15m, 2h, 7d.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML.")
@click.option(
    "--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write Markdown for a pull request."
)
@json_option
@pass_context
def gate(
    context: Context,
    min_comparisons: int,
    max_rate: float,
    domain: str | None,
    since: float | None,
    junit: Path | None,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Fail a CI job: exit code 0 when the gate holds, 1 when it does not, 2 when it cannot be told.

    It cannot be told with too few comparisons, with books that do not balance, or without a store.
    """
    if domain is not None:
        context.require_domain(domain)
    try:
        report = _report(context, domain, since)
    except StoreError as error:
        warn(f"crossfade: whether the gate holds cannot be told: {error}")
        raise click.exceptions.Exit(GateResult.CANNOT_BE_TOLD.value) from error
    found = judge_gate(report, min_comparisons=min_comparisons, max_rate=max_rate)
    for file, render in ((junit, render_junit), (markdown, render_markdown)):
        if file is not None:
            write_whole(file, render(report, found))
    _show(found, as_json=as_json)
    if found.result is not GateResult.HOLDS:
        raise click.exceptions.Exit(found.result.value)


def _report(context: Context, domain: str | None, since: float | None) -> Report:
    database = context.engine.url
    if database.get_backend_name() == "sqlite" and not Path(database.database or "").exists():
        raise StoreError(f"there is no store at {database.database}")
    return build_report(context.engine, since_s=since, domain=domain, endpoints=context.endpoints)


def _show(found: Gate, *, as_json: bool) -> None:
    if as_json:
        print_json(SCHEMA, found.to_json())
        return
    out = console()
    out.print(found.headline, style="bold")
    render_conditions(found.conditions, out)
