"""What was counted of each domain since some minute, pooled over its endpoints, and minute by minute."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa

from parity.database import complete_tables, storing
from parity.exchange import Endpoint
from parity.outcome import Outcome
from parity.ratios import CountSums, LogSums, Ratio
from parity.tables import COUNTS, ENDPOINTS, METADATA, PAIRS
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
        self._domain_of = {endpoint.name: endpoint.domain for endpoint in endpoints}

    def by_domain(self, since: float) -> dict[str, DomainFigures]:
        """Of each domain, from the minute of `since` (Unix seconds) on."""
        minute = int(since // 60)
        with storing("read the figures"), self._engine.connect() as connection:
            if not self._has_tables(connection):
                return {}
            domain_of = self._known(connection)
            counted = _by(domain_of, _counts(connection, minute))
            pairs = _by(domain_of, _pairs(connection, minute))
        found = {}
        for domain in {*counted, *pairs}:
            durations = sum((one[0] for one in pairs.get(domain, ())), LogSums())
            queries = sum((one[1] for one in pairs.get(domain, ())), CountSums())
            found[domain] = DomainFigures(
                tally_of(counted.get(domain, ())), durations.ratio(), queries.ratio()
            )
        return found

    def timeline(self, domain: str, since: float, now: float) -> Timeline:
        """Of one domain, from the minute of `since` to that of `now`."""
        first, last = int(since // 60), int(now // 60)
        minutes = max(1, -(-(last - first + 1) // MOST_POINTS))
        begins = range(first - first % minutes, last + 1, minutes)
        compared, mismatches = dict.fromkeys(begins, 0), dict.fromkeys(begins, 0)
        durations = dict.fromkeys(begins, LogSums())
        with storing("read the figures"), self._engine.connect() as connection:
            if self._has_tables(connection):
                ours = [name for name, of in self._known(connection).items() if of == domain]
                for minute, name, n in connection.execute(_outcomes_by_minute(ours, begins[0])):
                    at = minute - minute % minutes
                    if at in compared:
                        compared[at] += int(n)
                        mismatches[at] += int(n) if name == Outcome.MISMATCH.value else 0
                for minute, n, logs, squared in connection.execute(_pairs_by_minute(ours, begins[0])):
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

    def _has_tables(self, connection: sa.Connection) -> bool:
        if not sa.inspect(connection).has_table(COUNTS.name):
            return False
        complete_tables(self._engine, METADATA)
        return True

    def _known(self, connection: sa.Connection) -> dict[str, str]:
        """The domain of every endpoint: those that the store has seen too, though nobody lists them any more."""
        rows = connection.execute(sa.select(ENDPOINTS.c.endpoint, ENDPOINTS.c.domain))
        return {row.endpoint: row.domain for row in rows} | self._domain_of


def _counts(connection: sa.Connection, minute: int) -> Iterable[tuple[str, tuple[str, str, int]]]:
    chosen = (
        sa.select(COUNTS.c.endpoint, COUNTS.c.name, COUNTS.c.reason, sa.func.sum(COUNTS.c.n))
        .where(COUNTS.c.minute >= minute)
        .group_by(COUNTS.c.endpoint, COUNTS.c.name, COUNTS.c.reason)
    )
    for endpoint, name, reason, n in connection.execute(chosen):
        yield endpoint, (name, reason, int(n))


def _pairs(connection: sa.Connection, minute: int) -> Iterable[tuple[str, tuple[LogSums, CountSums]]]:
    columns = (PAIRS.c.n, PAIRS.c.logs, PAIRS.c.squared_logs)
    counts = (PAIRS.c.query_n, PAIRS.c.legacy_queries, PAIRS.c.modern_queries)
    squares = (PAIRS.c.squared_legacy, PAIRS.c.squared_modern, PAIRS.c.products)
    chosen = (
        sa.select(PAIRS.c.endpoint, *(sa.func.sum(column) for column in (*columns, *counts, *squares)))
        .where(PAIRS.c.minute >= minute)
        .group_by(PAIRS.c.endpoint)
    )
    for endpoint, n, logs, squared, *queries in connection.execute(chosen):
        yield endpoint, (LogSums(int(n), float(logs), float(squared)), CountSums(*map(int, queries)))


def _by(domain_of: Mapping[str, str], rows: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for endpoint, row in rows:
        if endpoint in domain_of:
            found.setdefault(domain_of[endpoint], []).append(row)
    return found


def _outcomes_by_minute(endpoints: Sequence[str], minute: int) -> sa.Select[Any]:
    names = [outcome.value for outcome in COMPARED]
    return (
        sa.select(COUNTS.c.minute, COUNTS.c.name, sa.func.sum(COUNTS.c.n))
        .where(COUNTS.c.minute >= minute, COUNTS.c.endpoint.in_(endpoints), COUNTS.c.name.in_(names))
        .group_by(COUNTS.c.minute, COUNTS.c.name)
    )


def _pairs_by_minute(endpoints: Sequence[str], minute: int) -> sa.Select[Any]:
    sums = (sa.func.sum(column) for column in (PAIRS.c.n, PAIRS.c.logs, PAIRS.c.squared_logs))
    return (
        sa.select(PAIRS.c.minute, *sums)
        .where(PAIRS.c.minute >= minute, PAIRS.c.endpoint.in_(endpoints))
        .group_by(PAIRS.c.minute)
    )
