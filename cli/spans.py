"""Durations as they are typed."""

import re

import click

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Span(click.ParamType[float]):
    """A duration like 90s, 15m, 2h or 7d, as seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises BadParameter that shows the form."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", str(value))
        if match is None:
            self.fail(f"{value!r}: expected a duration like 90s, 15m, 2h or 7d", param, ctx)
        return float(match[1]) * _UNITS_S[match[2]]


def span_words(seconds: float) -> str:
    """A duration in its two largest units, rounded down: `16 d 4 h`, `3 min 20 s`, `0 s`."""
    left = int(max(seconds, 0))
    parts = []
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        n, left = divmod(left, unit)
        parts.append((n, name))
    first = next((at for at, (n, _) in enumerate(parts) if n), len(parts) - 1)
    return " ".join(f"{n} {name}" for n, name in parts[first : first + 2] if n or name == parts[first][1])
