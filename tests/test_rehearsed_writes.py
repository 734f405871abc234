"""Rehearsals of every write of `ROUTES`: they answer like the write, tell which rows it writes, and leave nothing behind."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from domains.routes import ROUTES
from domains.shared.caching import CacheSettings
from domains.shared.house import GoogleIdentity
from tests.domains.recording import Ear
from tests.domains.requests import MANY, Asked, asked_of, prepare, renew, tables_of
from tests.domains.support import Modern, Reply, serving, signed

WRITES = [(route, asked) for route, asked in asked_of(ROUTES) if asked.method != "GET"]
READS = [
    asked
    for route, asked in asked_of(ROUTES)
    if asked.method == "GET" and route.cached and "export" not in route.path
]
CASCADES = {
    "listings": {"listing_price_history", "listing_showings", "appointments"},
    "clients": {"appointments"},
    "contacts": {"contact_role_assignments"},
}
"""Table → those whose rows the database itself changes when a row of it goes; no statement names them."""
_KEY = re.compile(r"\(([^,]+),")

Rows = dict[tuple[str, str], str]
"""Table and key → the row as text."""


class Google:
    """A Google that knows somebody."""

    async def identify(self, id_token: str) -> GoogleIdentity | None:
        """Somebody new."""
        return GoogleIdentity("g-1", f"{id_token}@example.test")


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def prepared(seeded_database: str, contract: Path, ear: Ear) -> AsyncIterator[Modern]:
    """Modern with a cache whose entries outlive the test."""
    cache = CacheSettings(ttl_s=3_600)
    async with serving(
        *(seeded_database, contract), cache=cache, rate_limits=MANY, google=Google(), event_sink=ear
    ) as running:
        prepare(running)
        yield running


async def send(modern: Modern, asked: Asked, *, rehearsed: bool) -> Reply:
    """The request, or a rehearsal of it as the proxy sends one."""
    raw = b"" if asked.body is None else json.dumps(asked.body).encode()
    headers = {"Content-Type": "application/json"}
    if rehearsed:
        headers |= signed(asked.target, method=asked.method, body=raw) | {"X-Crossfade-Shadow": "rehearse"}
    return await modern.send(asked.user, asked.method, asked.target, raw=raw, headers=headers)


def rows_of(modern: Modern) -> Rows:
    found = ((table, row, _KEY.match(row)) for table, rows in tables_of(modern).items() for row in rows)
    return {(table, key[1]): row for table, row, key in found if key is not None}


def written(before: Rows, after: Rows) -> dict[str, Any]:
    """What changed between two states: keys of what was there, and the tables of what is new."""
    gone = before.keys() - after.keys()
    along = {other for table, _ in gone for other in CASCADES.get(table, ())}
    kept = before.keys() & after.keys()
    return {
        "delete": sorted(key for key in gone if key[0] not in along),
        "update": sorted(key for key in kept if before[key] != after[key] and key[0] not in along),
        "insert": [table for table, _ in sorted(after.keys() - before.keys())],
    }


def told(write_set: Sequence[Mapping[str, Any]], before: Rows) -> dict[str, Any]:
    """The same, as a rehearsal tells it."""
    rows = [(row["op"], (row["table"], row["key"])) for row in write_set]
    there = [(op, key) for op, key in rows if key in before]
    return {
        "delete": sorted(key for op, key in there if op == "delete"),
        "update": sorted(key for op, key in there if op in {"update", "upsert"}),
        "insert": sorted(key[0] for op, key in rows if op in {"insert", "upsert"} and key not in before),
    }


async def test_a_rehearsal_of_every_write_leaves_nothing_behind(prepared: Modern, ear: Ear) -> None:
    for read in READS:
        await send(prepared, read, rehearsed=False)
    before = tables_of(prepared)

    replies = {asked.name: await send(prepared, asked, rehearsed=True) for _, asked in WRITES}

    again = {read.name: await send(prepared, read, rehearsed=False) for read in READS}
    assert {name: reply for name, reply in replies.items() if reply.status >= 300} == {}
    assert tables_of(prepared) == before
    assert ear.heard() == ()
    assert {
        name for name, reply in again.items() if "cache;desc=hit" not in reply.headers["Server-Timing"]
    } == set()


async def test_a_rehearsal_of_every_write_tells_the_rows_that_the_write_then_writes(
    prepared: Modern, ear: Ear
) -> None:
    rehearsed, real, statuses = {}, {}, {}

    for _, asked in WRITES:
        renew(prepared)
        before = rows_of(prepared)
        copy = await send(prepared, asked, rehearsed=True)
        reply = await send(prepared, asked, rehearsed=False)
        statuses[asked.name] = copy.status, reply.status
        rehearsed[asked.name] = told(json.loads(copy.headers["X-Write-Set"]), before)
        real[asked.name] = written(before, rows_of(prepared))

    assert {name for name, (copied, done) in statuses.items() if copied != done or done >= 300} == set()
    assert {name: (rehearsed[name], real[name]) for name in real if rehearsed[name] != real[name]} == {}
    assert len(ear.heard()) > 10
