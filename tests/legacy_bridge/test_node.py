"""JavaScript's values."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy_bridge import node

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(_JSON)
def test_json_survives_reading_and_writing(value: Any) -> None:
    written = node.write_json(node.parse_json(json.dumps(value)))

    assert json.loads(written, parse_int=float) == value


@pytest.mark.parametrize(
    ("read", "written"),
    [
        ("1.0", "1"),
        ("10.50", "10.5"),
        ("1e3", "1000"),
        ("12345678901234567890", "12345678901234567000"),
        ('"é"', '"é"'),
    ],
)
def test_numbers_are_doubles(read: str, written: str) -> None:
    assert node.write_json(node.parse_json(read)) == written


@pytest.mark.parametrize("text", ["NaN", "Infinity", "", "{", "nul"])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        node.parse_json(text)


def test_dates_are_written_in_utc_with_milliseconds() -> None:
    moment = datetime(2025, 1, 2, 3, 4, 5, 678_999, timezone(timedelta(hours=2)))

    assert (
        node.write_json([moment, date(2025, 1, 2)])
        == '["2025-01-02T01:04:05.678Z","2025-01-02T00:00:00.000Z"]'
    )
    with pytest.raises(TypeError):
        node.write_json({1j})


def test_truth_is_that_of_javascript() -> None:
    true: list[Any] = [True, 1, -1.5, "0", [], {}]
    false: list[Any] = [False, 0, 0.0, "", None, math.nan]

    assert [node.truthy(value) for value in true + false] == [True] * len(true) + [False] * len(false)
    assert (node.either(0, "", {}, 5), node.either(0, None)) == ({}, None)


def test_a_field_of_what_has_no_fields_is_nothing() -> None:
    assert [node.field(value, "a") for value in ({"a": 1}, {}, None, "a", ["a"])] == [
        1,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [
        (None, "", 0),
        (True, "true", 1),
        (False, "false", 0),
        (7, "7", 7),
        (1.5, "1.5", 1.5),
        (" 5 ", " 5 ", 5),
        ("", "", 0),
        ([], "", 0),
        (["3"], "3", 3),
    ],
)
def test_values_become_text_and_numbers(value: Any, text: str, number: float) -> None:
    assert (node.text(value), node.to_number(value)) == (text, number)


def test_what_is_not_a_number_is_nan() -> None:
    strange: list[Any] = ["x", {}, [1, 2]]

    assert all(math.isnan(node.to_number(value)) for value in strange)
    assert node.text({}) == "[object Object]"


def test_two_strings_are_compared_by_their_characters() -> None:
    assert node.less("10", "9")
    assert not node.less(10, "9")
    assert not node.less("x", 9)


def test_money_columns_become_numbers() -> None:
    assert [node.parse_float(text) for text in ("450000.00", "2.50", None, "NaN")] == [450000, 2.5, 0, 0]
    assert isinstance(node.parse_float("450000.00"), int)


def test_moments_are_read_as_utc() -> None:
    assert (
        node.moment("2025-01-01")
        == node.moment("2025-01-01T00:00:00Z")
        == node.moment("2025-01-01T01:00:00+01:00")
    )
    assert node.moment(1500) == 1.5
    strange: list[Any] = ["soon", None, []]
    assert [node.moment(value) for value in strange] == [None, None, None]


def test_days_are_rounded_down() -> None:
    now = datetime(2026, 11, 23, 4, 24, tzinfo=UTC)

    assert [node.days_until(date(2026, 11, day), now) for day in (25, 24, 23, 22)] == [1, 0, -1, -2]


def test_halves_are_rounded_up() -> None:
    assert [node.round_half_up(value) for value in (0.5, 1.5, 2.4999, -0.5)] == [1, 2, 2, 0]


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("20", 20),
        (" -3px", -3),
        ("1.9", 1),
        ("1e3", 1),
        (7.5, 7),
        ("99999999999999999999", 100000000000000000000),
    ],
)
def test_the_integer_at_the_beginning_of_a_text_is_read(digits: Any, expected: int) -> None:
    assert node.parse_int(digits) == expected


@pytest.mark.parametrize("digits", ["", "abc", None, "+", "٣"])
def test_a_text_without_digits_at_its_beginning_is_not_a_number(digits: Any) -> None:
    assert math.isnan(node.parse_int(digits))


def test_numbers_beyond_all_bounds_have_words_but_no_json() -> None:
    values = (math.nan, math.inf, -math.inf)

    assert [node.text(value) for value in values] == ["NaN", "Infinity", "-Infinity"]
    assert [node.finite(value) for value in (*values, 2.0)] == [None, None, None, 2]


def test_a_moment_without_a_zone_is_utc() -> None:
    assert node.write_json([datetime(2026, 1, 2, 3, 4, 5)]) == '["2026-01-02T03:04:05.000Z"]'  # noqa: DTZ001 - a column without a zone


def test_numbers_that_are_too_large_are_infinite_and_written_as_null() -> None:
    read = node.parse_json('{"a": [1e999, -1' + "0" * 400 + ', 1.5, "x"]}')

    assert read == {"a": [math.inf, -math.inf, 1.5, "x"]}
    assert node.write_json(read) == '{"a":[null,null,1.5,"x"]}'


def test_a_template_shows_null_by_name_and_an_array_by_its_items() -> None:
    values: tuple[Any, ...] = (None, ["a", None, [1, True]], {}, 2.5)

    assert [node.template(value) for value in values] == ["null", "a,,1,true", "[object Object]", "2.5"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 1}, {"a": 1}),
        (["x", None], {"0": "x", "1": None}),
        ("ab", {"0": "a", "1": "b"}),
        (None, {}),
        (5, {}),
    ],
)
def test_a_value_is_spread_into_its_fields(value: Any, expected: dict[str, Any]) -> None:
    assert node.spread(value) == expected


def test_half_a_surrogate_pair_is_an_escape_in_json() -> None:
    assert node.write_json(["\ud800é", "\U0001f600"]) == '["\\ud800é","\U0001f600"]'
