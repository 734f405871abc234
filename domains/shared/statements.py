"""How many SQL statements a request sent, and how long they took: counted where they are handed to the driver."""

import time
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token

import msgspec


class Tally(msgspec.Struct):
    """The statements of one request so far, and the seconds spent in them.

    `announced` are those that it will send after its head, as far as that is known then. `waited_s` is how long it
    waited for connections. `may_have_committed` is false only where it is certain that nothing of it is kept.
    """

    statements: int = 0
    seconds: float = 0.0
    announced: int = 0
    waited_s: float = 0.0
    may_have_committed: bool = False


_current: ContextVar[Tally | None] = ContextVar("tally", default=None)


def tallied() -> AbstractContextManager[Tally]:
    """Count the statements sent inside the context, by it and by nothing that it started."""
    return _Tallied()


def count_later(statements: int) -> None:
    """Count statements of this request that a background task will send, and commit."""
    if (tally := _current.get()) is not None:
        tally.statements += statements
        tally.may_have_committed = True


def announce(statements: int) -> None:
    """Say how many more statements of this request are sent while its answer is."""
    if (tally := _current.get()) is not None:
        tally.announced += statements


def note_commit() -> None:
    """Note that something of this request was committed, or may have been."""
    if (tally := _current.get()) is not None:
        tally.may_have_committed = True


def waited(seconds: float) -> None:
    """Count how long this request waited for a connection."""
    if (tally := _current.get()) is not None:
        tally.waited_s += seconds


def one_statement() -> AbstractContextManager[None]:
    """Count the statement that is sent inside the context, whether it succeeds or not, and its time."""
    return _OneStatement()


# both are entered for every request: as generators they would take three times as long
class _Tallied:
    __slots__ = ("_token",)

    def __enter__(self) -> Tally:
        tally = Tally()
        self._token: Token[Tally | None] = _current.set(tally)
        return tally

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


class _OneStatement:
    __slots__ = ("_started", "_tally")

    def __enter__(self) -> None:
        self._tally = _current.get()
        if self._tally is not None:
            self._tally.statements += 1
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        if self._tally is not None:
            self._tally.seconds += time.perf_counter() - self._started
