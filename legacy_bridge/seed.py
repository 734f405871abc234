"""The seeded state of the reference database: creates the schema where there is none, then loads a seed directory.

A reset is one transaction, also while backends run: it waits for the requests in flight and yields to them.
"""

import json
import re
import time
from collections.abc import Callable
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from legacy_bridge.errors import DatabaseError, SeedError

TABLES = (
    *("brokers", "teams", "users", "broker_users", "user_permissions", "api_keys", "user_profiles"),
    *(
        "user_settings",
        "contact_roles",
        "contacts",
        "contact_role_assignments",
        "clients",
        "leads",
        "listings",
    ),
    *("listing_price_history", "listing_showings", "escrows", "appointments", "data_access_control"),
    "broker_notification_settings",
)
"""The tables of a seed, in the order in which their foreign keys allow to load them."""

FIRST_NUMERIC_ID = 1000
_CONNECT_TIMEOUT_S = 5
_PATIENCE_S = 15.0
# Shorter than PostgreSQL's deadlock_timeout (1 s), so that in a deadlock it is always the reset that yields.
_LOCK_TIMEOUT_MS = 300
_RESET_LOCK = 0x5EED

Rows = list[dict[str, Any]]


def reset(database_url: str, seed: Path, progress: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Put the database in the state of the seed; returns the rows loaded per table.

    Raises SeedError when `seed` is not a seed, DatabaseError when the database refuses. Nothing is changed then.
    """
    tables = _read(seed)
    deadline = time.monotonic() + _PATIENCE_S
    try:
        with psycopg.connect(database_url, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
            while True:
                try:
                    with connection.transaction():
                        return _load(connection, tables, progress)
                except psycopg.errors.LockNotAvailable:
                    progress("waiting for requests in flight ...")
                    if time.monotonic() > deadline:
                        raise
    except psycopg.errors.LockNotAvailable as error:
        raise DatabaseError(
            f"the tables stayed in use for {_PATIENCE_S:.0f} s; nothing was changed"
        ) from error
    except psycopg.Error as error:
        raise DatabaseError(f"the database refuses: {first_line(error)}; nothing was changed") from error


def first_line(error: Exception) -> str:
    """The first line of a database error; the others are position marks and hints."""
    return (str(error).splitlines() or [type(error).__name__])[0].strip()


def _read(seed: Path) -> dict[str, Rows]:
    """The rows of every table; everything that is wrong is said at once."""
    if not seed.is_dir():
        raise SeedError(f"{seed} is not a seed: it is not a directory")
    missing = [f"{table}.json" for table in TABLES if not (seed / f"{table}.json").is_file()]
    if missing:
        raise SeedError(f"{seed} is not a seed: it lacks {', '.join(missing)}")
    tables: dict[str, Rows] = {}
    broken: list[str] = []
    for table in TABLES:
        try:
            rows = json.loads((seed / f"{table}.json").read_text())
        except (ValueError, OSError) as error:
            broken.append(f"{table}.json is not JSON ({error})")
            continue
        if isinstance(rows, list) and all(isinstance(row, dict) and row for row in rows):
            tables[table] = rows
        else:
            broken.append(f"{table}.json is not a list of rows")
    if broken:
        raise SeedError(f"{seed} is not a seed: {'; '.join(broken)}")
    return tables


def _load(
    connection: psycopg.Connection[Any], tables: dict[str, Rows], progress: Callable[[str], None]
) -> dict[str, int]:
    connection.execute("SELECT set_config('lock_timeout', %s, true)", [f"{_LOCK_TIMEOUT_MS}ms"])
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_RESET_LOCK])
    _empty_tables(connection, progress)
    for table in TABLES:
        progress(f"loading {table}: {len(tables[table])} rows")
        _insert(connection, table, tables[table])
    connection.execute("SELECT setval('escrows_numeric_id_seq', %s, false)", [FIRST_NUMERIC_ID])
    return {table: len(tables[table]) for table in TABLES}


def _empty_tables(connection: psycopg.Connection[Any], progress: Callable[[str], None]) -> None:
    schema = resources.files("legacy_bridge").joinpath("schema.sql").read_text()
    declared = re.findall(r"^CREATE TABLE (\w+)", schema, re.MULTILINE)
    found = connection.execute(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL", [declared]
    )
    existing = {name for (name,) in found}
    if not existing:
        progress("creating the schema")
        connection.execute(schema)
        return
    if absent := [name for name in declared if name not in existing]:
        raise psycopg.ProgrammingError(f"it holds a part of the schema only, without {', '.join(absent)}")
    # Children first: a request that writes an escrow then needs its user, never the other way round.
    names = sql.SQL(", ").join(sql.Identifier(name) for name in reversed(declared))
    connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names))


def _insert(connection: psycopg.Connection[Any], table: str, rows: Rows) -> None:
    """Insert with the columns that the rows name, so that the others keep their defaults and generated values."""
    for columns, alike in groupby(rows, key=tuple):
        names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
        statement = sql.SQL(
            "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s)"
        )
        connection.execute(statement.format(table=sql.Identifier(table), names=names), [Jsonb(list(alike))])
