"""How commands print: results on stdout, as text or as JSON with a versioned schema; messages on stderr."""

import io
import json
import re
import sys
import threading
from typing import TYPE_CHECKING, Any, Self, TextIO

import click

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_WITHOUT_TERMINAL = 80
QUIET_S = 2.0

_PADDING = re.compile(r" +(?=\n)")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON with a versioned schema.")
"""Every command that has a result takes `--json`."""


def console() -> "Console":
    """Where results go; plain text of 80 columns without a terminal or with NO_COLOR."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(
        highlight=False,
        width=WIDTH_WITHOUT_TERMINAL,
        file=_WithoutPadding(sys.stdout),  # type: ignore[arg-type]  # it is all of IO[str] that rich asks for
    )


class _WithoutPadding(io.TextIOBase):
    """Passes text on without the spaces before a line's end: rich fills up the last column of a table."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Takes whole lines, as rich prints them."""
        self._file.write(_PADDING.sub("", text))
        return len(text)

    def flush(self) -> None:
        """Of the file behind it."""
        self._file.flush()


def print_json(schema: str, values: dict[str, Any]) -> None:
    """One JSON object on stdout; `schema` is a name and a version like `crossfade.flags/1`."""
    click.echo(json.dumps({"schema": schema, **values}, indent=2, default=str))


def message(text: str) -> None:
    """A message for a person, on stderr; not with `--quiet`."""
    if not is_quiet():
        click.echo(text, err=True)


def warn(text: str) -> None:
    """A message that something went wrong, or wants to be known: with `--quiet` too."""
    click.echo(text, err=True)


def is_quiet() -> bool:
    """Whether `--quiet` was given."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.find_root().params.get("quiet"))


class Progress:
    """Says on stderr what is being done as soon as that takes longer than two seconds.

    Used as a context; called with the next step. Quick work stays silent.
    """

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self._quiet_s = quiet_s
        self._timer: threading.Timer | None = None

    def __call__(self, text: str) -> None:
        """The next step begins."""
        self.stop()
        if is_quiet():  # asked here: the timer's thread knows of no command
            return
        self._timer = threading.Timer(self._quiet_s, message, [text])
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """The last step is done."""
        if self._timer is not None:
            self._timer.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
