"""The parity report: the books, the endpoints, and the difference groups with their samples, as plain values.

Everything is read in one snapshot of the store, so the books balance at every moment. How it looks is the
business of `report_text` and `report_html`.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from parity.database import storing
from parity.exchange import Endpoint
from parity.outcome import Outcome
from parity.tables import COSTS, COUNTS, ENDPOINTS, GROUP_COUNTS, GROUPS, RUNS, SAMPLES
from parity.tally import Balance, Costs, Tally, costs_json, tally_json, tally_of

SCHEMA = "crossfade.parity-report/1"
LOST_AFTER_S = 120.0
"""What was in flight at a proxy run that has been silent for so long will not come any more."""


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """One endpoint with what was counted and what it cost."""

    endpoint: str
    domain: str
    tally: Tally
    costs: Costs


@dataclass(frozen=True, slots=True)
class Sample:
    """One exchange of a group, redacted. A side is JSON text, None when it has nothing at that path."""

    exchange: str
    at: float
    target: str
    stage: str
    authoritative: str
    legacy_status: int
    modern_status: int
    path: str
    legacy: str | None
    modern: str | None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Differences by endpoint, folded path, kind and what accepts them; `n` counts exchanges."""

    id: str
    endpoint: str
    domain: str
    path: str
    kind: str
    accepted_by: str
    owner: str
    expires: str
    first_seen_at: float
    last_seen_at: float
    n: int
    share: float
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What the store knows about a domain (or all) since some time (or ever)."""

    generated_at: float
    since_s: float | None
    domain: str | None
    tally: Tally
    balance: Balance
    endpoints: tuple[EndpointRow, ...]
    groups: tuple[GroupRow, ...]

    @property
    def differs(self) -> bool:
        """Whether anything differs beyond what was accepted."""
        return self.tally.mismatches > 0

    @property
    def open_groups(self) -> tuple[GroupRow, ...]:
        """The groups that nobody has accepted, largest first."""
        return tuple(group for group in self.groups if not group.accepted_by)

    @property
    def accepted_groups(self) -> tuple[GroupRow, ...]:
        """The accepted groups, largest first."""
        return tuple(group for group in self.groups if group.accepted_by)

    def to_json(self) -> dict[str, Any]:
        """JSON values, with the version of their form under `schema`."""
        return {
            "schema": SCHEMA,
            "generated_at": self.generated_at,
            "since_s": self.since_s,
            "domain": self.domain,
            "differs": self.differs,
            **tally_json(self.tally),
            "balance": {
                **asdict(self.balance),
                "off_by": self.balance.off_by,
                "balanced": self.balance.balanced,
            },
            "endpoints": [
                {
                    "endpoint": row.endpoint,
                    "domain": row.domain,
                    **tally_json(row.tally),
                    "costs": costs_json(row.costs),
                }
                for row in self.endpoints
            ],
            "groups": [asdict(group) for group in self.groups],
        }


def build_report(
    engine: sa.Engine,
    *,
    since_s: float | None = None,
    domain: str | None = None,
    endpoints: Iterable[Endpoint] = (),
    now: float | None = None,
) -> Report:
    """Read the report; raises StoreError when the database refuses. A store without tables is an empty one.

    `since_s` counts back from now, in whole minutes. `endpoints` tells the domains of endpoints that have not
    been mirrored yet (of the others the store knows it).
    """
    at = time.time() if now is None else now
    with storing("read the store"), _snapshot(engine) as connection:
        if not sa.inspect(connection).has_table(RUNS.name):
            return Report(at, since_s, domain, Tally(), Balance(), (), ())
        reading = _Reading(connection, since_s, domain, at)
        domains = {endpoint.name: endpoint.domain for endpoint in endpoints} | reading.domains()
        return reading.report(domains)


@contextmanager
def _snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    # SQLite reads one snapshot in every transaction, PostgreSQL when asked to
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection:
        yield connection


class _Reading:
    """One report being read from one snapshot."""

    def __init__(
        self, connection: sa.Connection, since_s: float | None, domain: str | None, at: float
    ) -> None:
        self._connection = connection
        self._since_s = since_s
        self._domain = domain
        self._at = at
        self._minute = 0 if since_s is None else int((at - since_s) // 60)

    def domains(self) -> dict[str, str]:
        chosen = sa.select(ENDPOINTS.c.endpoint, ENDPOINTS.c.domain)
        return {row.endpoint: row.domain for row in self._connection.execute(chosen)}

    def report(self, domains: Mapping[str, str]) -> Report:
        # what matched no endpoint belongs to no domain
        tallies = {
            endpoint: tally
            for endpoint, tally in self._tallies().items()
            if self._domain is None or domains.get(endpoint) == self._domain
        }
        costs = self._costs()
        rows = tuple(
            EndpointRow(endpoint, domains.get(endpoint, ""), tally_of(counted), costs.get(endpoint, Costs()))
            for endpoint, counted in sorted(tallies.items(), key=lambda item: _by_path(item[0]))
        )
        everything = [count for counted in tallies.values() for count in counted]
        return Report(
            self._at,
            self._since_s,
            self._domain,
            tally_of(everything),
            self._balance(),
            rows,
            self._groups(rows),
        )

    def _tallies(self) -> dict[str, list[tuple[str, str, int]]]:
        chosen = (
            sa.select(COUNTS.c.endpoint, COUNTS.c.name, COUNTS.c.reason, sa.func.sum(COUNTS.c.n))
            .where(COUNTS.c.minute >= self._minute)
            .group_by(COUNTS.c.endpoint, COUNTS.c.name, COUNTS.c.reason)
        )
        found: dict[str, list[tuple[str, str, int]]] = {}
        for endpoint, name, reason, n in self._connection.execute(chosen):
            found.setdefault(endpoint, []).append((name, reason, int(n)))
        return found

    def _balance(self) -> Balance:
        totals = sa.select(COUNTS.c.name, sa.func.sum(COUNTS.c.n)).group_by(COUNTS.c.name)
        sums = {name: int(n) for name, n in self._connection.execute(totals)}
        late = RUNS.c.seen_at < self._at - LOST_AFTER_S
        in_flight, lost = self._connection.execute(
            sa.select(
                sa.func.coalesce(sa.func.sum(sa.case((late, 0), else_=RUNS.c.in_flight)), 0),
                sa.func.coalesce(sa.func.sum(sa.case((late, RUNS.c.in_flight), else_=0)), 0),
            )
        ).one()
        outcomes = sum(n for name, n in sums.items() if name in set(Outcome))
        return Balance(sums.get("mirrored", 0), outcomes, int(in_flight), int(lost))

    def _costs(self) -> dict[str, Costs]:
        columns = (COSTS.c.n, COSTS.c.legacy_s, COSTS.c.modern_s, COSTS.c.query_n)
        queries = (COSTS.c.legacy_queries, COSTS.c.modern_queries)
        chosen = (
            sa.select(COSTS.c.endpoint, *(sa.func.sum(column) for column in (*columns, *queries)))
            .where(COSTS.c.minute >= self._minute)
            .group_by(COSTS.c.endpoint)
        )
        found = {}
        for (
            endpoint,
            n,
            legacy_s,
            modern_s,
            query_n,
            legacy_queries,
            modern_queries,
        ) in self._connection.execute(chosen):
            answered, said = max(int(n), 1), max(int(query_n), 1)
            found[endpoint] = Costs(
                int(n),
                float(legacy_s) / answered,
                float(modern_s) / answered,
                int(query_n),
                float(legacy_queries) / said,
                float(modern_queries) / said,
            )
        return found

    def _groups(self, rows: Iterable[EndpointRow]) -> tuple[GroupRow, ...]:
        compared = {row.endpoint: row.tally.judged for row in rows}
        n = sa.func.sum(GROUP_COUNTS.c.n).label("exchanges")
        chosen = (
            sa.select(*GROUPS.c, n)
            .join(GROUP_COUNTS, GROUP_COUNTS.c.group_id == GROUPS.c.id)
            .where(GROUP_COUNTS.c.minute >= self._minute)
            .group_by(*GROUPS.c)
            .order_by(GROUPS.c.accepted_by != "", n.desc(), GROUPS.c.endpoint, GROUPS.c.path, GROUPS.c.kind)
        )
        samples = self._samples()
        return tuple(
            GroupRow(
                **{column.name: row[column.name] for column in GROUPS.c},
                n=int(row["exchanges"]),
                share=int(row["exchanges"]) / (compared[row["endpoint"]] or 1),
                samples=samples.get(row["id"], ()),
            )
            for row in self._connection.execute(chosen).mappings()
            if row["endpoint"] in compared
        )

    def _samples(self) -> dict[str, tuple[Sample, ...]]:
        found: dict[str, tuple[Sample, ...]] = {}
        chosen = sa.select(SAMPLES).order_by(SAMPLES.c.id.desc())
        for _, group_id, *values in self._connection.execute(chosen):
            found[group_id] = (*found.get(group_id, ()), Sample(*values))
        return found


def _by_path(endpoint: str) -> tuple[str, str]:
    method, _, path = endpoint.partition(" ")
    return path, method
