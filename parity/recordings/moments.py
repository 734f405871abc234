"""Moments that two backends made while they answered one replayed request: each has its own, and both are right.

Only where both are of the same form and lie between the beginning of the replay and now. One that is off by a time zone
or was not set at all is no such moment, and differs.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from parity.exchange import Observation
from parity.recordings.json_bodies import answer_rewritten, json_of
from parity.shape import format_of

Made = tuple[datetime, datetime]
"""Between these two both backends made their moments."""
AreMoments = Callable[[str, str, Made], bool]
SKEW = timedelta(seconds=2)
"""How far the clocks of backends may be from ours."""


def with_moments(legacy: Observation, modern: Observation, since: datetime, until: datetime) -> Observation:
    """Modern's answer with legacy's moment wherever both made one in that time, at one place."""
    if not modern.body or modern.body == legacy.body:
        return modern
    known = json_of(legacy)
    made = since - SKEW, until + SKEW
    return answer_rewritten(modern, lambda value: moments_aligned(known, value, made))


def _are_moments(legacy: str, modern: str, made: Made) -> bool:
    form = format_of(legacy)
    if not form.startswith("timestamp") or form != format_of(modern) or len(legacy) != len(modern):
        return False
    return all(made[0] <= _moment(text) <= made[1] for text in (legacy, modern))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def moments_aligned(legacy: Any, modern: Any, made: Made, are_moments: AreMoments = _are_moments) -> Any:
    """Modern's value with legacy's text wherever two texts that differ are moments that both made, at one place."""
    match legacy, modern:
        case dict(), dict():
            return {
                key: moments_aligned(legacy.get(key), value, made, are_moments)
                for key, value in modern.items()
            }
        case list(), list() if len(legacy) == len(modern):
            return [moments_aligned(*pair, made, are_moments) for pair in zip(legacy, modern, strict=True)]
        case str(), str() if legacy != modern and are_moments(legacy, modern, made):
            return legacy
        case _:
            return modern
