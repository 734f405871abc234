"""What was counted of each domain since some minute, pooled over its endpoints, and minute by minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa

from parity.counted import Reading, reading
from parity.exchange import Endpoint
from parity.outcome import Outcome
from parity.ratios import CountSums, LogSums, Ratio
from parity.stretches import LENGTHS
from parity.tables import COUNTS, PAIRS
from parity.tally import COMPARED, Tally, tally_of

T = TypeVar("T")

MOST_POINTS = 360
"""Points of a timeline; a longer time is told in longer steps."""


@dataclass(frozen=True, slots=True)
class DomainFigures:
    """One domain: its tally, and modern by legacy in time and queries (None of fewer than ten pairs)."""

    tally: Tally = field(default_factory=Tally)
    latency: Ratio | None = None
    queries: Ratio | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Counts in steps of `step_s` from `begins` (Unix seconds, each the beginning of a step); ratios None without pairs."""

    step_s: int
    begins: tuple[int, ...]
    compared: tuple[int, ...]
    mismatches: tuple[int, ...]
    latency: tuple[float | None, ...]


class FigureReader:
    """Reads them; raises StoreError. A store without tables has counted nothing."""

    def __init__(self, engine: sa.Engine, endpoints: Sequence[Endpoint]) -> None:
        self._engine = engine
        self._endpoints = endpoints

    def by_domain(self, since: float) -> dict[str, DomainFigures]:
        """Of each domain, from the minute of `since` (Unix seconds) on."""
        minute = int(since // 60)
        with reading(self._engine) as store:
            if store is None:
                return {}
            domain_of = store.domains_of(self._endpoints)
            counted = _by(domain_of, store.counts(minute))
            pairs = _by(domain_of, {name: [one] for name, one in store.pairs(minute).items()})
        found = {}
        for domain in {*counted, *pairs}:
            durations = sum((one.durations for one in pairs.get(domain, ())), LogSums())
            queries = sum((one.queries for one in pairs.get(domain, ())), CountSums())
            found[domain] = DomainFigures(
                tally_of(counted.get(domain, ())), durations.ratio(), queries.ratio()
            )
        return found

    def timeline(self, domain: str, since: float, now: float) -> Timeline:
        """Of one domain, from the minute of `since` to that of `now`."""
        first, last = int(since // 60), int(now // 60)
        minutes = _step(last - first + 1)
        begins = range(first - first % minutes, last + 1, minutes)
        compared, mismatches = dict.fromkeys(begins, 0), dict.fromkeys(begins, 0)
        durations = dict.fromkeys(begins, LogSums())
        with reading(self._engine) as store:
            if store is not None:
                ours = [name for name, of in store.domains_of(self._endpoints).items() if of == domain]
                for minute, name, n in store.connection.execute(_outcomes(store, minutes, ours, begins[0])):
                    at = minute - minute % minutes
                    if at in compared:
                        compared[at] += int(n)
                        mismatches[at] += int(n) if name == Outcome.MISMATCH.value else 0
                for minute, n, logs, squared in store.connection.execute(
                    _durations(store, minutes, ours, begins[0])
                ):
                    at = minute - minute % minutes
                    if at in durations:
                        durations[at] += LogSums(int(n), float(logs), float(squared))
        ratios = (sums.ratio() for sums in durations.values())
        return Timeline(
            minutes * 60,
            tuple(minute * 60 for minute in begins),
            tuple(compared.values()),
            tuple(mismatches.values()),
            tuple(None if ratio is None else ratio.value for ratio in ratios),
        )


def _by(domain_of: Mapping[str, str], rows: Mapping[str, Sequence[T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for endpoint, of_endpoint in rows.items():
        if endpoint in domain_of:
            found.setdefault(domain_of[endpoint], []).extend(of_endpoint)
    return found


def _step(minutes: int) -> int:
    """How many minutes a point of so long a time takes; from ten on whole stretches, that are added up in the store."""
    least = max(1, -(-minutes // MOST_POINTS))
    length = max((one for one in LENGTHS if one <= least), default=1)
    return -(-least // length) * length


def _outcomes(store: Reading, step: int, endpoints: Sequence[str], minute: int) -> sa.Select[Any]:
    counts = store.since(COUNTS, minute, step)
    named = counts.c.name.in_([outcome.value for outcome in COMPARED])
    return (
        sa.select(counts.c.minute, counts.c.name, sa.func.sum(counts.c.n))
        .where(counts.c.endpoint.in_(endpoints), named)
        .group_by(counts.c.minute, counts.c.name)
    )


def _durations(store: Reading, step: int, endpoints: Sequence[str], minute: int) -> sa.Select[Any]:
    pairs = store.since(PAIRS, minute, step)
    sums = (sa.func.sum(column) for column in (pairs.c.n, pairs.c.logs, pairs.c.squared_logs))
    return sa.select(pairs.c.minute, *sums).where(pairs.c.endpoint.in_(endpoints)).group_by(pairs.c.minute)
