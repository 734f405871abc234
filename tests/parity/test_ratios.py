"""Ratios of modern to legacy: the arithmetic by hand, and intervals that hold the truth as often as they say."""

import math
import random

import pytest

from parity.ratios import CountSums, LogSums, student


def log_sums(logs: list[float]) -> LogSums:
    return LogSums(len(logs), math.fsum(logs), math.fsum(one * one for one in logs))


def count_sums(pairs: list[tuple[int, int]]) -> CountSums:
    return CountSums(
        len(pairs),
        sum(legacy for legacy, _ in pairs),
        sum(modern for _, modern in pairs),
        sum(legacy**2 for legacy, _ in pairs),
        sum(modern**2 for _, modern in pairs),
        sum(legacy * modern for legacy, modern in pairs),
    )


@pytest.mark.parametrize(
    ("freedom", "confidence", "quantile"),
    [
        (9, 0.95, 2.26216),
        (19, 0.95, 2.09302),
        (100, 0.95, 1.98397),
        (10**9, 0.95, 1.95996),
        (29, 0.99, 2.75639),
    ],
)
def test_student_agrees_with_the_tables(freedom: int, confidence: float, quantile: float) -> None:
    assert student(freedom, confidence) == pytest.approx(quantile, rel=1e-3)


def test_by_hand_the_ratio_of_durations_is_that_of_the_geometric_means() -> None:
    # half of the pairs take twice as long, half take half as long: mean 0, variance n / (n - 1) ln(2)^2
    found = log_sums([math.log(2), -math.log(2)] * 10).ratio()

    half = 2.09302 * math.log(2) / math.sqrt(19)
    assert found is not None
    assert found.n == 20
    assert found.value == pytest.approx(1)
    assert [found.low, found.high] == pytest.approx([math.exp(-half), math.exp(half)], rel=1e-3)


def test_by_hand_the_ratio_of_counts_is_that_of_the_means() -> None:
    found = count_sums([(4, 2), (2, 2)] * 10).ratio()

    # residuals modern - 2/3 legacy are -2/3 and 2/3, legacy's mean is 3
    half = 2.09302 * math.sqrt(20 * (4 / 9) / 19 / 20) / 3
    assert found is not None
    assert found.value == pytest.approx(2 / 3)
    assert [found.low, found.high] == pytest.approx([2 / 3 - half, 2 / 3 + half], rel=1e-3)


def test_counts_in_a_fixed_proportion_leave_no_doubt() -> None:
    found = count_sums([(4, 2)] * 12).ratio()

    assert found is not None
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_a_side_without_queries_is_a_ratio_of_zero_or_none() -> None:
    without = count_sums([(4, 0)] * 12).ratio()

    assert without is not None
    assert (without.value, without.high) == (0, 0)
    assert count_sums([(0, 4)] * 12).ratio() is None


def test_few_pairs_give_no_interval() -> None:
    assert log_sums([0.1] * 9).ratio() is None
    assert count_sums([(1, 1)] * 9).ratio() is None


def test_sums_of_parts_add_up_to_those_of_the_whole() -> None:
    assert log_sums([0.5, 1.0]) + log_sums([0.25]) == log_sums([0.5, 1.0, 0.25])
    assert count_sums([(1, 2)]) + count_sums([(3, 4), (5, 6)]) == count_sums([(1, 2), (3, 4), (5, 6)])


@pytest.mark.parametrize("n", [10, 200])
def test_the_interval_of_durations_holds_the_true_ratio_as_often_as_it_says(n: int) -> None:
    rng, true, held = random.Random(11), math.log(0.8), 0
    for _ in range(1_000):
        found = log_sums([rng.gauss(true, 0.5) for _ in range(n)]).ratio()
        assert found is not None
        held += found.low <= 0.8 <= found.high

    assert held / 1_000 == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_counts_holds_the_true_ratio_as_often_as_it_says() -> None:
    rng, held = random.Random(13), 0
    for _ in range(1_000):
        legacy = [rng.randint(1, 9) for _ in range(150)]
        # on average three fifths of legacy's
        found = count_sums([(n, sum(rng.random() < 0.6 for _ in range(n))) for n in legacy]).ratio()
        assert found is not None
        held += found.low <= 0.6 <= found.high

    assert held / 1_000 == pytest.approx(0.95, abs=0.02)
