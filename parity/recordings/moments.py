"""Moments that two backends made while they answered one replayed request: each has its own, and both are right.

Only where both are of the same form and lie between the beginning of the replay and now. One that is off by a time zone
or was not set at all is no such moment, and differs.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from parity.exchange import Observation
from parity.recordings.json_bodies import answer_rewritten, json_of
from parity.shape import format_of

SKEW = timedelta(seconds=2)
"""How far the clocks of backends may be from ours."""


def with_moments(legacy: Observation, modern: Observation, since: datetime, until: datetime) -> Observation:
    """Modern's answer with legacy's moment wherever both made one in that time, at one place."""
    if not modern.body or modern.body == legacy.body:
        return modern
    known = json_of(legacy)
    made = since - SKEW, until + SKEW
    return answer_rewritten(modern, lambda value: moments_aligned(known, value, made))


def moments_aligned(legacy: Any, modern: Any, made: tuple[datetime, datetime]) -> Any:
    """Modern's value with legacy's moment wherever both made one between these two, at one place."""
    match legacy, modern:
        case dict(), dict():
            return {key: moments_aligned(legacy.get(key), value, made) for key, value in modern.items()}
        case list(), list() if len(legacy) == len(modern):
            return [moments_aligned(*pair, made) for pair in zip(legacy, modern, strict=True)]
        case str(), str() if legacy != modern and _are_moments(legacy, modern, made):
            return legacy
        case _:
            return modern


def _are_moments(legacy: str, modern: str, made: tuple[datetime, datetime]) -> bool:
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
