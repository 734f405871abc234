"""Shapes in words: what may be stored of a value, and whether another value has it too."""

from decimal import Decimal
from typing import Any

import pytest

from parity.outcome import ABSENT, Difference, Kind
from parity.value_shapes import NOTHING, fits, shape_text, takes_shapes

VALUES: list[tuple[Any, str]] = [
    (ABSENT, NOTHING),
    (None, "null"),
    (True, "boolean"),
    (445_000, "integer 6"),
    (1.5, "number"),
    (Decimal("1.50"), "number"),
    ("2026-11-23", "string date"),
    ("445000.00", "string decimal text with 2 places 9"),
    ("Ann Agent", "string text 4"),
    ("", "string empty"),
    ([1, 2, 3], "array 2"),
    ({}, "object"),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_a_shape_is_a_few_words_and_its_value_fits(value: Any, text: str) -> None:
    assert shape_text(value) == text
    assert fits(text, value)


@pytest.mark.parametrize("value", ["LOAN-4711-AB", "https://crm.example/people/ann-agent?q=1", "/people/ann"])
def test_no_piece_of_the_value_is_in_its_shape(value: str) -> None:
    text = shape_text(value)

    assert text.split()[0] == "string"
    assert not any(piece in text for piece in ("LOAN", "AB", "people", "ann", "example"))
    assert fits(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("integer 6", "445000"),
        ("integer 6", 44),
        ("string date", "2026-11-23T00:00:00Z"),
        ("null", ABSENT),
        (NOTHING, None),
        ("array 2", []),
    ],
)
def test_another_shape_does_not_fit(text: str, value: Any) -> None:
    assert not fits(text, value)


def test_a_length_may_differ_by_one_class() -> None:
    assert fits("integer 6", 1_000_000)
    assert fits("array 2", [1, 2, 3, 4])


def test_a_difference_is_taken_by_one_of_the_pairs_and_by_none_that_are_asked_for() -> None:
    found = Difference(("$", "price"), Kind.TYPE, 445_000, "445000.00")
    pairs = [("null", "integer 6"), ("integer 6", "string decimal text with 2 places 9")]

    assert takes_shapes(pairs, found)
    assert not takes_shapes(pairs[:1], found)
    assert takes_shapes((), found)
