"""Working hours: open and closed by the clock of a place, also where that clock jumps."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from proxy.working_hours import WorkingHours

BERLIN = WorkingHours(timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "closed_until"),
    [
        (datetime(2026, 11, 27, 8, 0, tzinfo=UTC), ""),  # a Friday, nine o'clock in Berlin
        (datetime(2026, 11, 27, 15, 59, tzinfo=UTC), ""),
        (datetime(2026, 11, 27, 7, 59, tzinfo=UTC), "Fri 2026-11-27 09:00 CET"),
        (datetime(2026, 11, 27, 16, 0, tzinfo=UTC), "Mon 2026-11-30 09:00 CET"),
        (datetime(2026, 11, 29, 12, 0, tzinfo=UTC), "Mon 2026-11-30 09:00 CET"),
        (
            datetime(2026, 3, 28, 12, 0, tzinfo=UTC),
            "Mon 2026-03-30 09:00 CEST",
        ),  # summer time begins on the Sunday
    ],
)
def test_they_are_closed_until_the_next_day_that_is_one(now: datetime, closed_until: str) -> None:
    assert BERLIN.closed_until(now) == closed_until


def test_they_may_last_over_midnight() -> None:
    night = WorkingHours(days=("mon",), hours="22:00-06:00")

    assert night.closed_until(datetime(2026, 12, 1, 5, 59, tzinfo=UTC)) == ""
    assert night.closed_until(datetime(2026, 12, 1, 6, 0, tzinfo=UTC)) == "Mon 2026-12-07 22:00 UTC"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"days": []}, "at least 1 item"),
        ({"days": ["monday"]}, "'mon'"),
        ({"hours": "25:00-26:00"}, "hours like 16:00-24:00"),
        ({"timezone": "Mars/Olympus"}, "a timezone like UTC or Europe/Berlin"),
    ],
)
def test_hours_that_are_none_are_told(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        WorkingHours.model_validate(values)
