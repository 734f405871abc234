"""Histories of what was counted by minute, and the store as it would be read without stretches."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from parity.database import create_tables, writing
from parity.stretches import count_in, counted_since, kept_stretches
from parity.tables import (
    BY_MINUTE,
    CELL_COUNTS,
    CELLS,
    COUNTS,
    ENDPOINTS,
    FLEETING,
    GROUP_COUNTS,
    GROUPS,
    METADATA,
    PAIRS,
    STRETCHES,
)
from tests.parity.factories import DETAIL, LIST

NAMES = (LIST, DETAIL)
DAY = 1_440


def prepare(engine: sa.Engine) -> None:
    """A store with nothing but the endpoints, cells and groups that `count` counts of."""
    group = {
        "domain": "escrows", "path": "$.n", "kind": "value", "accepted_by": "", "owner": "", "expires": "",
        "first_seen_at": 0.0, "last_seen_at": 9e9,
    }  # fmt: skip
    cell = {"status_class": "2xx", "query": "", "last_seen_at": 9e9}
    with writing(engine) as connection:
        create_tables(connection, METADATA)
        for table in METADATA.sorted_tables:
            connection.execute(sa.delete(table))
        connection.execute(sa.insert(ENDPOINTS), [{"endpoint": one, "domain": "escrows"} for one in NAMES])
        connection.execute(sa.insert(CELLS), [{"id": one[-3:], "endpoint": one, **cell} for one in NAMES])
        connection.execute(sa.insert(GROUPS), [{"id": one[-3:], "endpoint": one, **group} for one in NAMES])


def count(engine: sa.Engine, minute: int, n: int = 3, *, mismatches: int = 0) -> None:
    """Count so many reads of each endpoint in a minute in which nothing was counted yet, as a batch does."""
    with writing(engine) as connection:
        count_in(connection, minute)
        for table, rows in _rows(minute, n, mismatches).items():
            connection.execute(sa.insert(table), rows)


def _rows(minute: int, n: int, mismatches: int) -> dict[sa.Table, list[dict[str, Any]]]:
    found: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in BY_MINUTE}
    log = 0.25 * (minute % 7)  # such sums are exact in any order
    for name in NAMES:
        names = {"requests": n, "mirrored": n, "match": n - mismatches, "mismatch": mismatches}
        found[COUNTS] += [
            {"minute": minute, "endpoint": name, "name": word, "reason": "", "n": times}
            for word, times in names.items()
        ]
        sums: dict[str, float] = dict.fromkeys((one.name for one in PAIRS.c if not one.primary_key), n)
        sums |= {"logs": n * log, "squared_logs": n * log * log, "squared_modern": 2 * n}
        found[PAIRS].append({"minute": minute, "endpoint": name, **sums})
        found[CELL_COUNTS].append({"minute": minute, "cell_id": name[-3:], "n": n})
        if mismatches:
            group = {"group_id": name[-3:], "n": mismatches, "checks": None if minute % 2 else 1}
            found[GROUP_COUNTS].append({"minute": minute, **group})
        path = {"id": name[-3:], "endpoint": name, "path": "$.n", "kind": "value"}
        times = {"first_seen_at": minute * 60.0, "last_seen_at": minute * 60.0 + n}
        found[FLEETING].append({"minute": minute, **path, "n": 1, **times})
    return {table: rows for table, rows in found.items() if rows}


def added_up(engine: sa.Engine, minute: int) -> dict[str, Any]:
    """What comes of each table from that minute on."""
    with engine.connect() as connection:
        kept = kept_stretches(connection)
        return {
            table.name: _sums(connection, table, counted_since(table, minute, kept)) for table in BY_MINUTE
        }


def _sums(connection: sa.Connection, table: sa.Table, rows: sa.Subquery) -> list[tuple[Any, ...]]:
    keys = [rows.c[one.name] for one in table.primary_key if one.name != "minute"]
    others = [rows.c[one.name] for one in table.c if not one.primary_key]
    found = connection.execute(
        sa.select(*keys, *(_added(one) for one in others)).group_by(*keys).order_by(*keys)
    )
    return [tuple(row) for row in found]


def _added(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if column.name == "first_seen_at" or isinstance(column.type, sa.String):
        return sa.func.min(column)
    return (sa.func.max if column.name == "last_seen_at" else sa.func.sum)(column)


def kept(engine: sa.Engine) -> dict[int, tuple[int, int]]:
    """From where to where there are stretches of each length."""
    with engine.connect() as connection:
        return {one.length: (one.since, one.until) for one in kept_stretches(connection)}


@contextmanager
def without_stretches(engine: sa.Engine) -> Iterator[None]:
    """Every minute is read; what was added up is as before afterwards."""
    with writing(engine) as connection:
        before = [dict(row) for row in connection.execute(sa.select(STRETCHES)).mappings()]
        connection.execute(sa.delete(STRETCHES))
    yield
    if before:
        with writing(engine) as connection:
            connection.execute(sa.insert(STRETCHES), before)
