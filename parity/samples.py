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


@dataclass(frozen=True, slots=True)
class Finding:
    """One exchange that differs: its digest, its client's token, and the groups that it belongs to.

    `write` is the endpoint whose write it checks. Each group has the sample row of this exchange, without the group's id; None where it would not be kept.
    """

    exchange: str
    client: str
    samples: dict[Group, dict[str, Any] | None]
    write: str = ""


def findings(
    redactor: Redactor, judged: Iterable[tuple[Exchange, Comparison]], *, max_characters: int, latest: int
) -> list[Finding]:
    """One finding for each exchange that has differences; of each group the first and so many of the latest samples."""
    differing = [
        (exchange, _by_group(exchange, comparison))
        for exchange, comparison in judged
        if comparison.differences
    ]
    places: dict[Group, list[int]] = {}
    for place, (_, groups) in enumerate(differing):
        for group in groups:
            places.setdefault(group, []).append(place)
    # a flood of mismatches costs as many samples as are kept, not as many as come
    kept = {group: {found[0], *found[-latest:]} for group, found in places.items()}
    return [
        Finding(
            redactor.digest(f"{exchange.id}\0{exchange.at}"),
            redactor.identifier(exchange.client),
            {
                group: _sample(redactor, exchange, difference, max_characters)
                if place in kept[group]
                else None
                for group, difference in groups.items()
            },
            exchange.write,
        )
        for place, (exchange, groups) in enumerate(differing)
    ]


def _by_group(exchange: Exchange, comparison: Comparison) -> dict[Group, Difference]:
    """The first difference of each group."""
    found: dict[Group, Difference] = {}
    for difference in comparison.differences:
        found.setdefault(_group(exchange, difference), difference)
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
        "write_check": redactor.reason(exchange.check),
        "write": exchange.write,
    }


def _written(value: Any, max_characters: int) -> str | None:
    if value is ABSENT:
        return None
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= max_characters else text[:max_characters] + "…"


def within(finding: Finding, known: Mapping[str, set[str]], max_groups: int) -> Finding:
    """The finding with groups over the bound of their endpoint replaced; `known` has the ids of each endpoint."""
    bounded: dict[Group, dict[str, Any] | None] = {}
    for group, sample in finding.samples.items():
        ids = known[group.endpoint]
        taken = group if group.id in ids or len(ids) < max_groups else group.overflowing()
        ids.add(taken.id)
        if bounded.get(taken) is None:
            bounded[taken] = sample
    return replace(finding, samples=bounded)
