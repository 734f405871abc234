"""Working hours: when somebody is there to see a step forward."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from proxy.freeze import DAYS, FreezeWindow


def _hours(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", value):
        raise ValueError("expected hours like 16:00-24:00 or 22:00-06:00")
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a timezone like UTC or Europe/Berlin") from None
    return value


Hours = Annotated[str, AfterValidator(_hours)]
"""From-to by the clock; over midnight when `to` is not later."""
Timezone = Annotated[str, AfterValidator(_timezone)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def times_of(hours: str) -> tuple[time, time]:
    """The first and the last moment of `Hours`; the end of a day is the first of the next one."""
    first, _, last = hours.partition("-")
    return time.fromisoformat(first), time.fromisoformat(last.replace("24:", "00:"))


class WorkingHours(BaseModel):
    """Some hours of some days, by the clock of a timezone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[Day, ...] = Field(default=("mon", "tue", "wed", "thu", "fri"), min_length=1)
    hours: Hours = "09:00-17:00"
    timezone: Timezone = "UTC"

    @property
    def words(self) -> str:
        """For example `mon, tue 09:00-17:00 UTC`."""
        return f"{', '.join(self.days)} {self.hours} {self.timezone}"

    def closed_until(self, now: datetime) -> str:
        """When they begin next, as a person writes it; empty within them."""
        zone = ZoneInfo(self.timezone)
        # they recur like a weekly freeze window, and mean the opposite
        week = FreezeWindow(
            "", days=frozenset(map(DAYS.index, self.days)), hours=times_of(self.hours), zone=zone
        )
        if week.end_at(now) is not None:
            return ""
        today = now.astimezone(zone).date()
        begins = (
            datetime.combine(today + timedelta(days=ahead), times_of(self.hours)[0], zone).astimezone(UTC)
            for ahead in range(8)
        )
        opens = min(at for at in begins if at > now and DAYS[at.astimezone(zone).weekday()] in self.days)
        return f"{opens.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"
