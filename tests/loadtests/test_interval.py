"""Percentiles and bootstrap intervals."""

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.interval import (
    Interval,
    Pooled,
    Spread,
    bootstrap,
    percentile,
    ratio_of_mean_medians,
    ratio_of_medians,
    student,
)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 3.0), (0.9, 4.6), (1.0, 5.0)])
def test_a_percentile_lies_linearly_between_its_neighbours(share: float, expected: float) -> None:
    assert percentile([1, 2, 3, 4, 5], share) == pytest.approx(expected)


def test_the_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.95) == 7.0


@given(
    st.lists(st.lists(st.integers(0, 50).map(float), max_size=6), min_size=4, max_size=4),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
)
def test_the_median_of_units_drawn_again_is_that_of_their_repeated_values(
    units: list[list[float]], weights: list[int]
) -> None:
    repeated = sorted(value for values, n in zip(units, weights, strict=True) for value in values * n)

    expected = percentile(repeated, 0.5) if repeated else None
    assert Pooled(units).median(weights) == expected


@given(
    st.lists(st.lists(st.integers(0, 50).map(float), max_size=6), min_size=4, max_size=4),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
    st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]),
)
def test_a_quantile_of_units_drawn_again_is_the_least_value_that_this_share_does_not_exceed(
    units: list[list[float]], weights: list[int], share: float
) -> None:
    repeated = sorted(value for values, n in zip(units, weights, strict=True) for value in values * n)

    found = Pooled(units).quantile(weights, share)

    if not repeated:
        assert found is None
        return
    assert found in repeated
    assert sum(value <= found for value in repeated) >= share * len(repeated)
    assert sum(value < found for value in repeated) <= share * len(repeated)


def test_the_same_seed_gives_the_same_interval() -> None:
    units = [[float(n + m) for m in range(5)] for n in range(6)]

    assert ratio_of_medians(units, units[::-1], seed=3) == ratio_of_medians(units, units[::-1], seed=3)


def test_constant_units_have_an_interval_without_width() -> None:
    assert ratio_of_medians([[6.0]] * 6, [[8.0]] * 6, seed=1) == Interval(0.75, 0.75, 0.75)


@pytest.mark.parametrize("denominator", [[[]] * 6, [[0.0]] * 6])
def test_there_is_no_ratio_to_nothing(denominator: list[list[float]]) -> None:
    assert ratio_of_medians([[1.0]] * 6, denominator, seed=1) is None


def test_the_interval_of_a_mean_of_six_units_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = random.Random(5)
    covered = 0

    for _ in range(100):
        units = [rng.gauss(10, 1) for _ in range(6)]

        def mean(weights: Sequence[int], units: Sequence[float] = units) -> float:
            return sum(w * u for w, u in zip(weights, units, strict=True)) / sum(weights)

        interval = bootstrap(6, mean, seed=1)
        covered += interval is not None and interval.low <= 10 <= interval.high

    assert covered >= 88


def test_more_units_make_a_narrower_interval() -> None:
    rng = random.Random(1)
    units = [[rng.gauss(10, 1)] for _ in range(48)]
    ones = [[10.0]] * 48

    few = ratio_of_medians(units[:6], ones[:6], seed=1)
    many = ratio_of_medians(units, ones, seed=1)

    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


def test_kinds_that_are_far_apart_count_alike_and_no_median_falls_between_them() -> None:
    short, long = [[1.0, 1.0, 1.0]] * 6, [[9.0, 9.0]] * 6

    half = ratio_of_mean_medians([[[0.5, 0.5]] * 6, [[4.5, 4.5, 4.5]] * 6], [short, long], seed=1)

    assert half == Interval(0.5, 0.5, 0.5)


def test_a_kind_that_one_side_never_answered_leaves_no_ratio() -> None:
    assert ratio_of_mean_medians([[[1.0]], [[]]], [[[1.0]], [[1.0]]], seed=1) is None


@pytest.mark.parametrize(
    ("chance", "freedom", "expected"),
    [  # Abramowitz and Stegun, table 26.10
        (0.025, 1, 12.706),
        (0.025, 5, 2.571),
        (0.025, 30, 2.042),
        (0.005, 4, 4.604),
        (0.0005, 11, 4.437),
        (0.0005, 60, 3.460),
    ],
)
def test_students_t_is_that_of_the_tables(chance: float, freedom: int, expected: float) -> None:
    assert student(chance, freedom) == pytest.approx(expected, abs=0.0006)


def test_the_bounds_of_a_mean_are_students_where_values_are_as_far_above_as_below() -> None:
    values = [9.0, 10.0, 11.0, 10.0, 9.5, 10.5]

    spread = Spread(values, seed=1)

    reach = 2.571 * spread.deviation / math.sqrt(6)
    assert (spread.low(0.025), spread.high(0.025)) == pytest.approx((10 - reach, 10 + reach), abs=0.02)


def test_the_bounds_of_a_skewed_mean_are_further_out_on_the_long_side() -> None:
    spread = Spread([1.0] * 9 + [2.0, 4.0, 9.0], seed=1)

    assert spread.high(0.025) - spread.mean > spread.mean - spread.low(0.025)


def test_a_smaller_chance_has_a_bound_further_out() -> None:
    spread = Spread([1.0, 2.0, 3.0, 2.5, 1.5], seed=1)

    assert spread.high(0.0001) > spread.high(0.001) > spread.high(0.025)


def test_values_that_are_all_the_same_have_no_spread() -> None:
    spread = Spread([0.5] * 6, seed=1)

    assert (spread.low(0.001), spread.mean, spread.high(0.001)) == (0.5, 0.5, 0.5)


def test_four_times_as_many_units_halve_what_is_left_open() -> None:
    spread = Spread([0.0, 1.0] * 10, seed=1)

    near, far = (spread.units_for(distance, 0.025, most=1_000) for distance in (0.1, 0.2))

    assert near is not None
    assert far is not None
    assert near / far == pytest.approx(4, rel=0.1)
    assert spread.units_for(0.1, 0.025, most=50) is None
    assert spread.units_for(0.0, 0.025, most=1_000) is None
