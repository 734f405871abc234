"""What was asked for and is at no endpoint of the list: counted by method and folded path, for `endpoints learn`.

Off the live path: a proxy worker leaves method and target to a thread, which folds them and adds them to the store.
Everything is bounded: what waits, and how many rows there may be. No target is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from parity.database import complete_tables, storing, upsert, writing
from proxy.path_folding import Position, folded, read, thinned, written
from proxy.spool import Spool

MAX_ROWS = 500
"""Different methods and folded paths in the store; what comes beyond is counted under `OTHER`."""
OTHER = "*"
KEPT_S = 30 * 86_400
"""What was not asked for in so many seconds is forgotten."""
METADATA = sa.MetaData()
UNLISTED_PATHS = sa.Table(
    "proxy_unlisted_paths",
    METADATA,
    sa.Column("method", sa.String(20), primary_key=True),
    sa.Column("path", sa.String(300), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("first_seen_at", sa.Double, nullable=False),
    sa.Column("last_seen_at", sa.Double, nullable=False),
)
"""Answered requests that were at no endpoint, by what may be kept of them. Times are Unix seconds."""

CROWDED_POSITIONS = sa.Table(
    "proxy_crowded_positions",
    METADATA,
    sa.Column("before", sa.String(300), primary_key=True),
    sa.Column("length", sa.Integer, primary_key=True, autoincrement=False),
)
"""Places in paths at which there were too many words (`path_folding.py`)."""

_LOCK = 0x43524F54  # any constant of ours: workers that write at once take turns
_MAX_PATH = 300
_MAX_METHOD = 20


class Asked(msgspec.Struct, frozen=True, gc=False):
    """One request as the loop leaves it; `at` is in Unix seconds."""

    method: str
    target: str
    at: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One row of the store. `path` is folded, like `/v1/orders/{}`, or `*`: all that there was no room for."""

    method: str
    path: str
    n: int
    first_seen_at: float
    last_seen_at: float


class UnlistedPaths:
    """Takes requests on the loop, and writes them on a thread of its own."""

    def __init__(
        self,
        open_engine: Callable[[], sa.Engine],
        *,
        max_rows: int = MAX_ROWS,
        max_items: int = 200,
        max_bytes: int = 1_048_576,
        interval_s: float = 1.0,
    ) -> None:
        self._open_engine = open_engine
        self._engine: sa.Engine | None = None
        self._max_rows = max_rows
        self._max_items = self._wanted = max_items
        self.spool: Spool[Asked] = Spool(
            "unlisted_paths", self._write, max_items=2 * max_items, max_bytes=max_bytes, interval_s=interval_s
        )

    def put(self, method: str, target: str, status: int, at: float) -> None:
        """Take one request that was answered so, if it is wanted; never waits, never raises.

        What scanners try is no endpoint, nor what a browser asks before it asks. Of many a sample is enough: so many
        between two writes.
        """
        if 200 <= status < 400 and method != "OPTIONS" and self._wanted > 0:
            self._wanted -= 1
            self.spool.put(Asked(method, target, at), 100 + len(target))

    def end(self, timeout_s: float) -> None:
        """Write what waits, within that time."""
        self.spool.end(timeout_s)

    def _write(self, batch: Sequence[Asked]) -> int:
        if self._engine is None:
            self._engine = self._open_engine()
        try:
            add(self._engine, batch, max_rows=self._max_rows)
        finally:
            self._wanted = self._max_items
        return len(batch)


def add(engine: sa.Engine, batch: Sequence[Asked], *, max_rows: int = MAX_ROWS) -> None:
    """Add requests to the store in one transaction. Raises StoreError."""
    came: dict[tuple[str, str], Seen] = {}
    for one in batch:
        path = folded(one.target)
        text = OTHER if path is None else written(path)
        if len(text) > _MAX_PATH or len(one.method) > _MAX_METHOD or not one.method.isalpha():
            text = OTHER
        _add_to(came, Seen(one.method[:_MAX_METHOD], text, 1, one.at, one.at))
    with storing("keep what is at no endpoint"):
        complete_tables(engine, METADATA)
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            _merge(connection, came, max_rows)


