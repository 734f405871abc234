"""Texts that differ only in moments which both backends made are the same; nothing else of them is let differ."""

from datetime import UTC, datetime
from typing import Any

import pytest

from parity.recordings.moments import moments_aligned
from parity.text_moments import differ_in_moments

MADE = datetime(2026, 11, 29, 2, 55, 50, tzinfo=UTC), datetime(2026, 11, 29, 2, 55, 54, tzinfo=UTC)


@pytest.mark.parametrize(
    ("legacy", "modern"),
    [
        ("[2026-11-29 02:55:52.893857+00] call: x", "[2026-11-29 02:55:52.8+00] call: x"),
        (
            '{"id":"1795920952136","at":"2026-11-29T02:55:52.136Z"}',
            '{"id":"1795920952140","at":"2026-11-29T02:55:52.140Z"}',
        ),
        ({"log": ["old", "x 2026-11-29T02:55:52Z"]}, {"log": ["old", "x 2026-11-29T02:55:53Z"]}),
    ],
)
def test_moments_in_a_text_are_each_sides_own(legacy: Any, modern: Any) -> None:
    assert moments_aligned(legacy, modern, MADE, differ_in_moments) == legacy


@pytest.mark.parametrize(
    ("legacy", "modern"),
    [
        ("x 2026-11-29 02:55:52+00", "y 2026-11-29 02:55:52+00"),
        ("x 2026-11-29 02:55:52+00", "x 2026-11-29 03:55:52+00"),
        ("x 2026-11-29 02:55:52+00", "x 2026-11-29T02:55:53Z"),
        ("x 2026-11-29 02:55:52+00", "x"),
        ("x 2026-99-29 02:55:52+00", "x 2026-98-29 02:55:52+00"),
        ("x 1795920952136", "x 1795920752136"),
        ("x 1795920952136" + "y" * 70_000, "x 1795920952137" + "y" * 70_000),
        (["2026-11-29 02:55:52+00"], ["2026-11-29 02:55:53+00", ""]),
        (7, "x"),
    ],
)
def test_anything_else_stays_what_it_is(legacy: Any, modern: Any) -> None:
    assert moments_aligned(legacy, modern, MADE, differ_in_moments) == modern
