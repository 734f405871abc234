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
from functools import cache, lru_cache
from itertools import accumulate
from operator import mul
from statistics import NormalDist, fmean, stdev

RESAMPLES = 2_000
CHANCE = 0.025
"""Of the truth being beyond an end of an interval of 95 %."""
_MANY = 30  # units of which the mean is as good as normal, however skewed they are
_RESAMPLES_OF_MEANS = 1_000  # of hundreds of measures at a look; Student's t bounds them as well


@dataclass(frozen=True, slots=True)
class Interval:
    """A ratio with its confidence interval, of 95 % if nothing else is said."""

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
    units: int, statistic: Callable[[Sequence[int]], float | None], *, seed: int, chance: float = CHANCE
) -> Interval | None:
    """The statistic of all units once each, and its interval from drawing the units again with replacement.

    The truth is beyond each end of it with that chance.

    `statistic` gets how often each unit was drawn and answers None where that draw has no value. The whole is
    None when the units themselves have none.
    """
    value = statistic([1] * units)
    if value is None:
        return None
    # few units give few draws that differ, each of which is computed once
    again = map(cache(statistic), _draws(units, seed))
    drawn = sorted(one for one in again if one is not None)
    tail = _tail(units, chance)
    return Interval(value, min(value, percentile(drawn, tail)), max(value, percentile(drawn, 1 - tail)))


def ratio_of_medians(
    numerator: Sequence[Sequence[float]],
    denominator: Sequence[Sequence[float]],
    *,
    seed: int,
    chance: float = CHANCE,
) -> Interval | None:
    """The ratio of the medians of all values, with its interval from resampling the units that both were measured in.

    The two have one sequence of values for each unit, a pair of blocks or a round of slices. The truth is beyond each
    end of the interval with that chance.
    """
    return ratio_of_mean_medians([numerator], [denominator], seed=seed, chance=chance)


def ratio_of_mean_medians(
    numerators: Sequence[Sequence[Sequence[float]]],
    denominators: Sequence[Sequence[Sequence[float]]],
    *,
    seed: int,
    chance: float = CHANCE,
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

    return bootstrap(len(numerators[0]), ratio, seed=seed, chance=chance)


class Spread:
    """The mean of one estimate a unit (a pair of blocks, say), and within what bounds its truth lies.

    A bound is that of Student's t (W. S. Gosset, "The Probable Error of a Mean", Biometrika 6, 1908), or that of the
    bootstrap where it is further out: t alone takes both sides as equally far, which skewed estimates are not, and draws
    from a handful of units never reach the tails that a small chance asks for.
    """

    def __init__(self, values: Sequence[float], *, seed: int) -> None:
        """`values` are at least two."""
        self.units = len(values)
        self.mean = fmean(values)
        self.deviation = stdev(values, self.mean)
        self._values = tuple(values)
        self._seed = seed

    def low(self, chance: float) -> float:
        """The truth is below that with this chance at most."""
        return min([self.mean - self._reach(chance), *self._drawn_to(_tail(self.units, chance))])

    def high(self, chance: float) -> float:
        """The truth is above that with this chance at most."""
        return max([self.mean + self._reach(chance), *self._drawn_to(1 - _tail(self.units, chance))])

    def units_for(self, distance: float, chance: float, *, most: int) -> int | None:
        """Of how many units like these the mean would be that sure, by Student's t; None: of more than `most`."""
        if distance <= 0 or self._reach(chance, most) > distance:
            return None
        return bisect_left(range(most), -distance, lo=2, key=lambda units: -self._reach(chance, units))

    def _reach(self, chance: float, units: int | None = None) -> float:
        units = units or self.units
        return student(chance, units - 1) * self.deviation / math.sqrt(units)

    def _drawn_to(self, share: float) -> list[float]:
        """The bootstrap's bound, where it can differ from Student's."""
        if not self.deviation or self.units > _MANY:
            return []
        return [percentile(_means(self._values, self._seed), share)]


@cache
def student(chance: float, freedom: int) -> float:
    """What Student's t with so many degrees of freedom exceeds with that chance (below a half).

    Bisected on its closed form: Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 26.7.3 and 26.7.4.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _beyond(middle, freedom) > chance else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _beyond(angle: float, freedom: int) -> float:
    """The chance that t exceeds the tangent of the angle times the root of `freedom`."""
    odd = freedom % 2
    square = math.cos(angle) ** 2
    term, total = math.cos(angle) if odd else 1.0, 0.0
    for power in range(odd, freedom - 1, 2):
        total += term
        term *= square * (power + 1) / (power + 2)
    within = math.sin(angle) * total
    return (1 - (2 / math.pi * (angle + within) if odd else within)) / 2


@lru_cache(maxsize=32)  # a run grows by a pair at each look
def _draws(units: int, seed: int) -> list[tuple[int, ...]]:
    """How often each unit was drawn, for all resamples; the same for every measure of the same units."""
    rng = random.Random(seed)
    counts = (Counter(rng.choices(range(units), k=units)) for _ in range(RESAMPLES))
    return [tuple(map(counted.__getitem__, range(units))) for counted in counts]


@lru_cache(maxsize=16)  # the same estimates are held against several targets, at both ends
def _means(values: tuple[float, ...], seed: int) -> list[float]:
    """The means of the units drawn again, in order."""
    draws = _draws(len(values), seed)[:_RESAMPLES_OF_MEANS]
    return sorted(sum(map(mul, drawn, values)) / len(values) for drawn in draws)


def _tail(units: int, chance: float = CHANCE) -> float:
    if units < 2:
        return 0.0
    return NormalDist().cdf(-student(chance, units - 1) * math.sqrt(units / (units - 1)))
