"""The bounds of a mismatch rate: right at every look, tight where it matters, never surprising."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.confidence import RateSequence

RATE = 0.01
SEQUENCE = RateSequence(RATE)


def test_by_hand_the_first_comparison_bounds_the_rate() -> None:
    # M reaches 20: above with a = 1/2 and b = 6 as (6 / 6.5) / (1 - p), below with a = b = 1/2 as (0.5 / 1) / p
    sequence = RateSequence(0.5)

    assert sequence.upper(0, 1) == pytest.approx(1 - 6 / 130, rel=1e-9)
    assert sequence.lower(1, 1) == pytest.approx(1 / 40, rel=1e-9)


def test_by_hand_without_a_mismatch_the_bound_has_a_closed_form() -> None:
    sequence, n, b = RateSequence(0.001), 2_000, 3_000
    log_beta_ratio = sum(math.log((b + k) / (b + k + 0.5)) for k in range(n))

    assert sequence.upper(0, n) == pytest.approx(-math.expm1((log_beta_ratio - math.log(20)) / n), rel=1e-9)


def test_before_anything_was_compared_nothing_is_known() -> None:
    assert (SEQUENCE.lower(0, 0), SEQUENCE.upper(0, 0)) == (0, 1)


def test_where_everything_differs_the_rate_may_be_anything_above_the_one_asked_for() -> None:
    assert SEQUENCE.upper(50, 50) == 1
    assert RATE < SEQUENCE.lower(50, 50) < 1


@pytest.mark.parametrize("rate", [0.1, 0.01, 0.001, 0.00001])
def test_it_asks_for_little_more_than_a_sample_whose_size_was_fixed_beforehand(rate: float) -> None:
    assert 3.0 < RateSequence(rate).clean_missing(0, 0) * rate < 3.45


@pytest.mark.parametrize(("rate", "confidence"), [(RATE, 0.95), (1.5 * RATE, 0.95), (RATE, 0.8)])
def test_looked_at_after_every_comparison_it_is_falsely_under_the_rate_less_often_than_configured(
    rate: float, confidence: float
) -> None:
    """Between two mismatches the bound only falls, so the last look before each mismatch decides."""
    sequence, paths, mismatches, rng = RateSequence(RATE, confidence), 5_000, 40, random.Random(5)
    under_from = [s + sequence.clean_missing(s, s) for s in range(mismatches)]
    falsely = 0
    for _ in range(paths):
        n = 0
        for s in range(mismatches):
            n += gap(rng, rate)
            if n - 1 >= under_from[s]:
                falsely += 1
                break

    assert falsely / paths < 1 - confidence
    assert falsely or rate > RATE


@pytest.mark.parametrize("b", [0.5, 300.0])
@pytest.mark.parametrize("rate", [0.002, 0.01, 0.05])
def test_the_true_rate_is_within_either_bound_at_every_look(rate: float, b: float) -> None:
    """Between two mismatches M_n(p) falls and then rises, so the looks beside each mismatch decide."""
    paths, mismatches, rng = 1_500, 30, random.Random(7)
    outside = 0
    for _ in range(paths):
        n = 0
        for s in range(mismatches):
            n += gap(rng, rate)
            looks = ((s, n - 1 - s), (s + 1, n - 1 - s))
            if any(SEQUENCE._is_outside(rate, seen, clean, b) for seen, clean in looks):
                outside += 1
                break

    assert 0 < outside / paths < 0.05


def test_a_rate_that_is_too_high_is_soon_known_to_be() -> None:
    assert RateSequence(0.001).lower(10, 1_000) > 0.001
    assert RateSequence(0.001).lower(3, 20) > 0.001


def gap(rng: random.Random, rate: float) -> int:
    """How many comparisons there are up to the next mismatch, itself included."""
    return 1 + math.floor(math.log(1 - rng.random()) / math.log1p(-rate))


counts = st.tuples(st.integers(0, 30), st.integers(0, 20_000)).map(lambda pair: (pair[0], sum(pair)))


@given(counts)
def test_the_bounds_enclose_what_was_seen(seen: tuple[int, int]) -> None:
    mismatches, comparisons = seen

    share = mismatches / comparisons if comparisons else 0
    assert 0 <= SEQUENCE.lower(*seen) <= share <= SEQUENCE.upper(*seen) <= 1


@given(counts, st.integers(1, 5_000))
def test_clean_comparisons_lower_the_bound_once_the_rate_is_small_and_mismatches_raise_it(
    seen: tuple[int, int], more: int
) -> None:
    mismatches, comparisons = seen
    bound = SEQUENCE.upper(*seen)

    if SEQUENCE.is_under(*seen):
        assert SEQUENCE.upper(mismatches, comparisons + more) <= bound
    assert SEQUENCE.upper(mismatches + 1, comparisons + 1) >= min(bound, 1 - 1e-9)


@given(counts)
def test_the_missing_clean_comparisons_are_exactly_what_brings_the_bound_under_the_rate(
    seen: tuple[int, int],
) -> None:
    mismatches, comparisons = seen
    missing = SEQUENCE.clean_missing(*seen)

    assert SEQUENCE.upper(mismatches, comparisons + missing) <= RATE
    if missing:
        assert SEQUENCE.upper(mismatches, comparisons + missing - 1) > RATE


def test_more_confidence_asks_for_more() -> None:
    asked = [RateSequence(RATE, confidence).clean_missing(0, 0) for confidence in (0.8, 0.95, 0.99)]

    assert asked == sorted(set(asked))
