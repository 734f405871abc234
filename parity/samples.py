"""What the store keeps of differences: rows of groups and of redacted samples, made before any transaction."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from parity.exchange import Exchange
from parity.outcome import ABSENT, Comparison, Difference
from parity.redact import Redactor
from parity.value_shapes import shape_text

OTHER_PATHS = "**"
"""The path of the group that takes what is over the bound of groups of one endpoint."""

_METHOD = re.compile(r"[A-Z]{1,10}\Z")


@dataclass(frozen=True, slots=True)
class Group:
    """Differences by endpoint, folded path, kind and what accepts them."""

    endpoint: str
    domain: str
    path: str
    kind: str
    accepted_by: str = ""
    owner: str = ""
    expires: str = ""

    @property
    def id(self) -> str:
        """The same for the same group in every process and run."""
        parts = (self.endpoint, self.path, self.kind, self.accepted_by)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:12]

    def overflowing(self) -> "Group":
        """The group that takes this one's place when its endpoint has too many."""
        return replace(self, path=OTHER_PATHS)


Finding = dict[Group, dict[str, Any]]
"""The groups that one exchange belongs to, with its sample row for each (without the group's id)."""


def findings(
    redactor: Redactor, judged: Iterable[tuple[Exchange, Comparison]], *, max_characters: int
) -> list[Finding]:
    """One finding for each exchange that has differences."""
    return [
        _finding(redactor, exchange, comparison, max_characters)
        for exchange, comparison in judged
        if comparison.differences
    ]


def _finding(redactor: Redactor, exchange: Exchange, comparison: Comparison, max_characters: int) -> Finding:
    found: Finding = {}
    for difference in comparison.differences:
        group = _group(exchange, difference)
        if group not in found:
            found[group] = _sample(redactor, exchange, difference, max_characters)
    return found


def _group(exchange: Exchange, difference: Difference) -> Group:
    acceptance = difference.acceptance
    return Group(
        endpoint=exchange.endpoint,
        domain=exchange.domain,
        path=difference.folded,
        kind=difference.kind.value,
        accepted_by=difference.accepted_by,
        owner=acceptance.owner if acceptance else "",
        expires=acceptance.expires.isoformat() if acceptance else "",
    )


def _sample(
    redactor: Redactor, exchange: Exchange, difference: Difference, max_characters: int
) -> dict[str, Any]:
    legacy, modern = redactor.sides(difference)
    return {
        "exchange": redactor.identifier(exchange.id),
        "at": exchange.at,
        "target": redactor.target(exchange.target, exchange.endpoint)[:max_characters],
        "stage": redactor.reason(exchange.stage),
        "authoritative": exchange.authoritative.value,
        "legacy_status": exchange.legacy.status,
        "modern_status": exchange.modern.status,
        "path": redactor.path(difference.steps)[:max_characters],
        "legacy": _written(legacy, max_characters),
        "modern": _written(modern, max_characters),
        "method": exchange.method if _METHOD.match(exchange.method) else "",
        "client": redactor.identifier(exchange.client),
        "legacy_shape": shape_text(difference.legacy),
        "modern_shape": shape_text(difference.modern),
    }


def _written(value: Any, max_characters: int) -> str | None:
    if value is ABSENT:
        return None
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= max_characters else text[:max_characters] + "…"


def within(finding: Finding, known: Mapping[str, set[str]], max_groups: int) -> Finding:
    """The finding with groups over the bound of their endpoint replaced; `known` has the ids of each endpoint."""
    bounded: Finding = {}
    for group, sample in finding.items():
        ids = known[group.endpoint]
        taken = group if group.id in ids or len(ids) < max_groups else group.overflowing()
        ids.add(taken.id)
        bounded.setdefault(taken, sample)
    return bounded
