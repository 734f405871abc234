"""The connection to PostgreSQL: one pool per process, made for many short statements.

Outside of `transaction` a statement is its own transaction. Inside of `rehearsal` everything runs as ever, in one
transaction that is rolled back in the end. What may have been committed is noted for the request.
"""

import select
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg
from psycopg.pq.abc import PGresult
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Executable, RowMapping

from domains.shared.compiled import Compiler, Prepared, adapt
from domains.shared.errors import Fault, InvalidInputError
from domains.shared.far_dates import rows_with_far_dates
from domains.shared.node_json import well_formed
from domains.shared.rehearsals import WriteSet, watched
from domains.shared.statements import note_commit, one_statement, tallied, waited

POOL_WAIT_S = 10.0
CONNECT_TIMEOUT_S = 5
RECYCLE_S = 1800.0

# what is asked for is known by heart: planned once for each connection, and not anew for the values of each request
_OPTIONS = "-c TimeZone=UTC -c plan_cache_mode=force_generic_plan -c jit=off"
_STATEMENTS_KEPT = 500

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(slots=True)
class _Open:
    """The connection of this request while a transaction is open; `writes` collects those of a rehearsal."""

    connection: Connection
    writes: WriteSet | None = None
    is_inside: bool = field(default=True)


_open: ContextVar[_Open | None] = ContextVar("open_transaction", default=None)


class Database:
    """Runs statements on a pool; it connects when the first one is run."""

    def __init__(self, database_url: str, *, pool_size: int) -> None:
        self._url = database_url
        self._options: dict[str, Any] = {
            "autocommit": True,
            "row_factory": tuple_row,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "crossfade-modern",
            "options": _OPTIONS,
            "prepare_threshold": 0,
        }
        self._pool_size = pool_size
        self._pool: AsyncConnectionPool[Connection] | None = None
        self._compiler = Compiler()

    async def run(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]:
        """Run one statement; what PostgreSQL refuses of a client's values is the client's error (Q-09).

        The rows are dicts, by the names of the columns.
        """
        current = _open.get()
        if current is None:
            rows = await self._run_alone(self._compiler.prepare(statement, values))
        elif current.writes is None:
            rows = await _send(current.connection, self._compiler.prepare(statement, values))
        else:
            rows = await self._rehearse(current, current.writes, statement, values)
        # a dict has what rooms use of SQLAlchemy's rows, and is made in a tenth of their time
        return cast("Sequence[RowMapping]", rows)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """All statements inside are committed together, or none where the body raises; may be nested."""
        current = _open.get()
        if current is not None and current.is_inside:
            yield
        elif current is not None:
            async with self._savepoint(current):
                yield
        else:
            async with self._connection() as connection, _between(connection, _Open(connection)):
                yield

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[WriteSet]:
        """Whatever is run inside is rolled back in the end, and was written down until then; one inside joins it."""
        current = _open.get()
        if current is not None and current.writes is not None:
            yield current.writes
            return
        writes = WriteSet()
        async with self._connection() as connection:
            await connection.execute("BEGIN")
            token = _open.set(_Open(connection, writes, is_inside=False))
            try:
                yield writes
            finally:
                _open.reset(token)
                await connection.execute("ROLLBACK")

    async def show(self, writes: WriteSet) -> None:
        """Add the rows as they are now to what a rehearsal wrote, from inside of it; what that takes counts nowhere."""
        current = _open.get()
        if current is None:
            raise LookupError("no rehearsal is under way")
        connection = current.connection

        async def read(statement: Executable) -> list[dict[str, Any]]:
            with tallied():
                return await _send(connection, self._compiler.prepare(statement, None))

        await writes.show(read)

    async def close(self) -> None:
        """Disconnect."""
        if self._pool is not None:
            await self._pool.close()

    async def _connect(self) -> AsyncConnectionPool[Connection]:
        # a database that is not there refuses here, at once; the pool would try until its time is up
        first = await psycopg.AsyncConnection.connect(self._url, **self._options)
        await first.close()
        if self._pool is None:
            self._pool = AsyncConnectionPool(
                self._url,
                min_size=1,  # few warm connections rather than many cold ones
                max_size=self._pool_size,
                timeout=POOL_WAIT_S,
                max_lifetime=RECYCLE_S,
                kwargs=self._options,
                configure=_configure,
                open=False,
            )
        await self._pool.open()
        return self._pool

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        pool = self._pool or await self._connect()
        connection = await _free(pool)
        try:
            yield connection
        finally:
            await pool.putconn(connection)

    async def _run_alone(self, prepared: Prepared) -> list[dict[str, Any]]:
        """One that PostgreSQL did not answer because it was restarted is sent again if it writes nothing.

        Of a write nobody could tell whether it was committed before; so the connection is looked at first.
        """
        pool = self._pool or await self._connect()
        connection = await (_free(pool) if prepared.form.is_read else _free_to_write(pool))
        try:
            return await _send_alone(connection, prepared)
        except psycopg.errors.AdminShutdown:
            if not prepared.form.is_read:
                raise
        finally:
            await pool.putconn(connection)
        await pool.check()
        async with self._connection() as connection:
            return await _send_alone(connection, prepared)

    async def _rehearse(
        self,
        current: _Open,
        writes: WriteSet,
        statement: Executable,
        values: Mapping[str, Any] | None,
    ) -> list[dict[str, Any]]:
        """One statement; a refused one leaves the rehearsal as it was, as it leaves the database otherwise."""
        told, note = watched(statement)
        prepared = self._compiler.prepare(told, values)
        async with self._savepoint(current, counted=False):
            return note(writes, await _send(current.connection, prepared))

    @asynccontextmanager
    async def _savepoint(self, current: _Open, *, counted: bool = True) -> AsyncIterator[None]:
        """What a transaction is inside of a rehearsal."""
        if current.is_inside:
            yield
            return
        connection, send = current.connection, _count if counted else _do_not_count
        token = _open.set(_Open(connection, current.writes))
        try:
            await send(connection, "SAVEPOINT rehearsed")
            try:
                yield
            except BaseException:
                await send(connection, "ROLLBACK TO SAVEPOINT rehearsed")
                raise
            await send(connection, "RELEASE SAVEPOINT rehearsed")
        finally:
            _open.reset(token)


