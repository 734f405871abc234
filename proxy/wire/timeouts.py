"""Deadlines of many connections by one timer: a request costs no timer of its own."""

import asyncio
from typing import Protocol

TICK_S = 0.05
NEVER = float("inf")


class Timed(Protocol):
    """What has a deadline; `deadline` is in the seconds of `Timeouts.now`, NEVER while nothing is waited for."""

    deadline: float

    def expired(self) -> None:
        """The deadline has passed. Called at every tick until `deadline` is moved or the item is dropped."""
        ...


class Timeouts:
    """Looks at everything that is watched each TICK_S; a deadline is kept late by two ticks at most.

    `now` is the loop's clock as of the last tick: precise enough for deadlines, and free to read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: set[Timed] = set()
        self._handle: asyncio.TimerHandle | None = None
        self.now = loop.time()

    def watch(self, item: Timed) -> None:
        """Look after its deadline from now on."""
        self._watched.add(item)

    def drop(self, item: Timed) -> None:
        """Not any more; without effect if it was not watched."""
        self._watched.discard(item)

    def start(self) -> None:
        """Begin to tick."""
        self.now = self._loop.time()
        self._handle = self._loop.call_later(TICK_S, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _tick(self) -> None:
        self._handle = self._loop.call_later(TICK_S, self._tick)
        self.now = now = self._loop.time()
        for item in [item for item in self._watched if item.deadline <= now]:
            if item.deadline <= now and item in self._watched:  # another may have moved or dropped it
                item.expired()
