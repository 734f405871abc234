"""What was counted since some minute, read from one state of the store by whoever reports or judges."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from parity.database import complete_tables, snapshot, storing
from parity.exchange import Endpoint
from parity.outcome import Outcome
from parity.ratios import CountSums, LogSums
from parity.stretches import LENGTHS, Kept, counted_since, kept_stretches
from parity.tables import COUNTS, ENDPOINTS, METADATA, PAIRS, RUNS
from parity.tally import Balance, Costs, Tally, tally_of

LOST_AFTER_S = 120.0
"""What was in flight at a proxy run that has been silent for so long will not come any more."""

_SUMS = tuple(column.name for column in PAIRS.c if not column.primary_key)


@dataclass(frozen=True, slots=True)
class Paired:
    """What the reads of one endpoint took that both backends answered."""

    costs: Costs
    durations: LogSums
    queries: CountSums


class Reading:
    """One state of the store; what several reports and verdicts ask of it is read once. Raises what the database raises."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._since: dict[tuple[sa.Table, int, int], sa.Subquery] = {}
        self._balances: dict[float, Balance] = {}

    @cached_property
    def kept(self) -> tuple[Kept, ...]:
        """What is added up in stretches."""
        return kept_stretches(self.connection)

    @cached_property
    def domains(self) -> dict[str, str]:
        """The domain of each endpoint that had an exchange."""
        chosen = sa.select(ENDPOINTS.c.endpoint, ENDPOINTS.c.domain)
        return {row.endpoint: row.domain for row in self.connection.execute(chosen)}

    def domains_of(self, endpoints: Iterable[Endpoint]) -> dict[str, str]:
        """The domain by endpoint: the store knows it of what was mirrored, `endpoints` of what was not yet."""
        return {endpoint.name: endpoint.domain for endpoint in endpoints} | self.domains

    def since(self, table: sa.Table, minute: int, step: int = LENGTHS[-1]) -> sa.Subquery:
        """The rows of a table that counts by minute, from that minute on; none is of stretches that cross a `step`."""
        key = table, minute, step
        if key not in self._since:
            kept = tuple(one for one in self.kept if step % one.length == 0)
            self._since[key] = counted_since(table, minute, kept)
        return self._since[key]

    def counts(
        self, minute: int, names: Collection[str] | None = None
    ) -> dict[str, list[tuple[str, str, int]]]:
        """(name, reason, n) rows by endpoint, from that minute on; of the endpoints of these names, or of all."""
        counts = self.since(COUNTS, minute)
        keys = (counts.c.endpoint, counts.c.name, counts.c.reason)
        chosen = sa.select(*keys, sa.func.sum(counts.c.n)).group_by(*keys)
        found: dict[str, list[tuple[str, str, int]]] = {}
        for endpoint, name, reason, n in self.connection.execute(_of(names, chosen, counts.c.endpoint)):
            found.setdefault(endpoint, []).append((name, reason, int(n)))
        return found

    def pairs(self, minute: int, names: Collection[str] | None = None) -> dict[str, Paired]:
        """By endpoint, from that minute on; of the endpoints of these names, or of all."""
        pairs = self.since(PAIRS, minute)
        sums = (sa.func.sum(pairs.c[name]).label(name) for name in _SUMS)
        chosen = sa.select(pairs.c.endpoint, *sums).group_by(pairs.c.endpoint)
        rows = self.connection.execute(_of(names, chosen, pairs.c.endpoint))
        return {row.endpoint: _paired(row) for row in rows}

    def balance(self, at: float) -> Balance:
        """The books over everything ever recorded, as of `at` (Unix seconds)."""
        if at not in self._balances:
            self._balances[at] = self._read_balance(at)
        return self._balances[at]

    def _read_balance(self, at: float) -> Balance:
        counts = self.since(COUNTS, 0)
        # two sums of one pass: sorting all rows by their names would take much longer
        is_outcome = counts.c.name.in_([outcome.value for outcome in Outcome])
        mirrored, outcomes = self.connection.execute(
            sa.select(_sum_of(counts.c.n, counts.c.name == "mirrored"), _sum_of(counts.c.n, is_outcome))
        ).one()
        late = RUNS.c.seen_at < at - LOST_AFTER_S
        in_flight, lost = self.connection.execute(
            sa.select(_sum_of(RUNS.c.in_flight, ~late), _sum_of(RUNS.c.in_flight, late))
        ).one()
        return Balance(int(mirrored), int(outcomes), int(in_flight), int(lost))


def _sum_of(n: sa.ColumnElement[int], counts: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((counts, n), else_=0)), 0)


def _of(
    names: Collection[str] | None, chosen: sa.Select[Any], endpoint: sa.ColumnElement[str]
) -> sa.Select[Any]:
    return chosen if names is None else chosen.where(endpoint.in_(names))


def _paired(row: sa.Row[Any]) -> Paired:
    # PostgreSQL adds up big integers to decimals
    n, query_n = int(row.n), int(row.query_n)
    legacy, modern = int(row.legacy_queries), int(row.modern_queries)
    answered, said = max(n, 1), max(query_n, 1)
    return Paired(
        Costs(
            n,
            float(row.legacy_s) / answered,
            float(row.modern_s) / answered,
            query_n,
            legacy / said,
            modern / said,
        ),
        LogSums(n, float(row.logs), float(row.squared_logs)),
        CountSums(
            query_n, legacy, modern, int(row.squared_legacy), int(row.squared_modern), int(row.products)
        ),
    )


@contextmanager
def reading(engine: sa.Engine) -> Iterator[Reading | None]:
    """One state of the store, brought up to date; None of a store without tables. Raises StoreError."""
    with storing("read the store"):
        is_there = sa.inspect(engine).has_table(RUNS.name)
        if is_there:
            complete_tables(engine, METADATA)
    if not is_there:
        yield None
        return
    with storing("read the store"), snapshot(engine) as connection:
        yield Reading(connection)


def read_tallies(engine: sa.Engine, endpoints: Iterable[Endpoint], *, minute: int = 0) -> dict[str, Tally]:
    """What was counted of each domain ever, and nothing else: cheap enough to be asked again and again.

    With `minute` (Unix time divided by 60) what was from then on. Of those of no domain the name is empty. Raises
    StoreError when the database refuses.
    """
    counted: dict[str, list[tuple[str, str, int]]] = {}
    with reading(engine) as found:
        if found is None:
            return {}
        domains = found.domains_of(endpoints)
        for endpoint, counts in found.counts(minute).items():
            counted.setdefault(domains.get(endpoint, ""), []).extend(counts)
    return {domain: tally_of(counts) for domain, counts in counted.items()}
