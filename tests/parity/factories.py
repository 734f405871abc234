"""Valid exchanges and batches, of which a test overrides what it is about."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from parity.exchange import Backend, Batch, Count, Exchange, Observation
from parity.outcome import Acceptance, Comparison, Difference
from parity.paths import path_glob
from parity.rules import Compare, Rule, RuleBook
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


def batch(*exchanges: Exchange, counts: Iterable[Count] | None = None, **changes: Any) -> Batch:
    """A batch in which every exchange was a request and was mirrored."""
    counted = [Count(found.endpoint, name, "", 1) for found in exchanges for name in ("requests", "mirrored")]
    fields: dict[str, Any] = {
        "proxy": "proxy-1",
        "seq": 1,
        "exchanges": exchanges,
        "counts": tuple(counted if counts is None else counts),
        "in_flight": 0,
    }
    return Batch(**(fields | changes))


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


def by_shape(path: str, **changes: Any) -> Rule:
    """A rule that compares a path by shape, at every endpoint."""
    fields: dict[str, Any] = {"endpoint": "*", "path": path, "compare": Compare.SHAPE, "reason": "volatile"}
    return Rule(**(fields | changes))


def walked(legacy: Any, modern: Any, *shapes: str) -> list[Difference]:
    """What the walk finds, with some paths compared by shape."""
    rules = RuleBook(rules=tuple(by_shape(path) for path in shapes))
    return walk(legacy, modern, ("$",), rules.for_endpoint(LIST).compare_at)


def brief(differences: Iterable[Difference]) -> list[tuple[str, str]]:
    """Path and kind of each difference."""
    return [(difference.path, difference.kind.value) for difference in differences]


def takes(glob: str, *path: str | int) -> bool:
    """Whether a glob takes a path."""
    return path_glob(glob).matches(path)


def differing(comparison: Comparison) -> list[tuple[str, str]]:
    """Path and kind of each difference of a comparison."""
    return brief(comparison.differences)
