"""Rows of legacy's database by their primary keys: what a write left, read after its commit. PostgreSQL.

A few connections that can only read, a deadline for each write, and a pause when the database only fails: what cannot
be read costs a reason and no outcome.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
import structlog
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from parity.rehearsing import Found, Wanted
from parity.write_sets import NO_KEY
from proxy.breaker import Breaker

TIMEOUT, DOWN, REFUSED, BUSY = "database_timeout", "database_down", "database_refused", "database_busy"
"""Why rows could not be read: too slow, not there (or taken to be so for a while), an error, too many waiting."""
NO_TABLE, TOO_LARGE = "no_table", "row_too_large"
"""Why one was not: legacy has no table of that name, or the row is over the bound."""

_MAX_ROW_BYTES = 65_536
_TABLES_KEPT = 256
_TABLE_NAME = re.compile(r"[^.\0]+(\.[^.\0]+)?").fullmatch
_COLUMNS = sql.SQL(
    """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typname::text,
           array_position(i.indkey::int2[], a.attnum),
           a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) ~ '^(nextval|gen_random_uuid|uuid_generate)', false)
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
    WHERE a.attrelid = to_regclass((
        SELECT string_agg(quote_ident(part), '.' ORDER BY place)
        FROM unnest(%s::text[]) WITH ORDINALITY AS named (part, place)
    )) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
    """
)

_log = structlog.get_logger("proxy")

_Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class RowSettings:
    """Bounds of the way to legacy's database. All rows of one write must be read within `timeout_s`."""

    connections: int = 2
    waiting: int = 64
    timeout_s: float = 2.0
    failures: int = 3
    cool_down_s: float = 5.0


@dataclass(frozen=True, slots=True)
class _Table:
    """The columns of the primary key with their types as SQL writes them, the short names of all types, what is made."""

    key: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    made: frozenset[str] = frozenset()

    def found(self, row: dict[str, Any] | None, size: int = 0) -> Found:
        """A row of this table, or none."""
        return Found(row, self.types, self.made | self.key.keys(), size)


class LegacyRows:
    """Connects when the first row is asked for; the address is told to nobody. Raises psycopg.Error where it is none."""

    def __init__(self, url: str, settings: RowSettings | None = None) -> None:
        self._settings = settings or RowSettings()
        # a database that is away refuses by itself, and nothing here may wait longer than a write's check
        self._options: dict[str, Any] = {
            "autocommit": True,
            "row_factory": tuple_row,
            "connect_timeout": max(1, round(self._settings.timeout_s)),
            "application_name": "crossfade-write-checks",
            "options": " ".join(
                [
                    str(conninfo_to_dict(url).get("options") or ""),
                    "-c default_transaction_read_only=on",
                    f"-c statement_timeout={self._settings.timeout_s * 1000:.0f}",
                ]
            ),
        }
        self._url = url
        self._pool: AsyncConnectionPool[_Connection] | None = None
        self._tables: dict[str, _Table] = {}
        self._breaker = Breaker(self._settings.failures, self._settings.cool_down_s, _report)

    async def read(self, wanted: Sequence[Wanted]) -> list[Found | str]:
        """What is found for each, or the reason why it is not known; never an exception of the database."""
        if not wanted:
            return []
        if not self._breaker.admits():
            return [DOWN] * len(wanted)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                found = await self._read(wanted)
        except (psycopg.Error, TimeoutError, ValueError) as error:
            return [self._failed(error)] * len(wanted)
        self._breaker.succeeded()
        return found

    def _failed(self, error: Exception) -> str:
        """The reason; one for which the database is left alone for a while is noted."""
        match error:
            case TooManyRequests():
                return BUSY
            case TimeoutError() | PoolTimeout() | psycopg.errors.QueryCanceled():
                reason = TIMEOUT
            case psycopg.OperationalError():
                reason = DOWN
            case _:
                self._tables.clear()  # perhaps it has other columns by now
                self._breaker.succeeded()
                return REFUSED
        self._breaker.failed()
        return reason

    async def close(self) -> None:
        """Disconnect."""
        if self._pool is not None:
            await self._pool.close()

    async def _read(self, wanted: Sequence[Wanted]) -> list[Found | str]:
        found: list[Found | str] = [NO_TABLE] * len(wanted)
        pool = self._pool or await self._connect()
        async with pool.connection(timeout=self._settings.timeout_s) as connection:
            for name in dict.fromkeys(one.table for one in wanted):
                table = self._tables.get(name) or await self._describe(connection, name)
                if not table.types:
                    continue
                keys: dict[int, list[str]] = {}
                for place, one in enumerate(wanted):
                    if one.table == name:
                        key = _key_of(one, table)
                        found[place] = NO_KEY if key is None else table.found(None)
                        keys |= {} if key is None else {place: key}
                for place, text in await _rows(connection, name, table, keys):
                    row = None if text is None else json.loads(text, parse_float=Decimal)
                    found[place] = TOO_LARGE if row is None else table.found(row, len(text or ""))
        return found

    async def _connect(self) -> AsyncConnectionPool[_Connection]:
        # one that is not there refuses here, at once; the pool would try until its time is up
        first = await psycopg.AsyncConnection.connect(self._url, **self._options)
        await first.close()
        if self._pool is None:
            self._pool = AsyncConnectionPool(
                self._url,
                min_size=0,
                max_size=self._settings.connections,
                max_waiting=self._settings.waiting,
                reconnect_timeout=self._settings.timeout_s,
                check=AsyncConnectionPool.check_connection,
                kwargs=self._options,
                open=False,
            )
        await self._pool.open()
        return self._pool

    async def _describe(self, connection: _Connection, name: str) -> _Table:
        if not _TABLE_NAME(name):
            return _Table()
        cursor = await connection.execute(_COLUMNS, [name.split(".")])
        columns = await cursor.fetchall()
        keyed = sorted((place, column, kind) for column, kind, _, place, _ in columns if place is not None)
        table = _Table(
            {column: kind for _, column, kind in keyed},
            {column: name for column, _, name, _, _ in columns},
            frozenset(column for column, _, _, _, is_made in columns if is_made),
        )
        if table.types:
            if len(self._tables) >= _TABLES_KEPT:
                self._tables.clear()
            self._tables[name] = table
        return table


