"""One estimate a pair of blocks, of one endpoint or of several together: what the judge's intervals are made of.

Values within a block share the machine's mood, so they are not independent; pairs of blocks with the same seed, one
right behind the other, nearly are. What both blocks of a pair met has no part in their ratio.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loadtests.tallies import Key, Tally


@dataclass(frozen=True, slots=True)
class BothSides:
    """One endpoint: a tally of each side for each pair."""

    key: Key
    legacy: Sequence[Tally]
    modern: Sequence[Tally]

    @property
    def judged(self) -> int:
        """Judged requests of both sides."""
        return sum(len(tally.times_ms) for tally in (*self.legacy, *self.modern))


def time_ratios(rows: Sequence[BothSides]) -> list[float]:
    """Logarithms of modern's median by legacy's in each pair that has both.

    Of several endpoints it is the mean, each weighing as many requests as it has in all pairs: the ratio by which the
    response times change, whoever is asked for. One median of all requests would lie between the fast and the slow
    endpoints and say nothing of either; the geometric mean is the one that does not depend on which side is divided by
    which (Fleming and Wallace, "How not to lie with statistics", Communications of the ACM 29, 1986).
    """
    weighed = [(row.judged, row) for row in rows]
    found = []
    for pair in range(_pairs(rows)):
        told = [
            (weight, math.log(row.modern[pair].median_ms / row.legacy[pair].median_ms))
            for weight, row in weighed
            if row.legacy[pair].times_ms and row.modern[pair].times_ms
        ]
        if told:
            found.append(math.fsum(w * value for w, value in told) / sum(w for w, _ in told))
    return found


def query_ratios(rows: Sequence[BothSides]) -> list[float]:
    """Statements a request, modern to legacy, a value a pair of which the mean is the ratio of all.

    Every exchange weighs the same on both sides: blocks end by the clock, so one side may have sent a few more of the
    expensive ones. Empty where legacy issues none or one side does not say.
    """
    weights: dict[tuple[Key, str], int] = {}
    for row in rows:
        for tally in (*row.legacy, *row.modern):
            for exchange, (_, count) in tally.queries.items():
                weights[row.key, exchange] = weights.get((row.key, exchange), 0) + count
    sums = []
    for pair in range(_pairs(rows)):
        told = [
            (weights[row.key, exchange], _mean(legacy), _mean(row.modern[pair].queries[exchange]))
            for row in rows
            for exchange, legacy in row.legacy[pair].queries.items()
            if exchange in row.modern[pair].queries
        ]
        if told:
            total = sum(weight for weight, _, _ in told)
            sums.append((sum(w * m for w, _, m in told) / total, sum(w * n for w, n, _ in told) / total))
    return _ratio_values(sums)


def cache_misses(rows: Sequence[BothSides]) -> list[float]:
    """The share of modern's lookups that its cache did not answer, a value a pair of which the mean is that of all."""
    sums = []
    for pair in range(_pairs(rows)):
        lookups = sum(row.modern[pair].cache_lookups for row in rows)
        if lookups:
            sums.append((float(lookups - sum(row.modern[pair].cache_hits for row in rows)), float(lookups)))
    return _ratio_values(sums)


def averages(row: BothSides) -> list[float]:
    """Milliseconds that modern takes for a request, a value a pair of which the mean is that of all requests."""
    times = [tally.times_ms for tally in row.modern if tally.times_ms]
    return _ratio_values([(math.fsum(one), float(len(one))) for one in times])


def _ratio_values(sums: Sequence[tuple[float, float]]) -> list[float]:
    """The ratio of the sums, as a mean of one value for each pair of them.

    The linear approximation of a ratio estimator (Cochran, "Sampling Techniques", 1977, section 6.3).
    """
    below = math.fsum(one for _, one in sums)
    if not below:
        return []
    ratio = math.fsum(one for one, _ in sums) / below
    return [ratio + (upper - ratio * lower) * len(sums) / below for upper, lower in sums]


def _pairs(rows: Iterable[BothSides]) -> int:
    return next((len(row.legacy) for row in rows), 0)


def _mean(told: tuple[int, int]) -> float:
    return told[0] / told[1]
