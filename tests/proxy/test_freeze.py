"""Freeze windows, as an operator reads them off a calendar and a clock."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from proxy.freeze import FreezeWindow, frozen

BERLIN = ZoneInfo("Europe/Berlin")
HOLIDAYS = FreezeWindow(
    "year-end closing", datetime(2026, 12, 20, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
)
WEEKEND = FreezeWindow("nobody is here", days=frozenset({5, 6}))
FRIDAY_EVENING = FreezeWindow(
    "no changes before the weekend", days=frozenset({4}), hours=(time(16), time(6)), zone=BERLIN
)


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        (datetime(2026, 12, 19, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 20, tzinfo=UTC), True),
        (datetime(2027, 1, 3, 23, 59, tzinfo=UTC), True),
        (datetime(2027, 1, 4, tzinfo=UTC), False),
    ],
)
def test_a_span_holds_from_its_first_moment_to_before_its_last(now: datetime, *, holds: bool) -> None:
    assert bool(frozen([HOLIDAYS], now)) is holds


def test_the_reason_is_told_with_the_end() -> None:
    now = datetime(2026, 12, 24, 12, tzinfo=UTC)

    assert frozen([HOLIDAYS], now) == "freeze until 2027-01-04 00:00 UTC: year-end closing"


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        (datetime(2026, 11, 27, 14, 59, tzinfo=UTC), False),  # Friday, 15:59 in Berlin
        (datetime(2026, 11, 27, 15, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 28, 4, 59, tzinfo=UTC), True),  # Saturday morning
        (datetime(2026, 11, 28, 5, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 31, 14, 0, tzinfo=UTC), True),  # in summer 16:00 in Berlin is 14:00 UTC
        (datetime(2026, 7, 31, 13, 59, tzinfo=UTC), False),
    ],
)
def test_a_weekly_one_goes_by_the_clock_of_its_zone_and_over_midnight(now: datetime, *, holds: bool) -> None:
    assert bool(frozen([FRIDAY_EVENING], now)) is holds


def test_the_hour_that_a_clock_has_twice_is_in_the_window_both_times() -> None:
    night = FreezeWindow("clocks go back", days=frozenset({6}), hours=(time(2), time(3)), zone=BERLIN)
    hours = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (-1 % 24, 0, 1, 2)]

    assert [bool(frozen([night], now)) for now in hours] == [False, True, True, False]


def test_whole_days_are_the_default() -> None:
    assert frozen([WEEKEND], datetime(2026, 11, 29, 23, 59, tzinfo=UTC)).startswith(
        "freeze until 2026-11-30 00:00 UTC"
    )
    assert frozen([WEEKEND], datetime(2026, 11, 30, tzinfo=UTC)) == ""


def test_one_without_an_end_says_none() -> None:
    window = FreezeWindow("the audit", begins_at=datetime(2026, 1, 1, tzinfo=UTC))

    assert frozen([window], datetime(2026, 11, 29, tzinfo=UTC)) == "freeze: the audit"


def test_of_several_the_one_that_ends_last_is_told() -> None:
    now = datetime(2026, 12, 26, 12, tzinfo=UTC)

    assert "year-end closing" in frozen([WEEKEND, HOLIDAYS], now)
