"""Time comes in as a parameter, so that what depends on the day can be tested on any day."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Says the time, aware and in UTC."""


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)
