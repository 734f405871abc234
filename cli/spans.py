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


def span_words(seconds: float) -> str:
    """A duration in its two largest units, rounded down: `16 d 4 h`, `3 min 20 s`, `0 s`."""
    left = int(max(seconds, 0))
    parts = []
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        n, left = divmod(left, unit)
        parts.append((n, name))
    first = next((at for at, (n, _) in enumerate(parts) if n), len(parts) - 1)
    return " ".join(f"{n} {name}" for n, name in parts[first : first + 2] if n or name == parts[first][1])
