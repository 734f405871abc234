"""From one estimate a pair of blocks to a judgement: met, missed, or undecided and how many more pairs would tell.

A judgement is wrong with a chance of 2.5 % at most, at either end of its interval, however often the run was looked at
in between. The looks before the last share a tenth of that chance evenly (Bonferroni), so that the last one keeps nine
tenths: only what is far away from its target ends a run early, and waiting for the end costs next to nothing (Haybittle,
"Repeated assessment of results in clinical trials of cancer treatment", British Journal of Radiology 44, 1971; to spend
a chance over looks is Lan's and DeMets's, Biometrika 70, 1983).

Where the same is asked of many endpoints (`family`), one of them would be called too slow by chance in most runs. The
end of the interval that says so therefore has the chance divided by their number (Bonferroni: the chance that any of
them is called so wrongly is 2.5 % at most, whatever they have to do with each other). The other end keeps the whole: that
all are met is said only where each is, so that no multiplicity can make it more probable (Berger, "Multiparameter
hypothesis testing and acceptance sampling", Technometrics 24, 1982).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from loadtests.interval import Spread
from parity.load_results import MET, MISSED, UNDECIDED, LoadJudgement, LoadRatio

PAIRS_AT_LEAST = 5  # each with judged requests of both sides
JUDGED_AT_LEAST = 10  # of each side; one a block keeps the rates (tests/loadtests/test_decisions.py)
MOST_NEEDED = 200
"""More pairs of blocks than that are not told as a number."""
_CHANCE = 0.025
_EARLY_SHARE = 0.1
_DIGITS = 9  # of sums of floats; a count that is the same in all pairs has no interval
_ROUNDING = 10.0**-_DIGITS


@dataclass(frozen=True, slots=True)
class Chances:
    """How probable it may be that one end of an interval is wrong: at the last look, and at each one before."""

    last: float
    early: float

    @classmethod
    def of(cls, looks: int) -> Self:
        """Of a run that is looked at so many times in all."""
        if looks <= 1:
            return cls(_CHANCE, _CHANCE)
        return cls(_CHANCE * (1 - _EARLY_SHARE), _CHANCE * _EARLY_SHARE / (looks - 1))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the mean of estimates: surely at most `met_at` is met, surely above `missed_at` is missed.

    Both are on the scale of the estimates, `shown` leads from there to that of `target`. `family` and `met_family` are how
    many questions share the chance of missing and of meeting. `unknown` says why there may be no estimate at all.
    """

    measure: str
    target: float
    met_at: float
    missed_at: float
    shown: Callable[[float], float]
    binding: bool = False
    family: int = 1
    met_family: int = 1
    unknown: str = "no request of both sides succeeded"


@dataclass(frozen=True, slots=True)
class Answer:
    """A judgement, and whether it would hold at an early look too."""

    judgement: LoadJudgement
    is_clear: bool


def answer(
    question: Question,
    values: Sequence[float],
    chances: Chances,
    *,
    judged: int,
    broken: str = "",
    seed: int,
) -> Answer:
    """What the values say of the question; `judged` are requests of the side that has fewer of them.

    `broken` says what modern answered otherwise than recorded: it has missed whatever is asked, then.
    """
    spread = Spread(values, seed=seed) if len(values) > 1 else None
    measured = _measured(question, spread, chances.last) if spread else None
    is_enough = len(values) >= PAIRS_AT_LEAST and judged >= JUDGED_AT_LEAST
    word = _decided(question, spread, chances.last) if spread and is_enough else UNDECIDED
    early = _decided(question, spread, chances.early) if spread and is_enough else UNDECIDED
    needed, why = None, broken
    if broken:
        word = early = MISSED
    elif word == UNDECIDED:
        needed, why = _lacking(question, spread, len(values), judged, chances.last)
    found = LoadJudgement(question.measure, question.target, measured, word, question.binding, needed, why)
    return Answer(found, early == word != UNDECIDED)


def _measured(question: Question, spread: Spread, chance: float) -> LoadRatio:
    ends = (
        spread.low(chance / question.family),
        spread.mean,
        spread.high(chance / question.met_family),
    )
    # in order again: a share of misses is shown as one of hits
    low, value, high = sorted(round(question.shown(end), _DIGITS) for end in ends)
    return LoadRatio(value, low, high)


def _decided(question: Question, spread: Spread, chance: float) -> str:
    if spread.low(chance / question.family) > question.missed_at + _ROUNDING:
        return MISSED
    return MET if spread.high(chance / question.met_family) <= question.met_at + _ROUNDING else UNDECIDED


def _lacking(
    question: Question, spread: Spread | None, pairs: int, judged: int, chance: float
) -> tuple[int | None, str]:
    """How many more pairs of blocks would decide, where that can be said, and what is missing."""
    if spread is None:
        return None, question.unknown if not pairs else "one pair of blocks says nothing of how sure it is"
    ways = [
        spread.units_for(distance, chance / family, most=pairs + MOST_NEEDED)
        for distance, family in (
            (question.met_at - spread.mean, question.met_family),
            (spread.mean - question.missed_at, question.family),
        )
    ]
    least = max(PAIRS_AT_LEAST, math.ceil(pairs * JUDGED_AT_LEAST / judged) if judged else PAIRS_AT_LEAST)
    known = [max(way, least) for way in ways if way is not None]
    if pairs < PAIRS_AT_LEAST:
        why = f"{pairs} of the {PAIRS_AT_LEAST} pairs of blocks that it takes at least"
    elif judged < JUDGED_AT_LEAST:
        why = f"{judged} of the {JUDGED_AT_LEAST} requests of a side that it takes at least"
    else:
        why = "the interval holds the target"
    if not known or min(known) - pairs > MOST_NEEDED:
        return None, f"{why}; more than {MOST_NEEDED} more pairs of blocks would be needed"
    return max(1, min(known) - pairs), why
