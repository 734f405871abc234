"""Valid exchanges and batches, of which a test overrides what it is about."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from parity.acceptances import accept
from parity.compare import compare
from parity.completing import Shed
from parity.database import complete_tables, writing
from parity.exchange import Backend, Batch, Capture, Count, Exchange, Observation
from parity.outcome import Acceptance, Comparison, Difference, Outcome
from parity.paths import path_glob
from parity.rules import Compare, Rule, RuleBook
from parity.store import ParityStore
from parity.tables import METADATA
from parity.walk import walk

TODAY = date(2026, 11, 23)
JSON = (("content-type", "application/json; charset=utf-8"),)
LIST = "GET /v1/escrows"
DETAIL = "GET /v1/escrows/{id}"


def observation(body: Any = None, **changes: Any) -> Observation:
    """An answer; a body that is not bytes is sent as JSON, and none at all is `{"id": 1}`."""
    given = {"id": 1} if body is None else body
    fields: dict[str, Any] = {
        "status": 200,
        "headers": JSON,
        "body": given if isinstance(given, bytes) else json.dumps(given).encode(),
        "duration_s": 0.01,
        "query_count": 4,
    }
    return Observation(**(fields | changes))


def exchange(legacy: Any = None, modern: Any = None, **changes: Any) -> Exchange:
    """An exchange; its sides are observations or bodies."""
    fields: dict[str, Any] = {
        "id": "5f0c2d9e-0000-4000-8000-000000000001",
        "endpoint": LIST,
        "domain": "escrows",
        "method": "GET",
        "target": "/v1/escrows",
        "client": "c0ffee",
        "stage": "shadow",
        "authoritative": Backend.LEGACY,
        "legacy": legacy if isinstance(legacy, Observation) else observation(legacy),
        "modern": modern if isinstance(modern, Observation) else observation(modern),
        "at": 1_795_000_000.0,
    }
    return Exchange(**(fields | changes))


def capture(found: Exchange | Shed, **changes: Any) -> Capture:
    """A capture that carries what it is to become, for `Carried`."""
    known = found if isinstance(found, Exchange) else exchange()
    fields: dict[str, Any] = {
        "id": known.id,
        "endpoint": known.endpoint,
        "domain": known.domain,
        "method": known.method,
        "target": known.target,
        "head": b"host: crm.example.test\r\n",
        "body": b"",
        "address": "jwt:1",
        "stage": known.stage,
        "authoritative": known.authoritative,
        "status": 200,
        "answer_head": type(found).__name__.encode(),
        "answer_body": msgspec.msgpack.encode(found),
        "duration_s": 0.01,
        "at": known.at,
        "mark": (0, 0),
    }
    return Capture(**(fields | changes))


def carried(one: Capture) -> Exchange | Shed:
    """What a capture of `capture` is to become."""
    if one.answer_head == b"Shed":
        return msgspec.msgpack.decode(one.answer_body, type=Shed)
    return msgspec.msgpack.decode(one.answer_body, type=Exchange)


class Carried:
    """A shadow that did what the captures carry; with a `gate` only once that is open."""

    def __init__(self, gate: asyncio.Event | None = None) -> None:
        self.gate = gate
        self.asked: list[str] = []
        self.released = 0

    async def complete(self, captures: Sequence[Capture]) -> list[Exchange | Shed]:
        """What they carry."""
        self.asked += [one.id for one in captures]
        if self.gate is not None:
            await self.gate.wait()
        return [carried(one) for one in captures]

    def release(self, completed: Sequence[Exchange | Shed]) -> None:
        """Count them."""
        self.released += len(completed)


async def until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Wait for a condition; fails with it when it does not come true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.005)


def batch(*exchanges: Exchange | Shed, counts: Iterable[Count] | None = None, **changes: Any) -> Batch:
    """A batch whose captures become these, in which every one was a request and was mirrored."""
    captures = tuple(capture(found) for found in exchanges)
    counted = [Count(found.endpoint, name, "", 1) for found in captures for name in ("requests", "mirrored")]
    fields: dict[str, Any] = {
        "proxy": "proxy-1",
        "seq": 1,
        "captures": captures,
        "counts": tuple(counted if counts is None else counts),
        "in_flight": 0,
    }
    return Batch(**(fields | changes))


def record(store: ParityStore, given: Batch, now: float, rules: RuleBook | None = None) -> bool:
    """Record a batch as the parity worker does, with what its captures carry."""
    completed = [carried(one) for one in given.captures]
    comparisons = [
        Comparison(Outcome.SHED, one.reason)
        if isinstance(one, Shed)
        else compare(one, rules or RuleBook(), today=TODAY)
        for one in completed
    ]
    return store.record(given, completed, comparisons, now=now)


def acceptance(path: str = "**", **changes: Any) -> Acceptance:
    """An acceptance that holds today."""
    fields: dict[str, Any] = {
        "endpoint": "*",
        "path": path,
        "reason": "items gain field",
        "quirk": "Q-16",
        "owner": "crm-migration",
        "expires": date(2027, 6, 30),
    }
    return Acceptance(**(fields | changes))


def accepted_in(engine: sa.Engine, *acceptances: Acceptance, at: float = 1_795_000_000.0) -> None:
    """Accept in a store as `crossfade parity accept` does."""
    complete_tables(engine, METADATA)
    with writing(engine) as connection:
        for one in acceptances:
            accept(connection, one, by="olivia", at=at)


def by_shape(path: str, **changes: Any) -> Rule:
    """A rule that compares a path by shape, at every endpoint."""
    fields: dict[str, Any] = {"endpoint": "*", "path": path, "compare": Compare.SHAPE, "reason": "volatile"}
    return Rule(**(fields | changes))


def walked(legacy: Any, modern: Any, *shapes: str) -> list[Difference]:
    """What the walk finds, with some paths compared by shape."""
    return ruled(legacy, modern, *(by_shape(path) for path in shapes))


def ruled(legacy: Any, modern: Any, *rules: Rule) -> list[Difference]:
    """What the walk finds under these rules."""
    return walk(legacy, modern, ("$",), RuleBook(rules=rules).for_endpoint(LIST).tree)


def brief(differences: Iterable[Difference]) -> list[tuple[str, str]]:
    """Path and kind of each difference."""
    return [(difference.path, difference.kind.value) for difference in differences]


def takes(glob: str, *path: str | int) -> bool:
    """Whether a glob takes a path."""
    return path_glob(glob).matches(path)


def differing(comparison: Comparison) -> list[tuple[str, str]]:
    """Path and kind of each difference of a comparison."""
    return brief(comparison.differences)
