"""What load tests say of the plan's performance: the newest that decides, judged by the plan's own targets.

A partial run can show that a target is missed, and never that it is met. Load tests through the proxy are left aside:
there both sides bear its cost.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from loadtests.scorecard.card import Found, some
from loadtests.scorecard.goals import CONCURRENT_USERS, Goal
from parity.load_results import (
    ALL,
    AVERAGE,
    CACHE,
    MET,
    MISSED,
    NOT_SLOWER,
    TIME,
    UNDECIDED,
    LoadEndpoint,
    LoadJudgement,
    LoadRatio,
    LoadTest,
)
from parity.load_tests import KeptLoadTest
from parity.report_words import count

DIRECT, STEADY = "direct", "steady"
_ROUNDING = 1e-9
_BROKEN = "broken"
"""Of an endpoint: modern answered otherwise than recorded, so that how quick it was means nothing."""

Look = Callable[[LoadTest], Found | None]
"""What one load test says; None where it says nothing of it."""


def of_measure(goal: Goal, tests: Sequence[KeptLoadTest], domains: Collection[str]) -> Found:
    """What load tests, newest first, say of a goal; but for one endpoint by runs over all of these domains alone."""
    direct = [kept for kept in tests if kept.test.through == DIRECT]
    if goal.measure != AVERAGE:  # of the other shapes of load only where there is none of that one
        direct = [kept for kept in direct if kept.test.scenario == STEADY] or direct
    if goal.endpoint:
        return _newest(direct, lambda test: _of_endpoint(goal, test))
    if goal.measure == NOT_SLOWER:
        return _of_slower(goal, direct, domains)
    over_all = [kept for kept in direct if set(kept.test.domains) >= set(domains)]
    if direct and not over_all:
        loaded = sorted({name for kept in direct for name in kept.test.domains})
        return Found(remarks=(f"there are load tests of {some(loaded)}, and none of all domains at once",))
    look = _of_concurrent if goal.measure == AVERAGE else _of_overall
    return _newest(over_all, lambda test: look(goal, test))


def by_plan(judged: LoadJudgement, goal: Goal) -> str:
    """What it says of the plan's target, whatever the target of the run was.

    Where more speaks against it than its interval (errors, too few blocks), the word of the run stands.
    """
    if judged.measured is None:
        return judged.judgement
    if judged.judgement == MET:
        is_as_strict = goal.measure != NOT_SLOWER and _is_within(goal, judged.target, goal.limit)
        return MET if is_as_strict else _by_interval(goal, judged.measured, goal.limit)
    if goal.measure == NOT_SLOWER or judged.judgement != _by_interval(goal, judged.measured, judged.target):
        return judged.judgement
    return _by_interval(goal, judged.measured, goal.limit)


def _by_interval(goal: Goal, measured: LoadRatio, limit: float) -> str:
    within = [_is_within(goal, value, limit) for value in (measured.low, measured.high)]
    return MET if all(within) else UNDECIDED if any(within) else MISSED


def _is_within(goal: Goal, value: float, limit: float) -> bool:
    # of cache hits there should be more, of all else less
    return value >= limit - _ROUNDING if goal.measure == CACHE else value <= limit + _ROUNDING


def _of_overall(goal: Goal, test: LoadTest) -> Found | None:
    return _of_row(goal, test.overall)


def _of_endpoint(goal: Goal, test: LoadTest) -> Found | None:
    rows = (row for row in test.endpoints if row.endpoint == goal.endpoint)
    return next((found for row in rows if (found := _of_row(goal, row))), None)


def _of_slower(goal: Goal, tests: Sequence[KeptLoadTest], domains: Collection[str]) -> Found:
    """Each endpoint by the newest run that decides about it, whatever else that run is of: one slower is one too many."""
    seen: dict[str, str] = {}
    told: dict[str, tuple[str, KeptLoadTest]] = {}
    for kept, row in [(one, row) for one in tests for row in one.test.endpoints]:
        seen.setdefault(row.endpoint, row.domain)
        judged = _telling(row, goal)
        if judged is None:
            continue
        word = by_plan(judged, goal)
        if kept.test.problem and word != MISSED:
            continue
        if word == MISSED and not (judged.measured and judged.measured.low > judged.target):
            word = _BROKEN
        if row.endpoint not in told or (told[row.endpoint][0] == UNDECIDED and word != UNDECIDED):
            told[row.endpoint] = word, kept
    if not told:
        return Found()
    words = {name: word for name, (word, _) in told.items()}
    slower, broken, open_ = (
        [name for name, word in words.items() if word == one] for one in (MISSED, _BROKEN, UNDECIDED)
    )
    absent = sorted(set(domains) - {seen[name] for name in words})
    remarks = [
        *([f"slower: {some(slower)}"] if slower else []),
        *([f"answered otherwise than recorded: {some(broken)}"] if broken else []),
        *([f"cannot be told of {some(open_)}"] if open_ else []),
        *([f"no load test of {some(absent)}"] if absent else []),
        *([f"too few requests at {some(few)}"] if (few := sorted(seen.keys() - words.keys())) else []),
    ]
    sure = len(words) - len(slower) - len(broken) - len(open_)
    is_broken = bool(broken) and not slower
    used = {kept.id: kept for _, kept in told.values()}
    newest = max(used.values(), key=lambda kept: kept.at)
    ids = [newest.id, *(name for name in used if name != newest.id)]
    return Found(
        MISSED if slower or broken else UNDECIDED if open_ or absent else MET,
        f"errors at {len(broken)} of {len(words)}" if is_broken else f"{len(slower)} of {len(words)} slower",
        f"{sure} of {count(len(words), 'endpoint')} surely not slower",
        {
            "slower": len(slower),
            "broken": len(broken),
            "undecided": len(open_),
            "endpoints": len(words),
            "unmeasured": len(few),
        },
        _run_words(newest) if len(ids) == 1 else f"load tests {some(ids)}",
        newest.at,
        tuple(remarks),
    )


def _of_concurrent(goal: Goal, test: LoadTest) -> Found | None:
    """Every endpoint is to answer in time on average; the slowest is what is told."""
    if test.users < CONCURRENT_USERS:
        return None
    rows = [test.overall, *test.endpoints]
    told = [(row, judged, by_plan(judged, goal)) for row in rows if (judged := _telling(row, goal))]
    if not told:
        return None
    over, open_ = ([row.endpoint for row, _, word in told if word == one] for one in (MISSED, UNDECIDED))
    row, slowest, _ = max(told, key=lambda each: each[1].measured.value if each[1].measured else math.inf)
    untold = len(test.endpoints) - sum(row.endpoint != ALL for row, _, _ in told)
    remarks = [
        *([f"over it: {some(over)}"] if over else []),
        *([f"cannot be told of {some(open_)}"] if open_ else []),
        *([f"too few requests at {count(untold, 'endpoint')}"] if untold else []),
    ]
    values = slowest.measured
    return Found(
        MISSED if over else UNDECIDED if open_ else MET,
        "" if values is None else f"{values.value:.0f} ms ({values.low:.0f} to {values.high:.0f})",
        f"{_number(test.overall.modern.mean_ms)} ms over all; that is of the slowest, {row.endpoint}, of {len(told)}",
        {} if values is None else {"slowest_ms": values.value, "low": values.low, "high": values.high},
        remarks=tuple(remarks),
    )


def _of_row(goal: Goal, row: LoadEndpoint) -> Found | None:
    judged = _telling(row, goal)
    if judged is None:
        return None
    word, measured = by_plan(judged, goal), judged.measured
    remarks = []
    if abs(judged.target - goal.limit) > _ROUNDING:
        remarks.append(f"judged by the plan's target; that of the run was {judged.target:g}")
    if word == UNDECIDED and judged.blocks_needed:
        remarks.append(f"about {count(judged.blocks_needed, 'pair')} of blocks more would decide it")
    if word != MET and judged.why:
        remarks.append(judged.why)
    return Found(
        word,
        "" if measured is None else _measured(goal, measured),
        _detail(goal, row),
        {} if measured is None else {"value": measured.value, "low": measured.low, "high": measured.high},
        remarks=tuple(remarks),
    )


def _telling(row: LoadEndpoint, goal: Goal) -> LoadJudgement | None:
    """What the run judged of it; None where there was too little to measure, and no errors that decide without."""
    judged = row.judged(goal.measure)
    is_told = judged is not None and (judged.measured is not None or judged.judgement == MISSED)
    return judged if is_told else None


def _measured(goal: Goal, measured: LoadRatio) -> str:
    values = measured.value, measured.low, measured.high
    if goal.measure == CACHE:
        return "{:.0f} % ({:.0f} to {:.0f})".format(*(100 * value for value in values))
    return "{:+.0f} % ({:+.0f} to {:+.0f})".format(*(100 * (value - 1) for value in values))


def _detail(goal: Goal, row: LoadEndpoint) -> str:
    legacy, modern = row.legacy, row.modern
    if goal.measure == CACHE:
        return f"{modern.cache_hits:,} of {modern.cache_lookups:,} lookups"
    is_time = goal.measure == TIME
    before, after = (legacy.p50_ms, modern.p50_ms) if is_time else (legacy.queries, modern.queries)
    unit = "ms at the median" if is_time else "statements a request"
    return f"{_number(before)} → {_number(after)} {unit}, {legacy.judged:,} and {modern.judged:,} requests"


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.3g}" if value < 1_000 else f"{value:.0f}"


def _newest(tests: Iterable[KeptLoadTest], look: Look) -> Found:
    """The newest that decides, else the newest that does not; what was passed over is told."""
    passed: list[str] = []
    undecided: Found | None = None
    for kept, found in _looked(tests, look):
        problem = kept.test.problem
        named = replace(
            found,
            by=_run_words(kept),
            at=kept.at,
            remarks=(*found.remarks, *([f"the run is partial: {problem}"] if problem else []), *passed),
        )
        if found.judgement == MISSED or (found.judgement == MET and not problem):
            return named
        if problem:
            passed.append(f"{kept.id} is partial and no evidence: {problem}")
        else:
            undecided = undecided or named
            passed.append(f"{kept.id}, which is newer, is undecided")
    return undecided or Found(remarks=tuple(passed))


def _run_words(kept: KeptLoadTest) -> str:
    return f"load test {kept.id} ({kept.test.scenario})"


def _looked(tests: Iterable[KeptLoadTest], look: Look) -> Iterator[tuple[KeptLoadTest, Found]]:
    return ((kept, found) for kept in tests if (found := look(kept.test)) is not None)
