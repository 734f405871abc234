"""What the HDR histograms of a load test hold: how many answers took how long, as they were counted.

Several are added count by count, so that a percentile of many endpoints is one of all their answers, and never an
average of percentiles.
"""

import math
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from hdrh.codec import (  # type: ignore[import-untyped]  # it has no types
    HdrCookieException,
    HdrLengthException,
)
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # it has no types

from loadtests.errors import LoadTestError
from parity.load_results import ALL, LoadEndpoint, LoadSide


@dataclass(frozen=True, slots=True)
class Distribution:
    """Times in ms, ascending, each with how many answers took it and how many took at most that."""

    times_ms: tuple[float, ...]
    counts: tuple[int, ...]
    seen: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many answers there were."""
        return self.seen[-1] if self.seen else 0

    def at(self, share: float) -> float:
        """The time in ms within which that share of the answers came; of at least one answer."""
        return self.times_ms[bisect_left(self.seen, max(math.ceil(share * self.total), 1))]

    def shares(self, edges_ms: Sequence[float]) -> list[float]:
        """The share of the answers that took longer than each edge and at most as long as the next."""
        found = [0] * (len(edges_ms) - 1)
        for time_ms, n in zip(self.times_ms, self.counts, strict=True):
            place = bisect_left(edges_ms, time_ms) - 1
            if 0 <= place < len(found):
                found[place] += n
        return [n / self.total for n in found]


def distribution(sides: Iterable[LoadSide]) -> Distribution:
    """The answers of all of them together. Raises LoadTestError where a histogram cannot be read."""
    counted: Counter[float] = Counter()
    for side in sides:
        if side.histogram:
            counted.update(_counts(side.histogram))
    times_ms = sorted(counted)
    counts = [counted[time_ms] for time_ms in times_ms]
    return Distribution(tuple(times_ms), tuple(counts), tuple(accumulate(counts)))


def both(rows: Sequence[LoadEndpoint]) -> tuple[Distribution, Distribution]:
    """Legacy's answers and modern's, at these endpoints together."""
    return distribution(row.legacy for row in rows), distribution(row.modern for row in rows)


def together(rows: Sequence[LoadEndpoint]) -> LoadEndpoint | None:
    """The row of all endpoints among these, or one made of them, without judgements; None without answers."""
    found = next((row for row in rows if row.endpoint == ALL and not row.domain), None)
    if found is not None or not any(row.legacy.judged or row.modern.judged for row in rows):
        return found
    parts = [row for row in rows if row.endpoint != ALL]
    return LoadEndpoint("", ALL, _sum([row.legacy for row in parts]), _sum([row.modern for row in parts]), [])


def _sum(sides: Sequence[LoadSide]) -> LoadSide:
    times = distribution(sides)
    p50_ms, p90_ms, p95_ms, p99_ms = (
        times.at(share) if times.total else None for share in (0.50, 0.90, 0.95, 0.99)
    )
    requests = sum(side.requests for side in sides)
    return LoadSide(
        requests=requests,
        judged=sum(side.judged for side in sides),
        errors=sum(side.errors for side in sides),
        late=sum(side.late * side.requests for side in sides) / requests if requests else 0.0,
        rps=sum(side.rps for side in sides),
        mean_ms=_mean([(side.mean_ms, side.judged) for side in sides]),
        p50_ms=p50_ms,
        p90_ms=p90_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        queries=_mean([(side.queries, side.judged) for side in sides]),
        db_ms=_mean([(side.db_ms, side.judged) for side in sides]),
        cache_hits=sum(side.cache_hits for side in sides),
        cache_lookups=sum(side.cache_lookups for side in sides),
    )


def _mean(means: Sequence[tuple[float | None, int]]) -> float | None:
    known = [(mean, n) for mean, n in means if mean is not None and n]
    return sum(mean * n for mean, n in known) / sum(n for _, n in known) if known else None


def _counts(text: str) -> dict[float, int]:
    try:
        histogram = HdrHistogram.decode(text)
    except (HdrCookieException, HdrLengthException, zlib.error, TypeError, ValueError) as error:
        raise LoadTestError(
            f"a histogram of the load test cannot be read: expected an HdrHistogram (V2, base64), got {text[:20]!r}"
        ) from error
    return {
        histogram.get_highest_equivalent_value(histogram.get_value_from_index(index)) / 1_000: n
        for index, n in enumerate(histogram.counts)
        if n
    }
