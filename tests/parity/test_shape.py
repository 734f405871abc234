"""Shapes: what stays checked where values may differ."""

from decimal import Decimal
from typing import Any

import pytest

from parity.shape import format_of, same_size, shape_of, type_of


def alike(one: Any, other: Any) -> bool:
    left, right = shape_of(one), shape_of(other)
    return (left.type, left.form) == (right.type, right.form) and same_size(left, right)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e5c00000-0000-4000-8000-000000000054", "00000000-0000-0000-0000-000000000000"),
        ("2026-11-23", "2025-01-01"),
        ("2026-11-23T10:00:00.000Z", "2025-01-01T00:00:00.123Z"),
        ("2026-11-23T10:00:00Z", "2025-01-01T00:00:00Z"),
        ("2026-11-23T10:00:00.123+01:00", "2025-01-01T00:00:00.12-0500"),
        ("1210000.00", "998000.50"),
        ("ESC-2025-0054", "ESC-2026-1001"),
        ("a" * 40, "b" * 50),
        ("ann@example.test", "benjamin@example.test"),
        ("ab12" * 16, "cd34" * 16),
        (
            "/v1/escrows/e5c00000-0000-4000-8000-000000000054",
            "/v1/escrows/e5c00000-0000-4000-8000-000000000055",
        ),
        (3, 5),
        (99, 123),
        (1.5, 250.25),
        (True, False),
        (None, None),
    ],
)
def test_values_of_one_shape_are_alike(one: Any, other: Any) -> None:
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e5c00000-0000-4000-8000-000000000054", "e5c00000"),
        ("2026-11-23T10:00:00.000Z", "2026-11-23T10:00:00Z"),
        ("2026-11-23T10:00:00Z", "2026-11-23"),
        ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00"),
        ("2026-11-23T10:00:00.000Z", "2026-11-23T10:00:00.000+00:00"),
        ("2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00"),
        ("2026-11-23T10:00:00.123456Z", "2026-11-23T10:00:00.123Z"),
        ("1210000.00", "1210000.0"),
        ("1210000.00", "1210000"),
        ("ESC-2025-0054", "LST-2025-0054"),
        ("ESC-2025-0054", "ESC-25-0054"),
        ("ab12" * 16, "ab12" * 8),
        ("short", "a text that is much longer than the other"),
        ("", "x"),
        ("/v1/escrows/7", "/v1/listings/7"),
        (3, 3.0),
        (3, 4_000),
        (1, True),
        (None, "x"),
        (None, 0),
        ([], [1]),
        ({}, []),
        ("1", 1),
    ],
)
def test_values_of_different_shapes_are_not_alike(one: Any, other: Any) -> None:
    assert not alike(one, other)


def test_every_json_type_has_a_name() -> None:
    values: list[Any] = [None, True, 1, 1.0, Decimal("1.1"), "x", [], {}, b""]

    assert [type_of(value) for value in values] == [
        "null",
        "boolean",
        "integer",
        "number",
        "number",
        "string",
        "array",
        "object",
        "bytes",
    ]


def test_a_long_text_has_no_format() -> None:
    assert format_of("1" * 10_000) == "text"
