"""How many SQL statements a request sent, and how long they took.

Counted where SQLAlchemy hands them to the driver. psycopg sends BEGIN by itself before the first statement of a
transaction and COMMIT or ROLLBACK only when one is open: these are counted when, and only when, they are sent.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(slots=True)
class Tally:
    """The statements of one request so far, and the seconds spent in them; `started` is the last one's start."""

    statements: int = 0
    seconds: float = 0.0
    started: float = 0.0


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


def _status(connection: Connection) -> TransactionStatus:
    driver: Any = connection.connection.driver_connection
    status: TransactionStatus = driver.info.transaction_status
    return status


def _autocommits(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    return bool(driver.autocommit)


def count_statements(engine: AsyncEngine) -> None:
    """Have every statement of this engine counted for the request that sends it."""
    sync = engine.sync_engine

    @event.listens_for(sync, "before_cursor_execute")
    def before(connection: Connection, _cursor: Any, _statement: str, parameters: Any, *more: Any) -> None:
        if (tally := _current.get()) is None:
            return
        _context, executed_many = more
        tally.statements += len(parameters) if executed_many else 1
        if _status(connection) is TransactionStatus.IDLE and not _autocommits(connection):
            tally.statements += 1  # psycopg's BEGIN
        tally.started = time.perf_counter()

    @event.listens_for(sync, "after_cursor_execute")
    def after(*_: Any) -> None:
        if (tally := _current.get()) is not None:
            tally.seconds += time.perf_counter() - tally.started

    def ended(connection: Connection) -> None:
        if (tally := _current.get()) is not None and _status(connection) is not TransactionStatus.IDLE:
            tally.statements += 1

    event.listen(sync, "commit", ended)
    event.listen(sync, "rollback", ended)
