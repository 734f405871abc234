"""How often a judgement is wrong, by simulation, and how many more pairs of blocks one that is open asks for.

`CROSSFADE_EXAMPLES` (see conftest.py) makes the simulations longer.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import settings

from loadtests.decisions import MOST_NEEDED, Answer, Chances, Question, answer
from loadtests.estimates import BothSides, time_ratios
from loadtests.tallies import Tally
from parity.load_results import MET, MISSED, NOT_SLOWER, TIME, UNDECIDED

RUNS = settings.default.max_examples if settings.default else 40
FIFTH = Question(TIME, 0.8, math.log(0.8), math.log(0.8), math.exp, binding=True)
ONE_LOOK = Chances.of(1)


def not_slower(family: int = 1) -> Question:
    return Question(NOT_SLOWER, 1.0, math.log(1.05), 0.0, math.exp, binding=True, family=family)


def ratios(rng: random.Random, truth: float, pairs: int, spread: float = 0.05) -> list[float]:
    return [math.log(truth) + rng.gauss(0, spread) for _ in range(pairs)]


def ask(question: Question, values: Sequence[float], chances: Chances = ONE_LOOK) -> Answer:
    return answer(question, values, chances, judged=1_000, seed=1)


def word(question: Question, values: Sequence[float]) -> str:
    return ask(question, values).judgement.judgement


def at_most(chance: float, runs: int) -> float:
    """As many as that, and three standard deviations of so many runs."""
    return chance * runs + 3 * math.sqrt(chance * runs)


def test_a_ratio_that_is_exactly_at_its_target_is_hardly_ever_called_met_or_missed() -> None:
    rng = random.Random(1)
    runs = 5 * RUNS

    words = Counter(word(FIFTH, ratios(rng, 0.8, 6)) for _ in range(runs))

    assert max(words[MET], words[MISSED]) <= at_most(0.025, runs)
    assert words[UNDECIDED] >= 0.9 * runs


def test_one_request_a_block_says_little_and_nothing_wrong() -> None:
    rng = random.Random(2)
    runs = 5 * RUNS

    words = Counter(
        word(not_slower(), time_ratios([BothSides(("", ""), one_each(rng), one_each(rng))]))
        for _ in range(runs)
    )

    assert words[MISSED] <= at_most(0.025, runs)
    assert words[UNDECIDED] >= 0.9 * runs


def one_each(rng: random.Random) -> list[Tally]:
    """Ten blocks of one request, of kinds that are far apart, with a stall now and then."""
    return [
        Tally(times_ms=[rng.choice((2, 9, 40)) * rng.lognormvariate(0, 0.3) + 20 * (rng.random() < 0.02)])
        for _ in range(10)
    ]


def _ended(rng: random.Random, chances: Chances) -> str:
    """What a run says that is looked at after the fifth pair and each one behind it, and ends when it is clear."""
    values = ratios(rng, 0.8, 12)
    for pairs in range(5, 12):
        found = ask(FIFTH, values[:pairs], chances)
        if found.is_clear:
            return found.judgement.judgement
    return ask(FIFTH, values, chances).judgement.judgement


def test_looking_again_and_again_makes_no_judgement_more_often_wrong() -> None:
    runs = 3 * RUNS
    words, naive = (
        Counter(_ended(random.Random(seed), chances) for seed in range(runs))
        for chances in (Chances.of(8), ONE_LOOK)
    )

    wrong = words[MET] + words[MISSED]
    assert wrong <= at_most(0.05, runs)
    # who ends at the first interval that is beside the target is wrong two and three times as often
    assert naive[MET] + naive[MISSED] >= 2 * wrong


@pytest.mark.parametrize("looks", [1, 2, 8, 24])
def test_all_looks_together_have_one_chance_of_being_wrong(looks: int) -> None:
    chances = Chances.of(looks)

    assert chances.last + (looks - 1) * chances.early == pytest.approx(0.025)
    assert chances.last >= 0.0225


def test_of_equal_endpoints_none_is_called_slower_by_chance_however_many_there_are() -> None:
    rng = random.Random(3)
    endpoints, runs = 30, RUNS
    together = not_slower(endpoints)
    slower, alone = 0, 0

    for _ in range(runs):
        values = [ratios(rng, 1.0, 8) for _ in range(endpoints)]
        slower += any(word(together, one) == MISSED for one in values)
        alone += any(word(not_slower(), one) == MISSED for one in values)

    assert slower <= at_most(0.025, runs)
    assert alone > runs / 4


def test_an_endpoint_that_is_five_percent_slower_is_caught_among_ninety() -> None:
    rng = random.Random(4)

    words = Counter(word(not_slower(90), ratios(rng, 1.05, 12, 0.02)) for _ in range(RUNS))

    assert words[MISSED] >= 0.9 * RUNS
    assert words[MET] <= at_most(0.025, RUNS)


def test_a_gain_of_thirty_percent_is_found_against_a_target_of_twenty() -> None:
    rng = random.Random(5)

    words = Counter(word(FIFTH, ratios(rng, 0.7, 6)) for _ in range(RUNS))

    assert words[MET] >= 0.9 * RUNS
    assert not words[MISSED]


def test_a_machine_whose_mood_changes_from_block_to_block_leaves_it_undecided() -> None:
    rng = random.Random(6)

    words = Counter(word(FIFTH, ratios(rng, 0.75, 6, 0.3)) for _ in range(RUNS))

    assert words[UNDECIDED] >= 0.85 * RUNS


def test_as_many_more_pairs_as_it_says_are_about_what_it_then_takes() -> None:
    said, took = [], []
    for seed in range(12):
        values = ratios(random.Random(seed), 0.76, 200, 0.12)
        judgement = ask(FIFTH, values[:10]).judgement
        if judgement.blocks_needed is not None:
            said.append(10 + judgement.blocks_needed)
            took.append(next(n for n in range(11, 200) if word(FIFTH, values[:n]) != UNDECIDED))

    assert len(said) >= 8
    shares = sorted(one / other for one, other in zip(said, took, strict=True))
    assert 0.5 <= shares[len(shares) // 2] <= 2


def test_more_pairs_than_anybody_would_run_are_not_told_as_a_number() -> None:
    values = [math.log(0.8) + offset for offset in (-0.3, 0.3, -0.301, 0.302, 0.0, -0.3, 0.3)]

    judgement = ask(FIFTH, values).judgement

    assert (judgement.judgement, judgement.blocks_needed) == (UNDECIDED, None)
    assert judgement.why.endswith(f"more than {MOST_NEEDED} more pairs of blocks would be needed")


def test_an_endpoint_that_is_a_little_slower_is_either_proven_so_or_within_the_margin_by_then() -> None:
    values = [0.02 + offset for offset in (-0.06, 0.06, -0.05, 0.05, -0.06, 0.06)]

    judgement = ask(not_slower(90), values).judgement

    assert judgement.judgement == UNDECIDED
    # log(1.05) - 0.02 is 0.029 away, with the whole chance; zero is 0.02 away, with a ninetieth of it
    assert judgement.blocks_needed is not None
    assert 10 <= judgement.blocks_needed <= 25


def test_the_end_that_says_slower_is_further_out_the_more_endpoints_are_asked() -> None:
    values = ratios(random.Random(7), 1.0, 8)

    one, many = (ask(not_slower(family), values).judgement.measured for family in (1, 90))

    assert one is not None
    assert many is not None
    assert many.low < one.low
    assert many.high == one.high
