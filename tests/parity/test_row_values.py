"""Values of rows that two programs write in two ways are the same, and no others are."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.row_values import comparable

NOON = "2026-11-29T12:00:00.123Z"


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("numeric", Decimal("450000.00"), "450000.00"),
        ("numeric", Decimal("450000.00"), 450000),
        ("numeric", Decimal("0.10"), 0.1),
        ("int8", 9007199254740993, "9007199254740993"),
        ("float8", Decimal("1e3"), 1000),
        ("date", "2026-05-01", "2026-05-01T00:00:00.000Z"),
        ("timestamptz", "2026-11-29T12:00:00.123456+00:00", NOON),
        ("timestamptz", "2026-11-29T14:00:00.123+02:00", NOON),
        ("timestamp", "2026-11-29T12:00:00.123456", NOON),
        ("uuid", "A0000000-0000-4000-8000-00000000000B", "a0000000-0000-4000-8000-00000000000b"),
        ("_numeric", [Decimal("1.00"), None], ["1.00", None]),
        ("jsonb", {"a": [Decimal("13000.0")]}, {"a": [13000]}),
    ],
)
def test_two_ways_of_writing_are_one_value(kind: str, one: Any, other: Any) -> None:
    assert comparable({"c": one}, {"c": kind}) == comparable({"c": other}, {"c": kind})


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("numeric", "450000.00", "450000.01"),
        ("numeric", "1", "one"),
        ("numeric", "1e999999999", "1e999999998"),
        ("numeric", "NaN", "1"),
        ("date", "2026-05-01", "2026-05-01T01:00:00.000Z"),
        ("timestamptz", NOON, "2026-11-29T12:00:00.124Z"),
        ("timestamptz", NOON, "soon"),
        ("text", "1.0", "1"),
        ("bool", True, 1),
        ("jsonb", {"a": "1"}, {"a": 1}),
        ("varchar", None, ""),
    ],
)
def test_what_differs_still_does(kind: str, one: Any, other: Any) -> None:
    left, right = comparable({"c": one}, {"c": kind}), comparable({"c": other}, {"c": kind})

    assert (type(left["c"]), left) != (type(right["c"]), right)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)


@settings(max_examples=50)
@given(
    VALUES | st.lists(VALUES, max_size=3),
    st.sampled_from(["numeric", "date", "timestamptz", "uuid", "jsonb", "_int4", "unknown"]),
)
def test_nothing_that_a_program_sends_makes_it_raise(value: Any, kind: str) -> None:
    found = comparable({"c": value}, {"c": kind})

    assert json.dumps(found, default=str)
