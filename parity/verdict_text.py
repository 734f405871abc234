"""Verdicts in the terminal: fits 80 columns, and says everything without colour too."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parity.conditions import Condition, Standing, rate_text
from parity.coverage import Coverage
from parity.report_text import heading
from parity.report_words import count, moment, ratio
from parity.verdict import Judged, Readiness, Verdict

STYLES = {Readiness.READY: "bold green", Readiness.NOT_YET: "bold yellow", Readiness.NO: "bold red"}
SHOWN_CELLS = 40
NAME_WIDTH = len("comes and goes")


def render_verdicts(verdicts: Sequence[Verdict], console: Console) -> None:
    """Print several verdicts, each with what is missing and wrong alone."""
    for number, verdict in enumerate(verdicts):
        if number:
            console.print()
        _headline(verdict, console)
        render_conditions(
            [*verdict.domain.standing(Standing.WRONG), *verdict.domain.standing(Standing.MISSING)], console
        )


def render_verdict(verdict: Verdict, console: Console) -> None:
    """Print one verdict with all its conditions, the endpoints that were compared, and the coverage matrix."""
    _headline(verdict, console)
    for standing in (Standing.WRONG, Standing.MISSING, Standing.HOLDS):
        if found := verdict.domain.standing(standing):
            heading(standing.value.capitalize(), console)
            render_conditions(found, console)
    _endpoints(verdict.endpoints, console)
    _coverage(verdict.domain.grounds.coverage, console)


def render_conditions(conditions: Sequence[Condition], console: Console) -> None:
    """Print conditions, one under the other."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=NAME_WIDTH)
    table.add_column(overflow="fold")
    for condition in conditions:
        table.add_row(Text(condition.name), Text(condition.text))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _headline(verdict: Verdict, console: Console) -> None:
    line = Text(f"{verdict.domain.name}: ", style="bold")
    line.append(verdict.readiness.value.upper(), style=STYLES[verdict.readiness])
    console.print(line)
    since = "ever since" if verdict.since is None else f"since {moment(verdict.since)}"
    console.print(Text(f"  {since}, as of {moment(verdict.generated_at)}", style="dim"))


def _endpoints(endpoints: Sequence[Judged], console: Console) -> None:
    compared = [row for row in endpoints if row.rate.comparisons]
    if not compared:
        return
    heading("Endpoints", console)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("endpoint", overflow="fold", ratio=1)
    for name in ("differ", "of", "under", "time", "queries"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("alone", no_wrap=True)
    for row in compared:
        table.add_row(
            Text(row.name),
            f"{row.rate.mismatches:,}",
            f"{row.rate.comparisons:,}",
            rate_text(row.rate.upper),
            ratio(None if row.latency is None else row.latency.value),
            ratio(None if row.queries is None else row.queries.value),
            Text(row.readiness.value, style=STYLES[row.readiness].removeprefix("bold ")),
        )
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
    notes = (
        "under: bound of the mismatch rate",
        "time, queries: modern's by legacy's",
        "alone: its own verdict",
    )
    console.print(Padding(Text("; ".join(notes), style="dim"), (0, 0, 0, 2), expand=False))


def _coverage(coverage: Coverage, console: Console) -> None:
    _cells("Compared", [(cell.name, n) for cell, n in coverage.cells], console)
    _cells("Not compared", [(one.name, n) for one, n in coverage.missing], console)


def _cells(title: str, cells: Sequence[tuple[str, int]], console: Console) -> None:
    if not cells:
        return
    heading(title, console)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for name, n in cells[:SHOWN_CELLS]:
        table.add_row(f"{n:,}", Text(name))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
    if len(cells) > SHOWN_CELLS:
        more = count(len(cells) - SHOWN_CELLS, "cell")
        console.print(Text(f"  and {more} more (--json shows all)", style="dim"))
