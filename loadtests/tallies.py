"""What one block says of each endpoint, counted once: the judge looks again after every pair of blocks.

What is judged are the requests that succeed in the recording (2xx) and were answered as recorded; refused ones (a
401, a 404) are part of the load and of the errors, but half a millisecond of refusal must not move the median of the
work.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import TypeAlias

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # hdrh ships no types

from loadtests.timings import Timing
from parity.load_results import LoadSide

Histogram: TypeAlias = HdrHistogram
Key = tuple[str, str]
"""Domain and endpoint."""
_MOST_US = 600_000_000  # no request waits for an answer that long
_DIGITS = 3
_PERCENTILES = (50.0, 90.0, 95.0, 99.0)


@dataclass
class Tally:
    """One endpoint on one side in one block.

    `times_ms` are those of the judged requests, `queries` the statements and number of them by exchange, where the
    answers say so. `errors` are the answers other than recorded, by status (0: no answer). `reads` are cache hits
    and lookups.
    """

    requests: int = 0
    answered: int = 0
    late: int = 0
    errors: Counter[int] = field(default_factory=Counter)
    times_ms: list[float] = field(default_factory=list)
    queries: dict[str, tuple[int, int]] = field(default_factory=dict)
    db_ms: list[float] = field(default_factory=list)
    cache_hits: int = 0
    cache_lookups: int = 0

    def add(self, timing: Timing) -> None:
        """Count one."""
        self.requests += 1
        self.answered += timing.status > 0
        self.late += timing.late_ms > 0
        if not timing.as_recorded:
            self.errors[timing.status] += 1
        elif not timing.refused:
            self.times_ms.append(timing.duration_ms)
            if timing.query_count is not None:
                queries, count = self.queries.get(timing.exchange, (0, 0))
                self.queries[timing.exchange] = (queries + timing.query_count, count + 1)
            if timing.db_ms is not None:
                self.db_ms.append(timing.db_ms)
            if timing.cache and timing.endpoint.startswith("GET "):
                self.cache_hits += timing.cache == "hit"
                self.cache_lookups += 1

    @cached_property
    def median_ms(self) -> float:
        """Of the judged requests, of which there is one at least; all have been added."""
        return median(self.times_ms)


def tallied(timings: Iterable[Timing]) -> dict[Key, Tally]:
    """The endpoints of one side in one block."""
    found: dict[Key, Tally] = {}
    for timing in timings:
        key = (timing.domain, timing.endpoint)
        if (tally := found.get(key)) is None:
            tally = found[key] = Tally()
        tally.add(timing)
    return found


def histogram_of(tallies: Iterable[Tally]) -> Histogram:
    """Of the microseconds of all judged requests, to three significant digits."""
    histogram = HdrHistogram(1, _MOST_US, _DIGITS)
    for tally in tallies:
        for duration_ms in tally.times_ms:
            histogram.record_value(max(1, min(_MOST_US, round(duration_ms * 1_000))))
    return histogram


def merged(histograms: Sequence[Histogram]) -> Histogram:
    """All of them as one: histograms add up, percentiles do not."""
    whole = HdrHistogram(1, _MOST_US, _DIGITS)
    for histogram in histograms:
        whole.add(histogram)
    return whole


def side_of(tallies: Sequence[Tally], histogram: Histogram, measured_s: float) -> LoadSide:
    """One side over all blocks, which measured so many seconds together; nothing is 0 that was not told."""
    requests = sum(tally.requests for tally in tallies)
    judged = sum(len(tally.times_ms) for tally in tallies)
    counted = [told for tally in tallies for told in tally.queries.values()]
    db_ms = [one for tally in tallies for one in tally.db_ms]
    p50, p90, p95, p99 = _percentiles(histogram) if judged else (None,) * 4
    return LoadSide(
        requests=requests,
        judged=judged,
        errors=sum(tally.errors.total() for tally in tallies),
        late=sum(tally.late for tally in tallies) / requests if requests else 0.0,
        rps=sum(tally.answered for tally in tallies) / measured_s if measured_s else 0.0,
        mean_ms=sum(sum(tally.times_ms) for tally in tallies) / judged if judged else None,
        p50_ms=p50,
        p90_ms=p90,
        p95_ms=p95,
        p99_ms=p99,
        queries=sum(queries for queries, _ in counted) / sum(n for _, n in counted) if counted else None,
        db_ms=sum(db_ms) / len(db_ms) if db_ms else None,
        cache_hits=sum(tally.cache_hits for tally in tallies),
        cache_lookups=sum(tally.cache_lookups for tally in tallies),
        histogram=histogram.encode().decode() if judged else "",
    )


def _percentiles(histogram: Histogram) -> tuple[float, ...]:
    """In milliseconds."""
    found = histogram.get_percentile_to_value_dict(_PERCENTILES)
    return tuple(found[percent] / 1_000 for percent in _PERCENTILES)
