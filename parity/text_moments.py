"""Moments within longer texts, such as the line of a log that a program writes into a column.

Two backends write such a line at two moments; what stands around them must be the same.
"""

import re
from datetime import UTC, datetime, timedelta

from parity.recordings.moments import Made

_MOMENT = re.compile(
    r"(?<!\d)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d(?::?\d\d)?)?|(?<!\d)\d{13}(?!\d)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_CHARACTERS = 65_536


def differ_in_moments(legacy: str, modern: str, made: Made) -> bool:
    """Whether two texts differ in nothing but moments that both backends made."""
    if max(len(legacy), len(modern)) > _MAX_CHARACTERS:
        return False
    if _MOMENT.split(legacy) != _MOMENT.split(modern):
        return False
    pairs = zip(_MOMENT.findall(legacy), _MOMENT.findall(modern), strict=True)
    return all(one == other or _are_made(one, other, made) for one, other in pairs)


def _are_made(legacy: str, modern: str, made: Made) -> bool:
    if _form(legacy) != _form(modern):
        return False
    moments = _moment(legacy), _moment(modern)
    return all(moment is not None and made[0] <= moment <= made[1] for moment in moments)


def _form(text: str) -> str:
    """How it is written; PostgreSQL leaves noughts at the end of a fraction away."""
    return re.sub(r"\d", "9", re.sub(r"\.\d+", ".9", text))


def _moment(text: str) -> datetime | None:
    if text.isdigit():
        return _EPOCH + timedelta(milliseconds=int(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
