"""How far values may be apart: by distance, never by rounding."""

from decimal import Decimal
from typing import Any

import pytest

from parity.rule import Tolerance
from parity.tolerance import is_measured, within

CENT = Tolerance(absolute=Decimal("0.01"))
SHARE = Tolerance(relative=Decimal("0.01"))
SOON = Tolerance(seconds=Decimal(2))


@pytest.mark.parametrize(
    ("tolerance", "one", "other"),
    [
        (CENT, 1.1, 1.11),
        (CENT, 0.1 + 0.2, 0.3),
        (CENT, 1.005, 1.015),
        (CENT, Decimal("0.10000000000000000001"), 0.1),
        (Tolerance(absolute=Decimal(1)), 2**80, 2**80 + 1),
        (CENT, "1210000.00", "1210000.01"),
        (SHARE, 1_000, 1_010),
        (SHARE, -1_000, -1_005),
        (SOON, "2026-11-23T10:00:00.000Z", "2026-11-23T10:00:02.000Z"),
        (SOON, "2026-11-23T10:00:00+01:00", "2026-11-23T10:00:01+01:00"),
        (Tolerance(seconds=Decimal(86_400)), "2026-11-23", "2026-11-24"),
    ],
)
def test_near_values_pass_at_the_bound_too(tolerance: Tolerance, one: Any, other: Any) -> None:
    assert within(tolerance, one, other)
    assert within(tolerance, other, one)


@pytest.mark.parametrize(
    ("tolerance", "one", "other"),
    [
        (CENT, 1.1, 1.1100001),
        (CENT, "1210000.00", "1210000.02"),
        (CENT, "1210000.00", "1210000.0"),
        (CENT, "abc", "abd"),
        (CENT, True, False),
        (CENT, None, 0),
        (SHARE, 1_000, 1_011),
        (SHARE, 1, -1),
        (SOON, "2026-11-23T10:00:00.000Z", "2026-11-23T10:00:02.001Z"),
        (SOON, "2026-11-23T10:00:00Z", "2026-11-23T10:00:00"),
        (SOON, "2026-11-23T10:00:00.000Z", "2026-11-23T10:00:00Z"),
        (SOON, "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"),
        (SOON, "2026-99-99T10:00:00Z", "2026-99-99T10:00:01Z"),
        (SOON, 1, 2),
        (CENT, "2026-11-23T10:00:00Z", "2026-11-23T10:00:01Z"),
    ],
)
def test_what_is_further_apart_or_written_otherwise_does_not_pass(
    tolerance: Tolerance, one: Any, other: Any
) -> None:
    assert not within(tolerance, one, other)


@pytest.mark.parametrize(
    ("value", "measured"),
    [
        (1, True),
        (1.5, True),
        (Decimal(1), True),
        ("12", True),
        ("2026-11-23", True),
        (True, False),
        ("word", False),
        (None, False),
        ([], False),
    ],
)
def test_numbers_and_times_have_a_distance(value: Any, measured: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_measured(value) == measured
