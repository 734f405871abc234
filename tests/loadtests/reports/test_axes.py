"""Where values stand on an axis, and which numbers it bears."""

import pytest

from loadtests.reports.axes import linear, logarithmic, spectrum, within


def test_a_linear_axis_ends_at_a_round_number_that_holds_the_highest() -> None:
    axis = linear(0.83, wanted=5)

    assert (axis.low, axis.high) == (0.0, 1.0)
    assert [text for _, text in axis.ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert (axis.at(0.0), axis.at(0.5), axis.at(1.0)) == (0.0, 0.5, 1.0)


@pytest.mark.parametrize("high", [1e-9, 0.003, 1.0, 7.0, 99.0, 4_321.0, 1e9])
def test_a_linear_axis_of_any_height_has_a_few_numbers_that_differ(high: float) -> None:
    axis = linear(high)

    assert axis.high >= high
    assert 3 <= len({text for _, text in axis.ticks}) <= 8


def test_between_two_values_are_a_few_round_numbers() -> None:
    assert [text for _, text in within(1.15, 2.5)] == ["1.5", "2", "2.5"]
    assert [text for _, text in within(0.0, 90.0)] == ["0", "20", "40", "60", "80"]


def test_nothing_is_an_axis_too() -> None:
    assert linear(0.0).at(0.0) == 0.0


def test_what_lies_beyond_an_axis_stands_at_its_end() -> None:
    assert (linear(1.0).at(-3.0), linear(1.0).at(9.0)) == (0.0, 1.0)


def test_on_a_logarithmic_axis_equal_ratios_are_equally_far() -> None:
    axis = logarithmic(1.0, 100.0)

    assert axis.at(10.0) == pytest.approx(0.5)
    assert [text for _, text in axis.ticks] == ["1", "2", "5", "10", "20", "50", "100"]


@pytest.mark.parametrize(
    ("low", "high"), [(0.002, 90_000.0), (12.0, 12.0), (0.0, 0.0), (9.7, 10.4), (3.0, 4.0)]
)
def test_a_logarithmic_axis_of_any_span_has_some_numbers(low: float, high: float) -> None:
    axis = logarithmic(low, high)

    assert 1 <= len(axis.ticks) <= 10
    assert all(axis.low <= value <= axis.high for value, _ in axis.ticks)


def test_the_spectrum_reaches_as_far_as_there_are_answers() -> None:
    assert [text for _, text in spectrum(40).ticks] == ["50 %", "90 %"]
    assert [text for _, text in spectrum(3_000).ticks] == ["50 %", "90 %", "99 %", "99.9 %"]
    axis = spectrum(100_000)
    assert axis.at(0.99) - axis.at(0.9) == pytest.approx(axis.at(0.999) - axis.at(0.99))
