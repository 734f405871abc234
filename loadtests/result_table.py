"""A load test as a table of 80 columns, and as JSON."""

from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from parity.load_results import (
    MET,
    MISSED,
    QUERIES,
    SCHEMA,
    TIME,
    UNDECIDED,
    LoadEndpoint,
    LoadJudgement,
    LoadSide,
    LoadTest,
)

_LATE_WORTH_SAYING = 0.02
_STYLES = {MET: "green", MISSED: "red", UNDECIDED: "yellow"}


def render_table(test: LoadTest, console: Console) -> None:
    """Three lines an endpoint: its name and legacy, the time and modern, the queries; then what binds, and notes."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("endpoint", no_wrap=True)
    table.add_column("side", no_wrap=True)
    for heading in ("p50 ms", "p95 ms", "queries", "errors"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in (*test.endpoints, test.overall):
        table.add_row(Text(row.endpoint, style="bold"), "legacy", *_cells(row.legacy))
        table.add_row(_judgement_line(row, TIME), "modern", *_cells(row.modern))
        table.add_row(_judgement_line(row, QUERIES))
    console.print(table)
    console.print(Text.assemble("in all: ", (test.judgement, _STYLES[test.judgement])))
    for note in notes(test):
        console.print(escape(note), style="dim", highlight=False, soft_wrap=False)


def notes(test: LoadTest) -> list[str]:
    """What a reader of the table must know, a sentence each."""
    lines = [_what_ran(test), *test.notes]
    if test.stopped:
        lines.insert(0, f"Ended early: {test.stopped}.")
    if test.problem:
        whole = sum(not block.problem for block in test.blocks)
        lines.insert(0, f"PARTIAL: {test.problem}; {whole} of {test.planned_blocks} blocks went through.")
    for name, side in (("legacy", test.overall.legacy), ("modern", test.overall.modern)):
        if side.late > _LATE_WORTH_SAYING:
            lines.append(
                f"{side.late:.0%} of the requests to {name} were sent late because users still waited for an "
                "answer: its times are those of a saturated server and look better than they are."
            )
    deviating = [name for name, reason in test.left_out.items() if " answers " in reason]
    if deviating:
        shown = ", ".join(deviating[:3]) + (", ..." if len(deviating) > 3 else "")
        lines.append(f"left out, since one side answers otherwise than recorded ({len(deviating)}): {shown}")
    return lines


def to_json(test: LoadTest) -> dict[str, Any]:
    """All of it, under `schema`."""
    return {"schema": SCHEMA, **msgspec.to_builtins(test)}


def _what_ran(test: LoadTest) -> str:
    load = f"{test.users} users at a pace of {test.pace_s:g} s"
    if test.rate_rps is not None:
        load = f"{test.rate_rps:g} arrivals a second"
    return (
        f"{test.scenario}: {load}, {test.duration_s:g} s on each side planned in {test.planned_blocks} alternating "
        f"blocks, {test.overall.legacy.requests} and {test.overall.modern.requests} requests. Ratios are modern to "
        "legacy, of the requests that succeed, with 95 % intervals."
    )


def _judgement_line(row: LoadEndpoint, measure: str) -> Text:
    judged = row.judged(measure)
    if judged is None:
        return Text("")
    return Text.assemble(f"  {measure} {_figure(judged)} ", (judged.judgement, _STYLES[judged.judgement]))


def _figure(judged: LoadJudgement) -> str:
    ratio = judged.measured
    if ratio is None:
        return "unknown"
    interval = f" ({ratio.low:.2f}-{ratio.high:.2f})" if ratio.high > ratio.low else ""
    return f"{ratio.value:.2f}{interval}"


def _cells(side: LoadSide) -> list[str]:
    return [_number(side.p50_ms, 1), _number(side.p95_ms, 1), _number(side.queries, 2), str(side.errors)]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
