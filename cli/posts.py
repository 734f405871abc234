"""The place of one supervised worker: who holds it, who takes over, and when somebody is started again. Never waits."""

import signal
import time
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from cli.errors import UnavailableError
from cli.output import warn

STEADY_S = 10.0
"""A worker that lived so long is started again at once, and the pause begins anew."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Worker(Protocol):
    """A process as a post needs it: `cli.processes.Child`."""

    started_s: float

    @property
    def running(self) -> bool: ...  # noqa: D102  -- as there

    def is_ready(self, wait_s: float = 0.0) -> bool: ...  # noqa: D102  -- as there

    def said(self) -> list[dict[str, Any]]: ...  # noqa: D102  -- as there

    def feed(self, line: bytes) -> None: ...  # noqa: D102  -- as there

    def signal(self, number: signal.Signals) -> None: ...  # noqa: D102  -- as there

    def kill(self) -> None: ...  # noqa: D102  -- as there

    def end(self, within_s: float) -> int: ...  # noqa: D102  -- as there


W = TypeVar("W", bound=Worker)


class Post(Generic[W]):
    """One place, for one worker at a time, or for two while the next one takes over.

    `start(turn)` starts a worker without waiting; its turn is 0 or 1, never that of another who is still there, and
    `ended(turn)` is told when it is gone. Without `overlaps` the next one is started when the one before has ended.
    `holder` is who does the work.
    """

    def __init__(
        self,
        name: str,
        start: Callable[[int], W],
        *,
        end_within_s: float,
        ended: Callable[[int], None] = lambda _turn: None,
        overlaps: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.failed = False
        self._start = start
        self._ended = ended
        self._end_within_s = end_within_s
        self._overlaps = overlaps
        self._clock = clock
        self._turn = 0  # the holder's; whoever is coming or going has the other
        self._replacing = False
        self._pause_s = 0.0
        self._start_at = clock()
        self._kill_at = 0.0
        self._coming_turn = 0
        self._going_turn = 0
        self._going: W | None = None
        self._coming: W | None = None
        self.holder: W | None = None

    def begin(self) -> None:
        """Start the first worker, without waiting."""
        self._coming = self._start(self._turn)
        self._coming_turn = self._turn

    def await_holder(self) -> W:
        """Wait until it is ready. Raises UnavailableError when it cannot be."""
        child = self._coming
        if child is None:
            raise AssertionError("nobody was started")
        while not child.is_ready(0.05):
            pass
        self.holder, self._coming = child, None
        return child

    @property
    def is_settled(self) -> bool:
        """Whether a worker is at work, and nobody is coming or going."""
        return self.holder is not None and not (self._replacing or self._coming or self._going)

    def replace(self) -> None:
        """Put another worker in the place of this one; `is_settled` when that is done, `failed` when it could not."""
        self._replacing = True
        self.failed = False

    def feed(self, line: Callable[[int], bytes]) -> None:
        """Other settings for whoever is there and stays, by their turn; who cannot take them dies and is noticed."""
        for child, turn in ((self.holder, self._turn), (self._coming, self._coming_turn)):
            if child is not None:
                try:
                    child.feed(line(turn))
                except UnavailableError as error:
                    warn(f"crossfade: {error}")

    def dismiss(self) -> None:
        """Ask all who are there to end."""
        for child in (self.holder, self._coming, self._going):
            if child is not None:
                child.signal(signal.SIGTERM)

    def end(self) -> None:
        """Wait until all are gone; who takes too long is killed."""
        for child in (self.holder, self._coming, self._going):
            if child is not None:
                child.end(self._end_within_s)
        self.holder = self._coming = self._going = None

    def look(self) -> None:
        """Notice who died, who is ready and who has ended, and do the next step."""
        now = self._clock()
        self._see_off(now)
        self._see_to_holder(now)
        if self._replacing and not self._overlaps and self.holder is not None:
            self._send_off(now)
        wanted = self.holder is None or (self._replacing and self._overlaps)
        if wanted and self._coming is None and self._going is None and now >= self._start_at:
            self._coming_turn = self._turn if self.holder is None else 1 - self._turn
            try:
                self._coming = self._start(self._coming_turn)
            except (UnavailableError, OSError) as error:
                self._give_up(now, str(error), lived_s=0.0)
        if self._coming is not None:
            self._welcome(now)

    def _see_off(self, now: float) -> None:
        if self._going is None:
            return
        if not self._going.running:
            self._going.end(self._end_within_s)
            self._going = None
            self._ended(self._going_turn)
        elif now >= self._kill_at:
            warn(f"{self.name} did not end within {self._end_within_s:.0f} s and was killed")
            self._going.kill()

    def _see_to_holder(self, now: float) -> None:
        holder = self.holder
        if holder is None:
            return
        for line in holder.said():
            if line.get("reloaded"):
                warn(f"crossfade: {self.name} goes on as before: {line['reloaded']}")
        if holder.running:
            return
        self.holder = None
        self._put_off(now, now - holder.started_s)
        code = holder.end(self._end_within_s)
        self._ended(self._turn)
        how = f"was killed by {_name_of(-code)}" if code < 0 else f"ended with exit code {code}"
        when = f" in {self._pause_s:g} s" if self._pause_s else ""
        warn(f"{self.name} {how} and is started again{when}")

    def _send_off(self, now: float) -> None:
        self._going, self.holder = self.holder, None
        self._going_turn = self._turn
        self._kill_at = now + self._end_within_s
        if self._going is not None:
            self._going.signal(signal.SIGTERM)

    def _welcome(self, now: float) -> None:
        child = self._coming
        if child is None:
            return
        try:
            if not child.is_ready():
                return
        except UnavailableError as error:
            self._coming = None
            child.kill()
            child.end(self._end_within_s)
            self._give_up(now, str(error), lived_s=now - child.started_s)
            return
        if self.holder is not None:
            self._send_off(now)
        self.holder, self._coming = child, None
        self._turn = self._coming_turn
        self._replacing = False

    def _give_up(self, now: float, problem: str, *, lived_s: float) -> None:
        warn(f"crossfade: {problem}")
        self._ended(self._coming_turn)
        if self._replacing and self.holder is not None:
            self.failed, self._replacing = True, False
        self._put_off(now, min(lived_s, STEADY_S / 2))

    def _put_off(self, now: float, lived_s: float) -> None:
        self._pause_s = (
            0.0 if lived_s >= STEADY_S else min(LONGEST_PAUSE_S, 2 * self._pause_s or FIRST_PAUSE_S)
        )
        self._start_at = now + self._pause_s


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the real-time signals between the first and the last
        return f"signal {number}"
