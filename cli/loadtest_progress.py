"""How a load test goes on, on stderr: one line that is rewritten on a terminal, elsewhere a line a block."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cli.output import is_quiet, message
from cli.spans import span_words
from loadtests.standing import Standing


class LoadProgress:
    """Told by a run what it does. A context manager, which leaves nothing of the rewritten line."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._standing: Standing | None = None
        self._ends_at_s = 0.0
        self._live = (
            Live(get_renderable=self._line, console=self._console, transient=True, refresh_per_second=2)
            if self._console.is_terminal and not is_quiet()
            else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def told(self, text: str) -> None:
        """A sentence that stays."""
        if self._live is None:
            message(text)
        else:
            self._console.print(text, markup=False, highlight=False)

    def begins(self, standing: Standing) -> None:
        """A block begins."""
        self._standing, self._ends_at_s = standing, time.monotonic() + standing.left_s
        if self._live is None:
            message(str(self._line()))

    def _line(self) -> Text:
        if self._standing is None:
            return Text("")
        left = span_words(round(self._ends_at_s - time.monotonic()))
        return Text(self._standing.words(left), no_wrap=True, overflow="ellipsis")
