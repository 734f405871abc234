"""Percentiles from all values, and bootstrap confidence intervals over blocks or rounds.

The interval is the percentile bootstrap of Efron and Tibshirani, "An Introduction to the Bootstrap" (1993),
chapter 13. With a handful of units that interval is too narrow; its quantiles are therefore taken further out
by Hesterberg's expansion ("What Teachers Should Know About the Bootstrap", The American Statistician 69,
2015, section 3.3): the level that makes the interval of a mean as wide as Student's.
"""

import math
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from statistics import NormalDist

RESAMPLES = 2_000
# Student's t at 0.975 for 1 … 30 degrees of freedom; beyond that the normal quantile is within 4 %
_T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
          2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
          2.045, 2.042)  # fmt: skip
_Z_975 = 1.960


@dataclass(frozen=True, slots=True)
class Interval:
    """A ratio with its 95 % confidence interval."""

    value: float
    low: float
    high: float


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which that share of the (sorted, non-empty) values lies, linear between neighbours."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


class Pooled:
    """The values of all units, sorted once, so that a median of units drawn again costs one pass in C."""

    __slots__ = ("_units", "_values")

    def __init__(self, units: Sequence[Sequence[float]]) -> None:
        ordered = sorted((value, unit) for unit, values in enumerate(units) for value in values)
        self._values = [value for value, _ in ordered]
        self._units = [unit for _, unit in ordered]

    def median(self, weights: Sequence[int]) -> float | None:
        """The median when unit u was drawn `weights[u]` times; None if nothing was."""
        seen = list(accumulate(map(weights.__getitem__, self._units)))
        total = seen[-1] if seen else 0
        if not total:
            return None
        below = self._values[bisect_left(seen, (total + 1) // 2)]
        return below if total % 2 else (below + self._values[bisect_left(seen, total // 2 + 1)]) / 2

    def quantile(self, weights: Sequence[int], share: float) -> float | None:
        """The least value that this share of the drawn ones does not exceed; None if nothing was drawn."""
        seen = list(accumulate(map(weights.__getitem__, self._units)))
        total = seen[-1] if seen else 0
        return self._values[bisect_left(seen, max(1, math.ceil(share * total)))] if total else None


def bootstrap(
    units: int, statistic: Callable[[Sequence[int]], float | None], *, seed: int
) -> Interval | None:
    """The statistic of all units once each, and its interval from drawing the units again with replacement.

    `statistic` gets how often each unit was drawn and answers None where that draw has no value. The whole is
    None when the units themselves have none.
    """
    value = statistic([1] * units)
    if value is None:
        return None
    rng = random.Random(seed)
    everyone = range(units)
    # few units give few draws that differ, each of which is computed once
    of_draw = cache(statistic)
    again = (
        of_draw(tuple(map(counted.__getitem__, everyone)))
        for counted in (Counter(rng.choices(everyone, k=units)) for _ in range(RESAMPLES))
    )
    drawn = sorted(one for one in again if one is not None)
    tail = _tail(units)
    return Interval(value, min(value, percentile(drawn, tail)), max(value, percentile(drawn, 1 - tail)))


def ratio_of_medians(
    numerator: Sequence[Sequence[float]], denominator: Sequence[Sequence[float]], *, seed: int
) -> Interval | None:
    """The ratio of the medians of all values, with its interval from resampling the units that both were measured in.

    The two have one sequence of values for each unit, a pair of blocks or a round of slices.
    """
    return ratio_of_mean_medians([numerator], [denominator], seed=seed)


def ratio_of_mean_medians(
    numerators: Sequence[Sequence[Sequence[float]]],
    denominators: Sequence[Sequence[Sequence[float]]],
    *,
    seed: int,
) -> Interval | None:
    """As `ratio_of_medians`, where there are several kinds of values: of the mean over the kinds of their medians.

    One median of all would lie between the kinds where they are far apart, and say nothing of any.
    """
    uppers, lowers = [[Pooled(kind) for kind in kinds] for kinds in (numerators, denominators)]

    def ratio(weights: Sequence[int]) -> float | None:
        above = [kind.median(weights) for kind in uppers]
        below = [kind.median(weights) for kind in lowers]
        known = [one for one in (*above, *below) if one is not None]
        if len(known) < len(above) + len(below) or not math.fsum(known[len(above) :]):
            return None
        # as many kinds above as below: of sums as of means
        return math.fsum(known[: len(above)]) / math.fsum(known[len(above) :])

    return bootstrap(len(numerators[0]), ratio, seed=seed)


def _tail(units: int) -> float:
    if units < 2:
        return 0.0
    student = _T_975[units - 2] if units - 2 < len(_T_975) else _Z_975
    return NormalDist().cdf(-student * math.sqrt(units / (units - 1)))
