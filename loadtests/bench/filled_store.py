"""A store as weeks of traffic leave it: every endpoint compared in every minute, written in seconds.

The first minutes are written row by row, the rest are these again and again, so that what is read of it is known.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from parity.coverage import Cell
from parity.database import create_tables, writing
from parity.exchange import Endpoint
from parity.tables import (
    CELL_COUNTS,
    CELLS,
    COUNTS,
    ENDPOINTS,
    FLEETING,
    GROUP_COUNTS,
    GROUP_MEMBERS,
    GROUPS,
    METADATA,
    PAIRS,
    SAMPLES,
)

PATTERN = 10
"""Minutes that are written row by row."""
REQUESTS = 30
"""Of each endpoint in a minute."""
_SHAPES = ("", "limit&page")
_ACCEPTED_EVERY = 3
"""Of so many endpoints one has a difference that is accepted."""
_FLEETING_EVERY = 25
_SAMPLES = 6

_Row = dict[str, Any]


def fill(engine: sa.Engine, endpoints: Sequence[Endpoint], *, first: int, hours: int) -> int:
    """Fill an empty store from that minute (Unix time divided by 60) on; says how many rows count by minute."""
    with writing(engine) as connection:
        create_tables(connection, METADATA)
        for table, rows in _once(endpoints, (first + hours * 60) * 60.0).items():
            connection.execute(sa.insert(table), rows)
        written = 0
        for table, rows in _pattern(endpoints, first).items():
            connection.execute(sa.insert(table), rows)
            _again(connection, table, first, hours * 60 // PATTERN)
            written += len(rows) * hours * 60 // PATTERN
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return written


def _again(connection: sa.Connection, table: sa.Table, first: int, times: int) -> None:
    """Doubles what is there until it is there so many times."""
    there = 1
    while there < times:
        more = min(there, times - there)
        moved = [
            (column + there * PATTERN).label("minute") if column.name == "minute" else column
            for column in table.c
        ]
        chosen = sa.select(*moved).where(table.c.minute < first + more * PATTERN)
        connection.execute(sa.insert(table).from_select([column.name for column in table.c], chosen))
        there += more


def _once(endpoints: Sequence[Endpoint], ended_at: float) -> dict[sa.Table, list[_Row]]:
    """What is not counted by minute."""
    groups = [_group(endpoint, ended_at) for endpoint in endpoints[::_ACCEPTED_EVERY]]
    return {
        ENDPOINTS: [{"endpoint": one.name, "domain": one.domain} for one in endpoints],
        CELLS: [
            {
                "id": cell.id,
                "endpoint": cell.endpoint,
                "status_class": cell.status_class,
                "query": cell.query,
                "last_seen_at": ended_at,
            }
            for cell in _cells(endpoints)
        ],
        GROUPS: groups,
        GROUP_MEMBERS: [{"group_id": one["id"], "exchanges": "[]", "clients": "[]"} for one in groups],
        SAMPLES: [_sample(one, number, ended_at) for one in groups for number in range(_SAMPLES)],
    }


def _cells(endpoints: Sequence[Endpoint]) -> Iterator[Cell]:
    for endpoint in endpoints:
        for shape in _SHAPES if endpoint.is_read else _SHAPES[:1]:
            yield Cell(endpoint.name, "2xx", shape)


def _group(endpoint: Endpoint, ended_at: float) -> _Row:
    return {
        "id": Cell(endpoint.name, "2xx").id,
        "endpoint": endpoint.name,
        "domain": endpoint.domain,
        "path": "$.items[*].price",
        "kind": "value",
        "accepted_by": "Q-01 prices are rounded",
        "owner": "crm-migration",
        "expires": "2027-06-30",
        "first_seen_at": 0.0,
        "last_seen_at": ended_at,
    }


def _sample(group: _Row, number: int, ended_at: float) -> _Row:
    return {
        "group_id": group["id"],
        "exchange": f"{number:08x}",
        "at": ended_at - number,
        "target": "/v1/list?limit=20&page=2",
        "stage": "shadow",
        "authoritative": "legacy",
        "legacy_status": 200,
        "modern_status": 200,
        "path": "$.items[0].price",
        "legacy": '"1.00"' * 100,
        "modern": '"1.0"' * 100,
        "is_first": number == 0,
    }


def _pattern(endpoints: Sequence[Endpoint], first: int) -> dict[sa.Table, list[_Row]]:
    """All that is counted by minute."""
    chance = random.Random(1)
    found: dict[sa.Table, list[_Row]] = {
        table: [] for table in (COUNTS, PAIRS, CELL_COUNTS, GROUP_COUNTS, FLEETING)
    }
    for minute in range(first, first + PATTERN):
        for number, endpoint in enumerate(endpoints):
            accepted = REQUESTS // 3 if number % _ACCEPTED_EVERY == 0 else 0
            found[COUNTS] += _counts(minute, endpoint, accepted)
            found[PAIRS].append(_pairs(minute, endpoint, chance))
            if accepted:
                group = {"group_id": Cell(endpoint.name, "2xx").id, "n": accepted, "checks": 0}
                found[GROUP_COUNTS].append({"minute": minute, **group})
            if number % _FLEETING_EVERY == 0 and minute == first:
                found[FLEETING].append(_fleeting(minute, endpoint))
        cells = list(_cells(endpoints))
        found[CELL_COUNTS] += [{"minute": minute, "cell_id": one.id, "n": REQUESTS // 2} for one in cells]
    return found


def _counts(minute: int, endpoint: Endpoint, accepted: int) -> Iterator[_Row]:
    outcomes = (("requests", "legacy", REQUESTS), ("mirrored", "", REQUESTS))
    decided = (("match", "", REQUESTS - accepted), ("accepted", "", accepted))
    for name, reason, n in (*outcomes, *decided):
        if n:
            yield {"minute": minute, "endpoint": endpoint.name, "name": name, "reason": reason, "n": n}


def _pairs(minute: int, endpoint: Endpoint, chance: random.Random) -> _Row:
    log = chance.gauss(-0.1, 0.05)
    return {
        "minute": minute,
        "endpoint": endpoint.name,
        "n": REQUESTS,
        "legacy_s": REQUESTS * 0.01,
        "modern_s": REQUESTS * 0.009,
        "logs": REQUESTS * log,
        "squared_logs": REQUESTS * (log * log + 0.01),
        "query_n": REQUESTS,
        "legacy_queries": 4 * REQUESTS,
        "modern_queries": 2 * REQUESTS,
        "squared_legacy": 16 * REQUESTS,
        "squared_modern": 5 * REQUESTS,
        "products": 8 * REQUESTS,
    }


def _fleeting(minute: int, endpoint: Endpoint) -> _Row:
    return {
        "minute": minute,
        "id": Cell(endpoint.name, "2xx").id,
        "endpoint": endpoint.name,
        "path": "$.items[*].status",
        "kind": "value",
        "n": 1,
        "first_seen_at": minute * 60.0,
        "last_seen_at": minute * 60.0 + 59,
    }
