"""Bounds of a mismatch rate that hold whenever and however often somebody looks: a confidence sequence.

The beta-binomial mixture martingale. While the rate is p, the likelihood ratio of what was seen, averaged over
rates q that are drawn from Beta(a, b), against p,

    M_n(p) = B(a + s, b + n - s) / B(a, b) / (p^s (1 - p)^(n - s)),    s mismatches in n comparisons,

is a martingale that begins at 1. By Ville's inequality it ever reaches 1 / alpha with probability alpha at most, so
all rates with M_n(p) < 1 / alpha hold the true one at every n at once with probability 1 - alpha.

H. Robbins, "Statistical methods related to the law of the iterated logarithm", Ann. Math. Statist. 41(5), 1970;
S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences",
Ann. Statist. 49(2), 2021, whose advice it is to choose a and b for the sample size that matters.
"""

import math
from dataclasses import dataclass

_A = 0.5
_B_BY_RATE = 3.0  # for the upper bound: weight on rates below the one that is asked for
_B_OF_LOWER = 0.5  # for the lower bound: weight on every rate
_HALVINGS = 64


@dataclass(frozen=True, slots=True)
class RateSequence:
    """The bounds for a question that was fixed beforehand, whether the rate is under `max_rate`.

    Rates are shares from 0 to 1. Each bound holds with probability `confidence`, and is tight where its answer falls.
    Above: with a = 1/2 and b = 3 / `max_rate` 3.4 / `max_rate` clean comparisons suffice (95 %), where a sample whose
    size was fixed beforehand needs 3.0 / `max_rate`. Below: with a = b = 1/2, for a rate may be too high by any factor.
    """

    max_rate: float
    confidence: float = 0.95

    def upper(self, mismatches: int, comparisons: int) -> float:
        """The rate is lower than this; 1 before anything was compared."""
        clean = comparisons - mismatches
        if not clean:
            return 1.0
        inside, outside = mismatches / comparisons, 1.0
        return self._edge(inside, outside, mismatches, clean, _B_BY_RATE / self.max_rate)

    def lower(self, mismatches: int, comparisons: int) -> float:
        """The rate is higher than this; 0 before anything differed."""
        if not mismatches:
            return 0.0
        inside, outside = mismatches / comparisons, 0.0
        return self._edge(inside, outside, mismatches, comparisons - mismatches, _B_OF_LOWER)

    def is_under(self, mismatches: int, comparisons: int) -> bool:
        """Whether `upper` is under `max_rate`."""
        clean = comparisons - mismatches
        return mismatches < self.max_rate * comparisons and self._is_outside(
            self.max_rate, mismatches, clean, _B_BY_RATE / self.max_rate
        )

    def clean_missing(self, mismatches: int, comparisons: int) -> int:
        """How many comparisons more, all of them clean, bring `upper` under `max_rate`."""
        if self.is_under(mismatches, comparisons):
            return 0
        enough = 1
        while not self.is_under(mismatches, comparisons + enough):
            enough *= 2
        short = enough // 2
        while enough - short > 1:
            middle = (short + enough) // 2
            if self.is_under(mismatches, comparisons + middle):
                enough = middle
            else:
                short = middle
        return enough

    def _edge(self, inside: float, outside: float, mismatches: int, clean: int, b: float) -> float:
        # what is returned lies outside: the bound is never too tight by rounding
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            if self._is_outside(middle, mismatches, clean, b):
                outside = middle
            else:
                inside = middle
        return outside

    def _is_outside(self, rate: float, mismatches: int, clean: int, b: float) -> bool:
        if rate >= 1 or rate <= 0:
            return bool(clean if rate >= 1 else mismatches)
        likelihood = (mismatches * math.log(rate) if mismatches else 0.0) + clean * math.log1p(-rate)
        mixture = _log_beta(_A + mismatches, b + clean) - _log_beta(_A, b)
        return mixture - likelihood >= -math.log1p(-self.confidence)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
