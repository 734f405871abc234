"""Freeze windows: when nobody goes forward, and why. A rollback is not asked about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of the week, as `datetime.weekday` counts them."""
_MIDNIGHT = time(0)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """A span of time: `begins_at` and `ends_at` (None: open on that side), or some hours of each week.

    A weekly one begins at `hours[0]` of the days (0: Monday) and ends at `hours[1]`, on the day after when that is not
    later; by the clock of `zone`.
    """

    reason: str
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    days: frozenset[int] = frozenset()
    hours: tuple[time, time] = (_MIDNIGHT, _MIDNIGHT)
    zone: tzinfo = UTC

    def end_at(self, now: datetime) -> datetime | None:
        """When the window that `now` is in ends; None where it is in none, the last moment there is where it never ends."""
        if self.days:
            return self._weekly_end(now)
        if self.begins_at is not None and now < self.begins_at:
            return None
        if self.ends_at is None:
            return _NEVER
        return self.ends_at if now < self.ends_at else None

    def _weekly_end(self, now: datetime) -> datetime | None:
        today = now.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            if day.weekday() in self.days:
                begins, ends = self._on(day)
                if begins <= now < ends:
                    return ends
        return None

    def _on(self, day: date) -> tuple[datetime, datetime]:
        first, last = self.hours
        until = day if last > first else day + timedelta(days=1)
        # in UTC: a clock that is put back has an hour twice, and aware times of one zone compare by the hands
        return (
            datetime.combine(day, first, self.zone).astimezone(UTC),
            datetime.combine(until, last, self.zone).astimezone(UTC),
        )


def frozen(windows: Iterable[FreezeWindow], now: datetime) -> str:
    """Why nobody goes forward at that time, and until when; empty where nothing is in the way."""
    found = [(ends, window) for window in windows if (ends := window.end_at(now)) is not None]
    if not found:
        return ""
    ends, window = max(found, key=lambda one: one[0])
    until = "" if ends is _NEVER else f" until {ends.astimezone(window.zone):%Y-%m-%d %H:%M %Z}"
    return f"freeze{until}: {window.reason}"
