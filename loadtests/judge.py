"""Is modern 20 % faster and does it issue 30 % fewer queries? Per endpoint, from all timings of all blocks.

What is judged are the requests that succeed in the recording (2xx) and were answered as recorded; refused
ones (a 401, a 404) are part of the load and of the errors, but half a millisecond of refusal must not move
the median of the work. The ratio of the medians, modern to legacy, gets a confidence interval by resampling
pairs of blocks (see `interval.py`): values within a block share the machine's mood, so they are not
independent, pairs of blocks nearly are.

What these numbers say: how long users wait who send their next request after their pause, at equal offered
load on both sides. What they do not say: how a side behaves under arrivals that do not wait (coordinated
omission, Tene 2013): while a side stalls, its users send nothing, so a stall is seen once per user and not once
per request that would have come; p95 flatters the side that stalls. That is why the share of requests that were
sent late is part of every result: as long as it is near zero both sides kept the pace and nothing was omitted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from loadtests.interval import Interval, bootstrap, percentile, ratio_of_medians
from loadtests.timings import Timing
from parity.exchange import Backend

TIME_TARGET = 0.80
QUERY_TARGET = 0.70
ALL = "all endpoints"
_PAIRS_AT_LEAST = 5  # each with judged requests of both sides
_JUDGED_AT_LEAST = 20  # of each side
_ROUNDING = 1e-9


class Judgement(StrEnum):
    """What the interval of a ratio says about its target."""

    PASS = "pass"  # noqa: S105  not a password
    """The whole interval is at or below the target, and modern made no error."""
    FAIL = "fail"
    """The whole interval is above the target, or modern answered otherwise than recorded."""
    UNDECIDED = "undecided"
    """The interval holds the target, or there is too little to judge."""


@dataclass(frozen=True, slots=True)
class PairOfBlocks:
    """What was measured in a block of each side with the same seed."""

    legacy: Sequence[Timing]
    modern: Sequence[Timing]

    def of(self, side: Backend) -> Sequence[Timing]:
        """The timings of that side."""
        return self.legacy if side is Backend.LEGACY else self.modern


@dataclass(frozen=True, slots=True)
class SideFigures:
    """One side at one endpoint; times and queries are those of the `judged` requests, None without any.

    `errors` are answers other than recorded, and no answers; `late` is the share of requests sent late.
    """

    requests: int
    judged: int
    errors: int
    late: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    queries: float | None


@dataclass(frozen=True, slots=True)
class EndpointFigures:
    """Both sides at one endpoint, their ratios (modern to legacy), and what these say about the targets."""

    endpoint: str
    legacy: SideFigures
    modern: SideFigures
    time_ratio: Interval | None
    query_ratio: Interval | None
    time: Judgement
    queries: Judgement


def judge(pairs: Sequence[PairOfBlocks], endpoints: Iterable[str], *, seed: int = 1) -> list[EndpointFigures]:
    """What was measured of each endpoint, and of all of them together as the last row, named `ALL`."""
    rows = [_figures(name, [_only(pair, name) for pair in pairs], seed) for name in endpoints]
    return [*rows, _figures(ALL, pairs, seed)]


def _only(pair: PairOfBlocks, endpoint: str) -> PairOfBlocks:
    return PairOfBlocks(
        [timing for timing in pair.legacy if timing.endpoint == endpoint],
        [timing for timing in pair.modern if timing.endpoint == endpoint],
    )


def _figures(endpoint: str, pairs: Sequence[PairOfBlocks], seed: int) -> EndpointFigures:
    sides = {side: _side([timing for pair in pairs for timing in pair.of(side)]) for side in Backend}
    telling = [pair for pair in pairs if all(any(map(_judged, pair.of(side))) for side in Backend)]
    time_ratio = _time_ratio(telling, seed)
    query_ratio = _query_ratio(telling, seed)
    enough = len(telling) >= _PAIRS_AT_LEAST and all(
        side.judged >= _JUDGED_AT_LEAST for side in sides.values()
    )
    broken = sides[Backend.MODERN].errors > 0
    return EndpointFigures(
        endpoint=endpoint,
        legacy=sides[Backend.LEGACY],
        modern=sides[Backend.MODERN],
        time_ratio=time_ratio,
        query_ratio=query_ratio,
        time=_judgement(time_ratio, TIME_TARGET, enough=enough, broken=broken),
        queries=_judgement(query_ratio, QUERY_TARGET, enough=enough, broken=broken),
    )


def _judged(timing: Timing) -> bool:
    return timing.as_recorded and not timing.refused


def _side(timings: Sequence[Timing]) -> SideFigures:
    judged = [timing for timing in timings if _judged(timing)]
    times = sorted(timing.duration_ms for timing in judged)
    counts = [timing.query_count for timing in judged if timing.query_count is not None]
    return SideFigures(
        requests=len(timings),
        judged=len(judged),
        errors=sum(not timing.as_recorded for timing in timings),
        late=sum(timing.late_ms > 0 for timing in timings) / len(timings) if timings else 0.0,
        p50_ms=percentile(times, 0.50) if times else None,
        p95_ms=percentile(times, 0.95) if times else None,
        p99_ms=percentile(times, 0.99) if times else None,
        queries=sum(counts) / len(counts) if counts else None,
    )


def _time_ratio(pairs: Sequence[PairOfBlocks], seed: int) -> Interval | None:
    legacy, modern = (
        [[timing.duration_ms for timing in pair.of(side) if _judged(timing)] for pair in pairs]
        for side in (Backend.LEGACY, Backend.MODERN)
    )
    return ratio_of_medians(modern, legacy, seed=seed)


def _query_ratio(pairs: Sequence[PairOfBlocks], seed: int) -> Interval | None:
    """The ratio of queries per request, each exchange weighing the same on both sides.

    Blocks end by the clock, so one side may have sent a few more of the expensive exchanges; the mean over
    exchanges of their own means does not depend on that.
    """
    sums = [{side: _sums(pair.of(side)) for side in Backend} for pair in pairs]

    def mean(side: Backend, weights: Sequence[int], names: set[str]) -> float:
        total = 0.0
        for name in names:
            drawn = [(weights[unit], *sums[unit][side].get(name, (0, 0))) for unit in range(len(pairs))]
            total += sum(w * queries for w, queries, _ in drawn) / sum(w * count for w, _, count in drawn)
        return total / len(names)

    def ratio(weights: Sequence[int]) -> float | None:
        seen = {
            side: {name for unit, weight in enumerate(weights) if weight for name in sums[unit][side]}
            for side in Backend
        }
        both = seen[Backend.LEGACY] & seen[Backend.MODERN]
        if not both:
            return None
        legacy = mean(Backend.LEGACY, weights, both)
        return mean(Backend.MODERN, weights, both) / legacy if legacy else None

    return bootstrap(len(pairs), ratio, seed=seed)


def _sums(timings: Sequence[Timing]) -> dict[str, tuple[int, int]]:
    """Queries and number of the judged requests, by exchange."""
    found: dict[str, tuple[int, int]] = {}
    for timing in timings:
        if _judged(timing) and timing.query_count is not None:
            queries, count = found.get(timing.exchange, (0, 0))
            found[timing.exchange] = (queries + timing.query_count, count + 1)
    return found


def _judgement(ratio: Interval | None, target: float, *, enough: bool, broken: bool) -> Judgement:
    if broken:
        return Judgement.FAIL
    if ratio is None or not enough:
        return Judgement.UNDECIDED
    if ratio.high <= target + _ROUNDING:
        return Judgement.PASS
    return Judgement.FAIL if ratio.low > target + _ROUNDING else Judgement.UNDECIDED
