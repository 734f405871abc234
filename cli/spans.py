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
