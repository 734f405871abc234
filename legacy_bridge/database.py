"""The connection pool, which counts every statement that a request sends.

Values go to the server and come back as node-postgres has them: parameters as untyped text, NUMERIC, BIGINT, TIME
and UUID as strings, JSON numbers as doubles.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from legacy_bridge import node
from legacy_bridge.errors import DatabaseError
from legacy_bridge.far_dates import rows_with_far_dates
from legacy_bridge.seed import first_line

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]

_CONNECT_TIMEOUT_S = 5
_POOL_TIMEOUT_S = 10.0
_MAX_UNAWAITED = 1000
_DRAIN_S = 5.0
_AS_TEXT = ("numeric", "int8", "uuid", "time")

_log = structlog.get_logger()


@dataclass(slots=True)
class Statements:
    """What one request has sent to the database so far."""

    count: int = 0
    duration_s: float = 0.0


statements: ContextVar[Statements] = ContextVar("statements")
"""The statements of the request that is being answered."""


class Database:
    """A pool of connections; outside `transaction` every statement commits by itself."""

    def __init__(self, url: str, pool_size: int) -> None:
        self._url = url
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=pool_size,
            timeout=_POOL_TIMEOUT_S,
            open=False,
            configure=_configure,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "cursor_factory": psycopg.AsyncRawCursor,
                "prepare_threshold": None,
                "connect_timeout": _CONNECT_TIMEOUT_S,
                "application_name": "crossfade-legacy",
                "options": "-c timezone=UTC",
            },
        )
        self._unawaited: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect. Raises DatabaseError when the server refuses."""
        try:
            connection = await psycopg.AsyncConnection.connect(self._url, connect_timeout=_CONNECT_TIMEOUT_S)
        except psycopg.Error as error:
            raise DatabaseError(f"the database refuses: {first_line(error)}") from error
        await connection.close()
        await self._pool.open()

    async def close(self) -> None:
        """Finish the statements that nobody waits for, then disconnect."""
        if self._unawaited:
            await asyncio.wait(self._unawaited, timeout=_DRAIN_S)
        await self._pool.close()

    async def query(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Send one statement on any connection of the pool."""
        async with self._pool.connection() as connection:
            return await send(connection, sql, values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One connection between BEGIN and COMMIT, or ROLLBACK when the body raises."""
        async with self._pool.connection() as connection:
            await send(connection, "BEGIN")
            try:
                yield connection
            except BaseException:
                await send(connection, "ROLLBACK")
                raise
            await send(connection, "COMMIT")

    async def query_unawaited(self, sql: str, values: Sequence[Any]) -> None:
        """Send one statement that the answer does not wait for; its failure is only logged."""
        statements.get().count += 1
        await self._run_unawaited(self._send_alone(sql, values))

    async def transaction_unawaited(self, sent: Sequence[tuple[str, Sequence[Any]]]) -> None:
        """Send statements and their values in a transaction that the answer does not wait for, likewise."""
        statements.get().count += len(sent) + 2
        await self._run_unawaited(self._send_together(sent))

    async def _run_unawaited(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._unawaited) >= _MAX_UNAWAITED:
            await asyncio.wait(self._unawaited, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(_log_failure(work))
        self._unawaited.add(task)
        task.add_done_callback(self._unawaited.discard)

    async def _send_alone(self, sql: str, values: Sequence[Any]) -> None:
        await self.query(sql, values)

    async def _send_together(self, sent: Sequence[tuple[str, Sequence[Any]]]) -> None:
        async with self.transaction() as connection:
            for sql, values in sent:
                await send(connection, sql, values)


async def _log_failure(work: Coroutine[Any, Any, None]) -> None:
    statements.set(Statements())  # already counted, and the request may be over
    try:
        await work
    except psycopg.Error as error:
        _log.warning("unawaited_statement_failed", error=first_line(error))


async def send(connection: Connection, sql: str, values: Sequence[Any] = ()) -> list[Row]:
    """Send one statement with `$1` parameters and count it, whether it succeeds or not."""
    sent = statements.get()
    sent.count += 1
    started = time.perf_counter()
    try:
        # the legacy backend builds SQL from strings: that is what is reproduced
        cursor = await connection.execute(sql, [parameter(value) for value in values] or None)
        return await _rows(cursor) if cursor.description else []
    finally:
        sent.duration_s += time.perf_counter() - started


async def _rows(cursor: psycopg.AsyncCursor[Row]) -> list[Row]:
    try:
        return await cursor.fetchall()
    except psycopg.DataError:  # a date that Python cannot hold; JavaScript can
        return rows_with_far_dates(cursor)


def parameter(value: Any) -> str | None:
    """A parameter as node-postgres sends it: as text, an object as JSON, an array as an array literal (Q-18)."""
    match value:
        case None:
            return None
        case dict():
            return node.write_json(value)
        case list():
            return "{" + ",".join(_array_item(item) for item in value) + "}"
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case _:
            return node.text(value)


def _array_item(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case list():
            return parameter(value) or ""
        case _:
            escaped = (parameter(value) or "").replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


class _TextLoader(Loader):
    def load(self, data: Buffer) -> str:
        return bytes(data).decode()


class _JsonLoader(Loader):
    def load(self, data: Buffer) -> Any:
        return node.parse_json(bytes(data))


async def _configure(connection: Connection) -> None:
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, _TextLoader)
    for name in ("json", "jsonb"):
        connection.adapters.register_loader(name, _JsonLoader)
