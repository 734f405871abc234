"""Axes of charts: where a value stands between 0 and 1, and at which values a reader finds a number."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_TICKS = 8
_LEAST = 1e-3  # ms; HDR histograms hold no less
_LEAST_SPAN = 4.0  # of a logarithmic axis, which then bears a number at least


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, on which `ticks` are (value, text)."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    of: Callable[[float], float] = float
    """What is even along the axis: the value itself, or its logarithm."""

    def at(self, value: float) -> float:
        """0 at `low` and 1 at `high`; what is beyond them stands at the end."""
        low, high = self.of(self.low), self.of(self.high)
        return min(max((self.of(value) - low) / (high - low), 0.0), 1.0)


def linear(high: float, wanted: int = 5) -> Axis:
    """From 0 to the first round number that holds `high`, with about so many numbers on it."""
    step = _step(high, wanted)
    n = max(math.ceil(high / step - 1e-9), 1)
    return Axis(0.0, n * step, tuple(_told(place * step) for place in range(n + 1)))


def within(low: float, high: float, wanted: int = 5) -> tuple[tuple[float, str], ...]:
    """About so many round numbers that lie between two."""
    step = _step(high - low, wanted)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(_told(place * step) for place in range(first, last + 1))


def _step(span: float, wanted: int) -> float:
    rough = max(span, 1e-9) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    return next(one * power for one in _STEPS if one * power >= rough * (1 - 1e-9))


def _told(value: float) -> tuple[float, str]:
    return value, f"{value:,.6g}"


def logarithmic(low: float, high: float) -> Axis:
    """Of times that are all above 0: with 1, 2, 5, 10 and so on or, where those would be too many, 1, 10, 100."""
    low = max(low, _LEAST)
    if high < _LEAST_SPAN * low:
        middle = math.sqrt(low * max(high, low))
        low, high = middle / math.sqrt(_LEAST_SPAN), middle * math.sqrt(_LEAST_SPAN)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1,)):
        values = [digit * 10.0**power for power in powers for digit in digits]
        found = [value for value in values if low <= value <= high]
        if len(found) <= _MOST_TICKS:
            break
    return Axis(low, high, tuple(map(_told, found)), math.log10)


def spectrum(total: int) -> Axis:
    """Of shares up to that of which so many answers have one beyond it: as far from 90 to 99 as from 99 to 99.9 %."""
    shares: Sequence[float] = (0.5, 0.9, 0.99, 0.999, 0.9999)
    told = [share for share in shares if share <= 0.9 or (1 - share) * total >= 1]
    high = max(told[-1], 1 - 1 / max(total, 10))
    return Axis(0.0, high, tuple((share, f"{100 * share:g} %") for share in told), _nines)


def _nines(share: float) -> float:
    return -math.log10(1 - share)
