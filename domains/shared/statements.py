"""How many SQL statements a request sent, and how long they took: counted where they are handed to the driver."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """The statements of one request so far, and the seconds spent in them.

    `announced` are those that it will send after its head, as far as that is known then. `waited_s` is how long it
    waited for connections.
    """

    statements: int = 0
    seconds: float = 0.0
    announced: int = 0
    waited_s: float = 0.0


_current: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def tallied() -> Iterator[Tally]:
    """Count the statements sent inside the context, by it and by nothing that it started."""
    tally = Tally()
    token = _current.set(tally)
    try:
        yield tally
    finally:
        _current.reset(token)


def count_later(statements: int) -> None:
    """Count statements of this request that a background task will send."""
    if (tally := _current.get()) is not None:
        tally.statements += statements


def announce(statements: int) -> None:
    """Say how many more statements of this request are sent while its answer is."""
    if (tally := _current.get()) is not None:
        tally.announced += statements


def waited(seconds: float) -> None:
    """Count how long this request waited for a connection."""
    if (tally := _current.get()) is not None:
        tally.waited_s += seconds


@contextmanager
def one_statement() -> Iterator[None]:
    """Count the statement that is sent inside the context, whether it succeeds or not, and its time."""
    if (tally := _current.get()) is None:
        yield
        return
    tally.statements += 1
    started = time.perf_counter()
    try:
        yield
    finally:
        tally.seconds += time.perf_counter() - started