def _key_of(wanted: Wanted, table: _Table) -> list[str] | None:
    """The values in the order of legacy's key: by name where the row has them, for another order may be meant."""
    if not table.key or len(table.key) != len(wanted.key):
        return None
    row = wanted.row
    if len(wanted.key) == 1 or row is None or not table.key.keys() <= row.keys():
        return [str(part) for part in wanted.key]
    return [str(row[column]) for column in table.key]


async def _rows(
    connection: _Connection, name: str, table: _Table, keys: Mapping[int, Sequence[str]]
) -> list[tuple[int, str | None]]:
    """Place and row as JSON text, None where it is over the bound; the rows that are not there are left out."""
    if not keys:
        return []
    kinds = [
        sql.SQL("%s::{}").format(sql.SQL(kind)) for kind in table.key.values()
    ]  # the catalogue's own words
    values = sql.SQL(", ").join(
        sql.SQL("(%s::int4, {})").format(sql.SQL(", ").join(kinds)) for _ in range(len(keys))
    )
    names = [sql.Identifier("wanted", f"key{number}") for number in range(len(table.key))]
    same = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("found", column), key)
        for column, key in zip(table.key, names, strict=True)
    )
    columns = sql.SQL(", ").join(sql.Identifier(f"key{number}") for number in range(len(table.key)))
    statement = sql.SQL(
        """
        SELECT wanted.place, CASE WHEN octet_length(shown.text) <= %s THEN shown.text END
        FROM (VALUES {values}) AS wanted (place, {columns})
        JOIN {table} AS found ON {same}
        CROSS JOIN LATERAL (SELECT to_jsonb(found)::text AS text) AS shown
        """
    ).format(values=values, columns=columns, table=sql.Identifier(*name.split(".")), same=same)
    parameters = [part for place, key in keys.items() for part in (place, *key)]
    # the bound stands first in the text
    cursor = await connection.execute(statement, [_MAX_ROW_BYTES, *parameters])
    return await cursor.fetchall()


def _report(is_down: bool) -> None:  # noqa: FBT001  as `Breaker` calls it
    if is_down:
        _log.warning("legacy_rows_unread")
    else:
        _log.info("legacy_rows_read_again")
