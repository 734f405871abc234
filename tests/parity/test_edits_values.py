"""What single values are changed into."""

from typing import Any

import pytest

from parity.edits_values import CHANGES
from parity.outcome import ABSENT
from parity.shape import same_size, shape_of

CHANGE = {what: change for _, what, change in CHANGES}


@pytest.mark.parametrize(
    ("what", "value", "put"),
    [
        ("number as text", 1, "1"),
        ("number as text", 1.5, "1.5"),
        ("integer as decimal", 1, 1.0),
        ("boolean as text", True, "true"),
        ("text as number", "415000.00", 415000.0),
        ("null", [1], None),
        ("the last digit", 19, 18),
        ("the last digit", 0.25, 0.26),
        ("the last digit", "415000.00", "415000.01"),
        ("the time zone", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000+01:00"),
        ("the precision of a time", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z"),
        ("the precision of a time", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
        ("upper and lower case", "Active", "ACTIVE"),
        ("upper and lower case", "USD", "usd"),
        ("white space in a text", "Active", "Active "),
    ],
)
def test_a_change_does_what_its_name_says(what: str, value: Any, put: Any) -> None:
    changed = CHANGE[what](value)

    assert (type(changed), changed) == (type(put), put)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("number as text", True),
        ("integer as decimal", 2**60),
        ("boolean as text", 1),
        ("text as number", "ESC-1"),
        ("null", None),
        ("a value of its shape", ""),
        ("a value of another shape", None),
        ("the last digit", True),
        ("the time zone", "2026-01-01"),
        ("the precision of a time", "noon"),
        ("upper and lower case", "2026"),
        ("white space in a text", ""),
    ],
)
def test_a_change_leaves_alone_what_it_does_not_fit(what: str, value: Any) -> None:
    assert CHANGE[what](value) is ABSENT


@pytest.mark.parametrize(
    "value",
    [
        "Active",
        "e5c00000-0000-4000-8000-000000000054",
        "2026-01-01T00:00:00Z",
        "1210000.00",
        "ESC-2025-0054",
        123,
    ],
)
def test_another_value_of_its_shape_differs_in_value_alone(value: Any) -> None:
    changed = CHANGE["a value of its shape"](value)

    assert changed != value
    assert shape_of(changed) == shape_of(value)


@pytest.mark.parametrize("value", ["Active", "e5c00000-0000-4000-8000-000000000054", "2026-01-01", 123, 0])
def test_a_value_of_another_shape_has_another_shape(value: Any) -> None:
    changed = CHANGE["a value of another shape"](value)

    one, other = shape_of(value), shape_of(changed)
    assert one.form != other.form or not same_size(one, other)


def test_no_change_gives_the_value_back() -> None:
    values: list[Any] = ["Active", "415000.00", "2026-01-01T00:00:00.000Z", 5, 1.5, True, "", [], {}, None]

    same = [
        (what, value)
        for _, what, change in CHANGES
        for value in values
        if (put := change(value)) is not ABSENT and (type(put), put) == (type(value), value)
    ]

    assert same == []
