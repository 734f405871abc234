"""Durations as people write them: 90s, 15m, 2h, 7d."""

import re

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(text: str) -> float:
    """The duration in seconds; raises ValueError that shows the form."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if match is None:
        raise ValueError("expected a duration like 90s, 15m, 2h or 7d")
    return float(match[1]) * _UNITS_S[match[2]]


def span_text(seconds: float) -> str:
    """The same in the largest unit that leaves no rest, or in seconds: `90s`, `2h`."""
    for unit, size in reversed(_UNITS_S.items()):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