@asynccontextmanager
async def _between(connection: Connection, opened: _Open) -> AsyncIterator[None]:
    """BEGIN, and COMMIT or ROLLBACK."""
    await _count(connection, "BEGIN")
    token = _open.set(opened)
    try:
        yield
    except BaseException:
        await _count(connection, "ROLLBACK")
        raise
    else:
        with _committing():
            await _count(connection, "COMMIT")
    finally:
        _open.reset(token)


@contextmanager
def _committing() -> Iterator[None]:
    """Around what commits: noted as done unless PostgreSQL says that it is not, so also where nobody can tell."""
    is_refused = False
    try:
        yield
    except Exception as error:
        is_refused = _is_rolled_back(error.__cause__ if isinstance(error, InvalidInputError) else error)
        raise
    finally:
        if not is_refused:
            note_commit()


def _is_rolled_back(error: BaseException | None) -> bool:
    """Whether it is PostgreSQL's own word that a transaction failed: said by a session that goes on (`ERROR`).

    A session that ends, a cancelled one (class 57) and what a pooler says of a lost one (class 08) may have committed.
    """
    if not isinstance(error, psycopg.Error) or error.diag.severity_nonlocalized != "ERROR":
        return False
    state = error.sqlstate or ""
    return state[:2] not in {"", "08", "57"} and state != "40003"  # statement_completion_unknown


async def _count(connection: Connection, text: str) -> None:
    with one_statement():
        await connection.execute(text.encode())


async def _do_not_count(connection: Connection, text: str) -> None:
    await connection.execute(text.encode())


def _field_of(diagnostic: psycopg.errors.Diagnostic) -> str:
    """The column that a value does not fit; of a constraint, the one that its name speaks of."""
    if diagnostic.column_name:
        return diagnostic.column_name
    name = (diagnostic.constraint_name or "").removeprefix(f"{diagnostic.table_name}_")
    for kind in ("_fkey", "_check", "_key"):
        name = name.removesuffix(kind)
    return name


async def _free(pool: AsyncConnectionPool[Connection]) -> Connection:
    """A connection of the pool, when there is one; the wait is counted."""
    started = time.perf_counter()
    connection = await pool.getconn()
    waited(time.perf_counter() - started)
    return connection


async def _free_to_write(pool: AsyncConnectionPool[Connection]) -> Connection:
    """One that PostgreSQL has not ended meanwhile."""
    while _has_ended(connection := await _free(pool)):
        await connection.close()
        await pool.putconn(connection)
    return connection


def _has_ended(connection: Connection) -> bool:
    """Whether there is something to read though nothing was asked: PostgreSQL has said good-bye."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


async def _configure(connection: Connection) -> None:
    await adapt(connection)
    connection.prepared_max = _STATEMENTS_KEPT


async def _send_alone(connection: Connection, prepared: Prepared) -> list[dict[str, Any]]:
    """A statement that is its own transaction."""
    if prepared.form.is_read:
        return await _send(connection, prepared)
    with _committing():
        return await _send(connection, prepared)


async def _send(connection: Connection, prepared: Prepared) -> list[dict[str, Any]]:
    cursor = connection.cursor()
    try:
        with one_statement():
            try:
                await cursor.execute(prepared.text, prepared.parameters)
            except UnicodeEncodeError:  # half a surrogate pair; nothing was sent
                replaced = {name: well_formed(value) for name, value in prepared.parameters.items()}
                await cursor.execute(prepared.text, replaced)
            result = cursor.pgresult
            if result is None or not result.nfields:
                return []
            rows = await _rows(cursor)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        field = _field_of(error.diag) or _refused(error, prepared.parameters)
        raise InvalidInputError([Fault(field, "Does not fit what is stored")]) from error
    names, loads = _names(prepared, result), prepared.form.loads
    if loads is None:
        return [dict(zip(names, row, strict=True)) for row in rows]
    return [
        {
            name: value if load is None else load(value)
            for name, value, load in zip(names, row, loads, strict=True)
        }
        for row in rows
    ]


async def _rows(cursor: psycopg.AsyncCursor[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    try:
        return await cursor.fetchall()
    except psycopg.DataError:
        return rows_with_far_dates(cursor)


def _refused(error: psycopg.Error, parameters: Mapping[str, Any]) -> str:
    """The parameter whose text PostgreSQL quotes; none where it quotes none."""
    quoted = error.diag.message_primary or ""
    sent = (name for name, value in parameters.items() if isinstance(value, str) and f'"{value}"' in quoted)
    return next(sent, "")


def _names(prepared: Prepared, result: PGresult) -> list[str]:
    """The names of the columns, read from the first result of this form."""
    names = prepared.form.names
    if names is None or len(names) != result.nfields:
        names = [(result.fname(number) or b"").decode() for number in range(result.nfields)]
        prepared.form.names = names
    return names
