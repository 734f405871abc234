"""A load test as a table of 80 columns, and as JSON."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from loadtests.run import BlockRun, LoadResult
from parity.exchange import Backend
from parity.load_results import (
    MET,
    MISSED,
    QUERIES,
    TIME,
    UNDECIDED,
    LoadEndpoint,
    LoadJudgement,
    LoadRatio,
    LoadSide,
)

SCHEMA = "crossfade.loadtest/1"
_LATE_WORTH_SAYING = 0.02
_STYLES = {MET: "green", MISSED: "red", UNDECIDED: "yellow"}
_STORED = {MET: "pass", MISSED: "fail", UNDECIDED: "undecided"}
"""What the store of `crossfade.loadtest/1` calls them."""


def render_table(result: LoadResult, console: Console) -> None:
    """Three lines an endpoint: its name and legacy, the time and modern, the queries."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("endpoint", no_wrap=True)
    table.add_column("side", no_wrap=True)
    for heading in ("p50 ms", "p95 ms", "queries", "errors"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in (*result.judged.endpoints, result.overall):
        table.add_row(Text(row.endpoint, style="bold"), "legacy", *_cells(row.legacy))
        first, *others = map(_judgement_line, row.judgements)
        table.add_row(first, "modern", *_cells(row.modern))
        for line in others:
            table.add_row(line)
    console.print(table)
    for note in notes(result):
        console.print(escape(note), style="dim", highlight=False, soft_wrap=False)


def _judgement_line(judgement: LoadJudgement) -> Text:
    ratio = judgement.measured
    figure = "unknown" if ratio is None else f"{ratio.value:.2f}"
    if ratio is not None and ratio.high > ratio.low:
        figure += f" ({ratio.low:.2f}-{ratio.high:.2f})"
    word = judgement.judgement
    return Text.assemble(f"  {judgement.measure} {figure} ", (word, _STYLES[word]))


def _cells(side: LoadSide) -> list[str]:
    return [_number(side.p50_ms, 1), _number(side.p95_ms, 1), _number(side.queries, 2), str(side.errors)]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def notes(result: LoadResult) -> list[str]:
    """What a reader of the table must know, a sentence each."""
    overall = result.overall
    load = (
        f"{result.users} users at a pace of {result.pace_s:g} s, {result.duration_s:g} s measured on each side in "
        f"{result.planned_blocks} alternating blocks, {overall.legacy.requests} and {overall.modern.requests} "
        "requests. Ratios are modern to legacy, of the requests that succeed, with 95 % intervals."
    )
    targets = (
        "met: the whole interval is within the target (not slower: it ends below 1.05), and modern answered "
        "everything as recorded. undecided: the interval holds the target, or there is too little to judge by."
    )
    lines = [load, targets]
    if result.problem:
        whole = sum(not ran.problem for ran in result.blocks)
        lines.insert(0, f"PARTIAL: {result.problem}; {whole} of {result.planned_blocks} blocks went through.")
    for name, side in (("legacy", overall.legacy), ("modern", overall.modern)):
        if side.late > _LATE_WORTH_SAYING:
            lines.append(
                f"{side.late:.0%} of the requests to {name} were sent late because users still waited for an "
                "answer: its times are those of a saturated server and look better than they are."
            )
    deviating = [name for name, reason in result.left_out.items() if " answers " in reason]
    if deviating:
        shown = ", ".join(deviating[:3]) + (", ..." if len(deviating) > 3 else "")
        lines.append(f"left out, since one side answers otherwise than recorded ({len(deviating)}): {shown}")
    return lines


def to_json(result: LoadResult) -> dict[str, Any]:
    """Everything but the single timings, under `schema`."""
    return {
        "schema": SCHEMA,
        "domain": result.domain,
        "users": result.users,
        "duration_s": result.duration_s,
        "pace_s": result.pace_s,
        "seed": result.seed,
        "passed": result.passed,
        "problem": result.problem,
        "targets": {"time": result.targets.time, "queries": result.targets.queries},
        "endpoints": [_row(row) for row in result.judged.endpoints],
        "overall": _row(result.overall),
        "blocks": {"planned": result.planned_blocks, "run": [_block(ran) for ran in result.blocks]},
        "left_out": result.left_out,
        "notes": notes(result),
    }


def _row(row: LoadEndpoint) -> dict[str, Any]:
    return {
        "endpoint": row.endpoint,
        "legacy": _side(row.legacy),
        "modern": _side(row.modern),
        **{measure: _judgement(row.judged(measure)) for measure in (TIME, QUERIES)},
    }


def _side(side: LoadSide) -> dict[str, Any]:
    return {
        "requests": side.requests,
        "judged": side.judged,
        "errors": side.errors,
        "late": side.late,
        "p50_ms": side.p50_ms,
        "p95_ms": side.p95_ms,
        "p99_ms": side.p99_ms,
        "queries": side.queries,
    }


def _judgement(judgement: LoadJudgement | None) -> dict[str, Any]:
    if judgement is None:
        return {"ratio": None, "judgement": UNDECIDED}
    return {"ratio": _interval(judgement.measured), "judgement": _STORED[judgement.judgement]}


def _interval(interval: LoadRatio | None) -> dict[str, float] | None:
    if interval is None:
        return None
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _block(ran: BlockRun) -> dict[str, Any]:
    timings = ran.timings
    return {
        "pair": ran.block.pair,
        "side": Backend(ran.block.side).value,
        "seed": ran.block.seed,
        "measured_s": ran.block.measured_s,
        "requests": len(timings),
        "errors": sum(not timing.as_recorded for timing in timings),
        "problem": ran.problem,
    }
