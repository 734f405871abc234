"""A load test as a table of 80 columns, and as JSON."""

import time
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from loadtests.interval import Interval
from loadtests.judge import QUERY_TARGET, TIME_TARGET, EndpointFigures, Judgement, SideFigures
from loadtests.run import BlockRun, LoadResult
from parity.exchange import Backend
from parity.load_results import (
    ALL,
    MET,
    MISSED,
    QUERIES,
    TIME,
    UNDECIDED,
    LoadBlock,
    LoadEndpoint,
    LoadJudgement,
    LoadRatio,
    LoadSide,
    LoadTest,
    Targets,
)

SCHEMA = "crossfade.loadtest/1"
_LATE_WORTH_SAYING = 0.02
_STYLES = {Judgement.PASS: "green", Judgement.FAIL: "red", Judgement.UNDECIDED: "yellow"}


def render_table(result: LoadResult, console: Console) -> None:
    """Three lines an endpoint: its name and legacy, the time and modern, the queries."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("endpoint", no_wrap=True)
    table.add_column("side", no_wrap=True)
    for heading in ("p50 ms", "p95 ms", "queries", "errors"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result.rows:
        table.add_row(Text(row.endpoint, style="bold"), "legacy", *_cells(row.legacy))
        table.add_row(_judgement_line("time", row.time_ratio, row.time), "modern", *_cells(row.modern))
        table.add_row(_judgement_line("queries", row.query_ratio, row.queries))
    console.print(table)
    for note in notes(result):
        console.print(escape(note), style="dim", highlight=False, soft_wrap=False)


def _judgement_line(what: str, ratio: Interval | None, judgement: Judgement) -> Text:
    figure = "unknown" if ratio is None else f"{ratio.value:.2f}"
    if ratio is not None and ratio.high > ratio.low:
        figure += f" ({ratio.low:.2f}-{ratio.high:.2f})"
    return Text.assemble(f"  {what} {figure} ", (judgement.value, _STYLES[judgement]))


def _cells(side: SideFigures) -> list[str]:
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
        f"pass: the whole interval is at or below {TIME_TARGET:.2f} (time) and {QUERY_TARGET:.2f} (queries), "
        "and modern answered everything as recorded. undecided: the interval holds the target, or there is too "
        "little to judge by."
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
        "targets": {"time": TIME_TARGET, "queries": QUERY_TARGET},
        "endpoints": [_row(row) for row in result.rows[:-1]],
        "overall": _row(result.overall),
        "blocks": {"planned": result.planned_blocks, "run": [_block(ran) for ran in result.blocks]},
        "left_out": result.left_out,
        "notes": notes(result),
    }


def _row(row: EndpointFigures) -> dict[str, Any]:
    return {
        "endpoint": row.endpoint,
        "legacy": _side(row.legacy),
        "modern": _side(row.modern),
        "time": {"ratio": _interval(row.time_ratio), "judgement": row.time.value},
        "queries": {"ratio": _interval(row.query_ratio), "judgement": row.queries.value},
    }


def _side(side: SideFigures) -> dict[str, Any]:
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


def _interval(interval: Interval | None) -> dict[str, float] | None:
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


_WORDS = {Judgement.PASS: MET, Judgement.FAIL: MISSED, Judgement.UNDECIDED: UNDECIDED}


def as_load_test(result: LoadResult) -> LoadTest:
    """It in the form of the store; when it began is not known any more, what was not measured is None."""
    rows = [_kept_row(row, result) for row in result.rows]
    words = {one.judgement for one in rows[-1].judgements}
    now = time.time()
    return LoadTest(
        domains=[result.domain],
        scenario="steady",
        workload="closed",
        through="direct",
        users=result.users,
        rate_rps=None,
        pace_s=result.pace_s,
        duration_s=result.duration_s,
        seed=result.seed,
        begun_at=now,
        ended_at=now,
        judgement=MET if result.passed else MISSED if MISSED in words else UNDECIDED,
        problem=result.problem,
        stopped="",
        targets=Targets(),
        overall=msgspec.structs.replace(rows[-1], domain=""),
        by_domain=rows[-1:],
        endpoints=rows[:-1],
        cold=[],
        processes=[],
        blocks=[
            LoadBlock(**_block(ran), begun_s=0.0, p50_ms=None, p95_ms=None, p99_ms=None)
            for ran in result.blocks
        ],
        planned_blocks=result.planned_blocks,
        left_out=result.left_out,
        notes=notes(result),
    )


def _kept_row(row: EndpointFigures, result: LoadResult) -> LoadEndpoint:
    judged = (
        (TIME, TIME_TARGET, row.time_ratio, row.time),
        (QUERIES, QUERY_TARGET, row.query_ratio, row.queries),
    )
    whole = row is result.rows[-1]
    return LoadEndpoint(
        result.domain,
        ALL if whole else row.endpoint,
        _kept_side(row.legacy, result),
        _kept_side(row.modern, result),
        [
            LoadJudgement(
                measure,
                target,
                None if interval is None else LoadRatio(interval.value, interval.low, interval.high),
                _WORDS[word],
                binding=whole,
            )
            for measure, target, interval, word in judged
        ],
    )


def _kept_side(side: SideFigures, result: LoadResult) -> LoadSide:
    return LoadSide(
        **_side(side),
        rps=side.requests / result.duration_s,
        mean_ms=None,
        p90_ms=None,
        db_ms=None,
        cache_hits=0,
        cache_lookups=0,
    )
