"""The store's database: SQLite by default, PostgreSQL by URL.

An engine is made without connecting, so that a proxy can start while its store is away; who then reads or
writes gets a StoreError (through `storing`) that says what refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from parity.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

BUSY_TIMEOUT_MS = 5_000
CONNECT_TIMEOUT_S = 5

_WRITES = "crossfade_writes"
_ADVISORY_LOCK = 0x43524F53  # any constant of ours: two processes that create the tables at once take turns
_COUNTING_LOCK = _ADVISORY_LOCK + 1

# what is read are few rows by their keys: to scan a table, with helpers that must be started first, takes longer
_FEW_ROWS = "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL random_page_cost = 1.1"


def open_database(url: str) -> sa.Engine:
    """The engine for `sqlite:///FILE` or `postgresql://…`; raises StoreError for any other URL."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise StoreError(
            f"the store's address {url!r} is no URL (sqlite:///FILE or postgresql://…)"
        ) from error
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed)
        case "postgresql":
            return sa.create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
            )
        case other:
            raise StoreError(f"a store in {other} is not supported, only sqlite:///FILE and postgresql://…")


def _sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise StoreError("a store in memory cannot be shared by processes; give sqlite:///FILE")
    engine = sa.create_engine(url.set(drivername="sqlite+pysqlite"))
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # the driver's own transactions begin only at the first change, so a report would read several states
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that will write. On SQLite it waits for its turn at once: who has read cannot wait any more."""
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        yield connection


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads one state of the store, whatever is written meanwhile."""
    # SQLite reads one in every transaction, PostgreSQL when asked to
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(_FEW_ROWS)
        yield connection


def take_turn(connection: sa.Connection, *, alone: bool) -> None:
    """Until this transaction ends: beside all who count by minute, or `alone` while none of them does.

    On SQLite whoever writes is alone anyhow.
    """
    if connection.dialect.name == "postgresql":
        kind = "" if alone else "_shared"
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{kind}({_COUNTING_LOCK})")


@contextmanager
def storing(what: str) -> Iterator[None]:
    """Turn what the database says into a StoreError: `what` (a verb phrase), and its first line."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        said = str(cause).strip() or type(cause).__name__
        raise StoreError(f"cannot {what}: {said.splitlines()[0]}") from error


def create_tables(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Make the tables that are not there yet, and the columns that a later version added; two processes may at once.

    A column added to a table of an earlier version must be nullable: rows that are there have nothing in it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    # a table and its indices are made in one transaction; those of a table that is there are not touched, for
    # even `IF NOT EXISTS` would wait for its writers
    there = _columns(connection, metadata)
    for table in metadata.sorted_tables:
        if table.name in there:
            for column in _missing(table, there):
                kind = column.type.compile(connection.dialect)
                quoted = connection.dialect.identifier_preparer.quote(column.name)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {quoted} {kind}")
            continue
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))


def complete_tables(engine: sa.Engine, metadata: sa.MetaData) -> None:
    """What `create_tables` does, for who only reads: a store that has everything is not written to."""
    with engine.connect() as connection:
        there = _columns(connection, metadata)
    if any(table.name not in there or _missing(table, there) for table in metadata.sorted_tables):
        with writing(engine) as connection:
            create_tables(connection, metadata)


def _columns(connection: sa.Connection, metadata: sa.MetaData) -> dict[str, set[str]]:
    """The names of the columns of each of these tables that is there."""
    found = sa.inspect(connection).get_multi_columns(filter_names=list(metadata.tables))
    return {name: {column["name"] for column in columns} for (_, name), columns in found.items()}


def _missing(table: sa.Table, there: dict[str, set[str]]) -> list[sa.Column[Any]]:
    return [column for column in table.columns if column.name not in there[table.name]]


def insert_into(table: sa.Table, dialect: str) -> "sqlite.Insert | postgresql.Insert":
    """An insert that can say what to do where the row is there already, for SQLite or PostgreSQL by its name."""
    # either is imported where it is asked for: the other one's drivers are a tenth of the start of a command
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: list[dict[str, Any]],
    *,
    add: tuple[str, ...] = (),
    **keep: str,
) -> None:
    """Insert rows; where the primary key is there already, add to the columns in `add`.

    `keep` says what becomes of others: column = `min`, `max` or `new`. A key must not come twice in `rows`.
    """
    if rows:
        connection.execute(_upsert(table, connection.dialect.name, add, tuple(keep.items())), rows)


@cache
def _upsert(
    table: sa.Table, dialect: str, add: tuple[str, ...], keep: tuple[tuple[str, str], ...]
) -> sa.Insert:
    """To build a statement takes longer than to run it, and a worker needs few of them again and again."""
    statement = insert_into(table, dialect)
    new = statement.excluded
    changed: dict[str, Any] = {column: _summand(table.c[column]) + new[column] for column in add}
    for column, how in keep:
        changed[column] = _kept(table.c[column], new[column], how)
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed)


def _summand(old: sa.Column[Any]) -> sa.ColumnElement[Any]:
    # a column that a later version added has nothing in the rows of before
    return sa.func.coalesce(old, 0) if old.nullable else old


def _kept(old: Any, new: Any, how: str) -> Any:
    if how == "new":
        return new
    larger = old > new if how == "max" else old < new
    return sa.case((larger, old), else_=new)
