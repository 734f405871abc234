"""What the store keeps for verdicts beside the counts: the cells that were compared, and the paired costs."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from parity.counted import Reading
from parity.coverage import Cell, cells_of, within
from parity.database import upsert
from parity.exchange import Exchange
from parity.outcome import Comparison, Outcome
from parity.ratios import CountSums, LogSums
from parity.tables import CELL_COUNTS, CELLS, PAIRS

DECIDED = frozenset({Outcome.MATCH, Outcome.ACCEPTED, Outcome.MISMATCH})
"""The outcomes that say whether the backends agree; one that is transient says it of neither."""
MAX_CELLS = 50
"""Cells of one endpoint; what is beyond goes into one more for each status class."""

_LEAST_S = 1e-6  # the clock's grain: a duration of zero has no logarithm
_PAIR_COLUMNS = tuple(column.name for column in PAIRS.c if not column.primary_key)

_Judged = tuple[Exchange, Comparison]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was kept from some minute on, and how many of it are of the last `recent_s` seconds."""

    cells: dict[Cell, int] = field(default_factory=dict)
    durations: dict[str, LogSums] = field(default_factory=dict)
    queries: dict[str, CountSums] = field(default_factory=dict)
    recent: dict[str, int] = field(default_factory=dict)
    recent_s: float = 0.0


def add_evidence(
    connection: sa.Connection,
    judged: Sequence[_Judged],
    minute: int,
    at: float,
    *,
    max_cells: int = MAX_CELLS,
) -> None:
    """Add what one batch came to, in its transaction."""
    decided = [one for one in judged if one[1].outcome in DECIDED]
    answered: dict[str, list[Exchange]] = {}
    for exchange, _ in judged:
        # the reads of a write check tell nothing of what the write costs, nor does one that is not committed
        if exchange.is_answered and not exchange.check:
            answered.setdefault(exchange.endpoint, []).append(exchange)
    rows = [
        {"minute": minute, "endpoint": endpoint, **_pair_row(exchanges)}
        for endpoint, exchanges in sorted(answered.items())
    ]
    upsert(connection, PAIRS, rows, add=_PAIR_COLUMNS)
    _add_cells(connection, cells_of(decided), minute, at, max_cells)


def _pair_row(exchanges: Sequence[Exchange]) -> dict[str, float]:
    logs = [
        math.log(max(one.modern.duration_s, _LEAST_S) / max(one.legacy.duration_s, _LEAST_S))
        for one in exchanges
    ]
    counts = [
        (one.legacy.query_count, one.modern.query_count)
        for one in exchanges
        if one.legacy.query_count is not None and one.modern.query_count is not None
    ]
    return {
        "n": len(logs),
        "legacy_s": sum(one.legacy.duration_s for one in exchanges),
        "modern_s": sum(one.modern.duration_s for one in exchanges),
        "logs": sum(logs),
        "squared_logs": sum(log * log for log in logs),
        "query_n": len(counts),
        "legacy_queries": sum(legacy for legacy, _ in counts),
        "modern_queries": sum(modern for _, modern in counts),
        "squared_legacy": sum(legacy * legacy for legacy, _ in counts),
        "squared_modern": sum(modern * modern for _, modern in counts),
        "products": sum(legacy * modern for legacy, modern in counts),
    }


def _add_cells(
    connection: sa.Connection, seen: dict[Cell, int], minute: int, at: float, max_cells: int
) -> None:
    if not seen:
        return
    endpoints = {cell.endpoint for cell in seen}
    known: dict[str, set[str]] = {endpoint: set() for endpoint in endpoints}
    chosen = sa.select(CELLS.c.endpoint, CELLS.c.id).where(CELLS.c.endpoint.in_(endpoints))
    for endpoint, cell_id in connection.execute(chosen):
        known[endpoint].add(cell_id)
    # always in one order, so that two workers cannot wait for each other's rows
    bounded = sorted(within(seen, known, max_cells).items(), key=lambda item: item[0].id)
    rows = [
        {
            "id": cell.id,
            "endpoint": cell.endpoint,
            "status_class": cell.status_class,
            "query": cell.query,
            "last_seen_at": at,
        }
        for cell, _ in bounded
    ]
    upsert(connection, CELLS, rows, last_seen_at="max")
    counts = [{"minute": minute, "cell_id": cell.id, "n": n} for cell, n in bounded]
    upsert(connection, CELL_COUNTS, counts, add=("n",))


def forget_evidence(connection: sa.Connection, oldest: float) -> None:
    """Forget what was seen before that time (Unix seconds, in whole minutes)."""
    minute = int(oldest // 60)
    connection.execute(sa.delete(PAIRS).where(PAIRS.c.minute < minute))
    connection.execute(sa.delete(CELL_COUNTS).where(CELL_COUNTS.c.minute < minute))
    connection.execute(sa.delete(CELLS).where(CELLS.c.last_seen_at < oldest))


def read_evidence(
    store: Reading, *, minute: int, now: float, names: Collection[str], recent_s: float = 3_600.0
) -> Evidence:
    """All of it from that minute (Unix time divided by 60) on, of the endpoints of these names."""
    since = max(minute, int((now - recent_s) // 60))
    recent: dict[str, int] = {}
    for cell, n in _cells(store, since, names).items():
        recent[cell.endpoint] = recent.get(cell.endpoint, 0) + n
    first = store.connection.execute(
        sa.select(sa.func.min(CELL_COUNTS.c.minute)).where(CELL_COUNTS.c.minute >= since)
    ).scalar()
    pairs = store.pairs(minute, names)
    return Evidence(
        _cells(store, minute, names),
        {name: one.durations for name, one in pairs.items()},
        {name: one.queries for name, one in pairs.items()},
        recent,
        0.0 if first is None else max(1.0, now - first * 60),
    )


def _cells(store: Reading, minute: int, names: Collection[str]) -> dict[Cell, int]:
    counted = store.since(CELL_COUNTS, minute)
    sums = (
        sa.select(counted.c.cell_id, sa.func.sum(counted.c.n).label("n"))
        .where(counted.c.cell_id.in_(sa.select(CELLS.c.id).where(CELLS.c.endpoint.in_(names))))
        .group_by(counted.c.cell_id)
        .subquery()
    )
    chosen = sa.select(CELLS.c.endpoint, CELLS.c.status_class, CELLS.c.query, sums.c.n).join(
        sums, sums.c.cell_id == CELLS.c.id
    )
    return {
        Cell(endpoint, status_class, query): int(seen)
        for endpoint, status_class, query, seen in store.connection.execute(chosen)
    }