def seen_paths(engine: sa.Engine, *, since: float = 0.0) -> list[Seen]:
    """What was last asked for after `since` (Unix seconds), the most frequent first. Raises StoreError."""
    with storing("read what is at no endpoint"):
        complete_tables(engine, METADATA)
        chosen = sa.select(UNLISTED_PATHS).where(UNLISTED_PATHS.c.last_seen_at >= since)
        with engine.connect() as connection:
            rows = [_seen(row) for row in connection.execute(chosen).mappings()]
    return sorted(rows, key=lambda one: (-one.n, one.path, one.method))


def _merge(connection: sa.Connection, came: dict[tuple[str, str], Seen], max_rows: int) -> None:
    now = max((one.last_seen_at for one in came.values()), default=0.0)
    connection.execute(sa.delete(UNLISTED_PATHS).where(UNLISTED_PATHS.c.last_seen_at < now - KEPT_S))
    there = {
        (str(row.method), str(row.path))
        for row in connection.execute(sa.select(UNLISTED_PATHS.c.method, UNLISTED_PATHS.c.path))
    }
    becomes = _thinned(connection, {*there, *came}, max_rows)
    merged: dict[tuple[str, str], Seen] = {}
    for method, path in sorted(key for key in there if becomes[key] != key):
        deleted = sa.delete(UNLISTED_PATHS).where(
            UNLISTED_PATHS.c.method == method, UNLISTED_PATHS.c.path == path
        )
        for row in connection.execute(deleted.returning(*UNLISTED_PATHS.c)).mappings():
            _add_to(merged, _moved(_seen(row), becomes[method, path]))
    for key, one in came.items():
        _add_to(merged, _moved(one, becomes[key]))
    occupied = {becomes[key] for key in there}
    rows: dict[tuple[str, str], Seen] = {}
    for key, one in merged.items():
        has_room = key in occupied or key[1] == OTHER or len(occupied) < max_rows
        if has_room:
            occupied.add(key)
        _add_to(rows, one if has_room else _moved(one, (one.method, OTHER)))
    ordered = [
        rows[key] for key in sorted(rows)
    ]  # always in one order: two workers never wait for each other's rows
    values = [{name: getattr(one, name) for name in UNLISTED_PATHS.c.keys()} for one in ordered]  # noqa: SIM118  columns, no dict
    upsert(connection, UNLISTED_PATHS, values, add=("n",), first_seen_at="min", last_seen_at="max")


def _thinned(
    connection: sa.Connection, keys: set[tuple[str, str]], max_positions: int
) -> dict[tuple[str, str], tuple[str, str]]:
    """What becomes of each method and path when crowded positions are taken for parameters."""
    known = {
        Position(read(row.before), int(row.length))
        for row in connection.execute(sa.select(CROWDED_POSITIONS))
    }
    if len(known) >= max_positions:  # whoever answers everything has no endpoints to be learned
        return {key: (key[0], OTHER) for key in keys}
    paths, crowded = thinned({read(path) for _, path in keys if path != OTHER}, known)
    new = [{"before": written(position.before), "length": position.length} for position in crowded - known]
    upsert(connection, CROWDED_POSITIONS, new, length="new")
    return {(m, path): (m, path if path == OTHER else written(paths[read(path)])) for m, path in keys}


def _add_to(rows: dict[tuple[str, str], Seen], one: Seen) -> None:
    key = (one.method, one.path)
    before = rows.get(key)
    if before is None:
        rows[key] = one
        return
    first, last = min(before.first_seen_at, one.first_seen_at), max(before.last_seen_at, one.last_seen_at)
    rows[key] = Seen(one.method, one.path, before.n + one.n, first, last)


def _moved(one: Seen, key: tuple[str, str]) -> Seen:
    return Seen(key[0], key[1], one.n, one.first_seen_at, one.last_seen_at)


def _seen(row: Any) -> Seen:
    return Seen(
        str(row["method"]),
        str(row["path"]),
        int(row["n"]),
        float(row["first_seen_at"]),
        float(row["last_seen_at"]),
    )
