"""Durations as they are typed."""

import click

from proxy.spans import seconds_of


class Span(click.ParamType[float]):
    """A duration like 90s, 15m, 2h or 7d, as seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises BadParameter that shows the form."""
        try:
            return seconds_of(str(value))
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)
