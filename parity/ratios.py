"""Modern to legacy as a ratio with a confidence interval, from sums that a store can keep and add up.

Both sides of a pair answered the same request, which takes what requests have in common out of the comparison.

- Durations are skewed, so their logarithms are compared: the mean of the paired differences with Student's interval,
  which is the ratio of the geometric means.
- Query counts may be zero, so the ratio of the two means is taken, with the interval of the ratio estimator by
  linearization (W. G. Cochran, "Sampling Techniques", 3rd edition, 1977, chapter 6).

An interval holds at one look, for pairs that are independent; the bound that may be looked at at any time is that of
the mismatch rate alone (`confidence.py`).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

LEAST_PAIRS = 10


@dataclass(frozen=True, slots=True)
class Ratio:
    """Modern to legacy over `n` pairs, and the interval that holds the true ratio at the confidence asked for."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LogSums:
    """Sums over `n` pairs of ln(modern / legacy) and of its square."""

    n: int = 0
    logs: float = 0.0
    squared_logs: float = 0.0

    def __add__(self, other: "LogSums") -> "LogSums":
        return LogSums(self.n + other.n, self.logs + other.logs, self.squared_logs + other.squared_logs)

    def ratio(self, confidence: float = 0.95) -> Ratio | None:
        """The ratio of the geometric means; None for fewer than ten pairs."""
        if self.n < LEAST_PAIRS:
            return None
        mean = self.logs / self.n
        variance = max(0.0, self.squared_logs - self.n * mean**2) / (self.n - 1)
        half = student(self.n - 1, confidence) * math.sqrt(variance / self.n)
        return Ratio(self.n, math.exp(mean), math.exp(mean - half), math.exp(mean + half))


@dataclass(frozen=True, slots=True)
class CountSums:
    """Sums over `n` pairs of both counts, of their squares and of their products."""

    n: int = 0
    legacy: int = 0
    modern: int = 0
    squared_legacy: int = 0
    squared_modern: int = 0
    products: int = 0

    def __add__(self, other: "CountSums") -> "CountSums":
        return CountSums(
            self.n + other.n,
            self.legacy + other.legacy,
            self.modern + other.modern,
            self.squared_legacy + other.squared_legacy,
            self.squared_modern + other.squared_modern,
            self.products + other.products,
        )

    def ratio(self, confidence: float = 0.95) -> Ratio | None:
        """The ratio of the means; None for fewer than ten pairs, or where legacy counted nothing."""
        if self.n < LEAST_PAIRS or not self.legacy:
            return None
        value = self.modern / self.legacy
        # the sum of (modern - value * legacy)^2, whose mean is zero
        squares = self.squared_modern - 2 * value * self.products + value**2 * self.squared_legacy
        variance = max(0.0, squares) / (self.n - 1)
        half = student(self.n - 1, confidence) * math.sqrt(variance / self.n) / (self.legacy / self.n)
        return Ratio(self.n, value, max(0.0, value - half), value + half)


def student(freedom: int, confidence: float) -> float:
    """The quantile of Student's t that leaves half of 1 - `confidence` above; within 0.1 % from nine degrees on.

    By the expansion around the normal quantile (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5).
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / math.pow(freedom, power + 1) for power, term in enumerate(terms))
