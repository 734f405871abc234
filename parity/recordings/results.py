"""What the comparisons of a replay or of two recordings came to, as the report that everybody knows.

Only redacted values are held, and of each group only so many: memory does not grow with the recording.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from parity.exchange import Exchange
from parity.outcome import Comparison, Outcome
from parity.redact import Redactor
from parity.report import EndpointRow, GroupRow, Report, Sample
from parity.samples import Finding, Group, findings, within
from parity.store import Limits
from parity.tally import Balance, Costs, tally_of


@dataclass(frozen=True, slots=True)
class Judged:
    """One comparison as it may be stored: everything in it is redacted."""

    endpoint: str
    domain: str
    outcome: Outcome
    reason: str = ""
    at: float = 0.0
    durations_s: tuple[float, float] | None = None
    queries: tuple[int, int] | None = None
    found: tuple[tuple[Group, Mapping[str, Any]], ...] = ()

    @classmethod
    def of(cls, exchange: Exchange, comparison: Comparison, redactor: Redactor, limits: Limits) -> "Judged":
        """The comparison of an exchange, redacted."""
        finding = findings(
            redactor, [(exchange, comparison)], max_characters=limits.sample_characters, latest=1
        )
        legacy, modern = exchange.legacy, exchange.modern
        answered = exchange.is_answered
        counted = legacy.query_count is not None and modern.query_count is not None
        return cls(
            endpoint=exchange.endpoint,
            domain=exchange.domain,
            outcome=comparison.outcome,
            reason=redactor.reason(comparison.reason),
            at=exchange.at,
            durations_s=(legacy.duration_s, modern.duration_s) if answered else None,
            queries=(legacy.query_count or 0, modern.query_count or 0) if answered and counted else None,
            found=tuple(
                (group, sample) for one in finding for group, sample in one.samples.items() if sample
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """JSON values, of which `judged_of` makes it again."""
        row: dict[str, Any] = {
            "endpoint": self.endpoint,
            "domain": self.domain,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "at": self.at,
            "durations_s": self.durations_s,
            "queries": self.queries,
            "found": [[asdict(group), sample] for group, sample in self.found],
        }
        return {key: value for key, value in row.items() if value not in ("", None, [])}


def judged_of(row: Mapping[str, Any]) -> Judged:
    """What `Judged.to_json` has written; raises KeyError, TypeError or ValueError for anything else."""
    return Judged(
        endpoint=row.get("endpoint", ""),
        domain=row.get("domain", ""),
        outcome=Outcome(row["outcome"]),
        reason=row.get("reason", ""),
        at=row.get("at", 0.0),
        durations_s=tuple(row["durations_s"]) if "durations_s" in row else None,
        queries=tuple(row["queries"]) if "queries" in row else None,
        found=tuple((Group(**group), sample) for group, sample in row.get("found", ())),
    )


@dataclass(slots=True)
class _Endpoint:
    """What was counted at one endpoint."""

    domain: str
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    costs: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Seen:
    """One group with its newest samples."""

    group: Group
    n: int
    first_at: float
    last_at: float
    samples: tuple[Sample, ...] = ()


class Results:
    """Adds comparisons up; every line of a recording is added once."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._endpoints: dict[str, _Endpoint] = {}
        self._groups: dict[str, _Seen] = {}
        self._known: dict[str, set[str]] = {}

    def add(self, judged: Judged) -> None:
        """Count one line."""
        row = self._endpoints.setdefault(judged.endpoint, _Endpoint(judged.domain))
        row.counted.update([("requests", ""), ("mirrored", ""), (judged.outcome.value, judged.reason)])
        if judged.durations_s is not None:
            row.costs.update(n=1, legacy_s=judged.durations_s[0], modern_s=judged.durations_s[1])  # type: ignore[call-overload]  # a Counter adds floats too
        if judged.queries is not None:
            row.costs.update(query_n=1, legacy_queries=judged.queries[0], modern_queries=judged.queries[1])
        if not judged.found:
            return
        self._known.setdefault(judged.endpoint, set())
        finding = Finding("", "", {group: dict(sample) for group, sample in judged.found})
        bounded = within(finding, self._known, self.limits.groups_per_endpoint)
        for group, sample in bounded.samples.items():
            seen = self._groups.setdefault(group.id, _Seen(group, 0, judged.at, judged.at))
            seen.n += 1
            seen.last_at = max(seen.last_at, judged.at)
            if sample is not None:
                seen.samples = (Sample(**sample), *seen.samples)[: self.limits.samples_per_group]

    @property
    def total(self) -> int:
        """How many lines were added."""
        return sum(row.counted["requests", ""] for row in self._endpoints.values())

    def report(self, *, now: float | None = None) -> Report:
        """The report; each line counts as one mirrored request with one outcome."""
        rows = tuple(
            EndpointRow(name, row.domain, tally_of(_counts([row])), _costs(row.costs))
            for name, row in sorted(self._endpoints.items(), key=lambda item: item[0].partition(" ")[::-1])
        )
        tally = tally_of(_counts(self._endpoints.values()))
        compared = {row.endpoint: row.tally.compared for row in rows}
        groups = [
            GroupRow(
                **asdict(seen.group),
                id=seen.group.id,
                first_seen_at=seen.first_at,
                last_seen_at=seen.last_at,
                n=seen.n,
                share=seen.n / (compared[seen.group.endpoint] or 1),
                samples=seen.samples,
            )
            for seen in self._groups.values()
        ]
        groups.sort(key=lambda one: (bool(one.accepted_by), -one.n, one.endpoint, one.path, one.kind))
        at = time.time() if now is None else now
        books = Balance(tally.mirrored, tally.total)
        return Report(at, None, None, tally, books, rows, tuple(groups))


def _counts(rows: Iterable[_Endpoint]) -> list[tuple[str, str, int]]:
    return [(name, reason, n) for row in rows for (name, reason), n in row.counted.items()]


def _costs(sums: Mapping[str, float]) -> Costs:
    n, query_n = int(sums["n"]), int(sums["query_n"])
    answered, said = max(n, 1), max(query_n, 1)
    return Costs(
        n,
        sums["legacy_s"] / answered,
        sums["modern_s"] / answered,
        query_n,
        sums["legacy_queries"] / said,
        sums["modern_queries"] / said,
    )
