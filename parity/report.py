"""The parity report: the books, the endpoints, and the difference groups with their samples, as plain values.

Everything is read in one snapshot of the store, so the books balance at every moment. How it looks is the
business of `report_text` and `report_html`.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from parity.causes import Cause
from parity.curl import curl_of
from parity.database import complete_tables, storing
from parity.exchange import Backend, Endpoint
from parity.fleeting import MAX_SHARE, FleetingPath, read_fleeting
from parity.group_rows import GroupReading, GroupRow, Sample
from parity.holdings import Declared, Holdings, read_holdings
from parity.noise import NoisyPath, noise_json, read_noise
from parity.outcome import Outcome
from parity.retention import MINUTES_OF, Removed, read_removed
from parity.tables import COUNTS, ENDPOINTS, METADATA, PAIRS, RUNS
from parity.tally import Balance, Costs, Tally, costs_json, tally_json, tally_of
from parity.verdict_summary import VerdictSummary

__all__ = ["EndpointRow", "GroupRow", "Report", "Sample", "build_report", "read_tallies"]

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
class Report:
    """What the store knows about a domain (or all) since some time (or ever).

    `verdicts` are those of the domains it is about, each since its own last change; who judges puts them in.
    """

    generated_at: float
    since_s: float | None
    domain: str | None
    tally: Tally
    balance: Balance
    endpoints: tuple[EndpointRow, ...]
    groups: tuple[GroupRow, ...]
    causes: tuple[Cause, ...] = ()
    noise: tuple[NoisyPath, ...] = ()
    fleeting: tuple[FleetingPath, ...] = ()
    verdicts: tuple[VerdictSummary, ...] = ()
    removed: tuple[Removed, ...] = ()

    @property
    def removed_before(self) -> float | None:
        """From before that time there are no figures by minute any more, only their sums; None: there are all."""
        return next((one.before for one in self.removed if one.what == MINUTES_OF), None)

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
            "noise": [noise_json(path) for path in self.noise],
            "fleeting": [path.to_json() for path in self.fleeting],
            "removed": [one.to_json() for one in self.removed],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "groups": [_group_json(group) for group in self.groups],
            "causes": [cause.to_json() for cause in self.causes],
        }


def _group_json(group: GroupRow) -> dict[str, Any]:
    values = asdict(group)
    for sample, written in zip(group.samples, values["samples"], strict=True):
        written["curl"] = {backend.value: curl_of(sample, backend, group.endpoint) for backend in Backend}
    return values


def build_report(
    engine: sa.Engine,
    *,
    since_s: float | None = None,
    domain: str | None = None,
    endpoints: Iterable[Endpoint] = (),
    declared: Declared | None = None,
    max_fleeting_share: float = MAX_SHARE,
    now: float | None = None,
) -> Report:
    """Read the report; raises StoreError when the database refuses. A store without tables is an empty one.

    `since_s` counts back from now, in whole minutes. `endpoints` tells the domains of endpoints that have not
    been mirrored yet (of the others the store knows it). `declared` are the rules that the groups are shown with,
    `max_fleeting_share` is from where on a path comes and goes.
    """
    at = time.time() if now is None else now
    with storing("read the store"):
        if not sa.inspect(engine).has_table(RUNS.name):
            return Report(at, since_s, domain, Tally(), Balance(), (), ())
        complete_tables(engine, METADATA)
    with storing("read the store"), _snapshot(engine) as connection:
        holdings = read_holdings(connection, declared or Declared(), datetime.fromtimestamp(at, UTC).date())
        reading = _Reading(connection, since_s, domain, at, holdings, max_fleeting_share)
        domains = {endpoint.name: endpoint.domain for endpoint in endpoints} | _stored_domains(connection)
        return reading.report(domains)


def read_tallies(engine: sa.Engine, endpoints: Iterable[Endpoint], *, minute: int = 0) -> dict[str, Tally]:
    """What was counted of each domain ever, and nothing else: cheap enough to be asked again and again.

    With `minute` (Unix time divided by 60) what was from then on. Of those of no domain the name is empty. Raises StoreError when the database refuses.
    """
    domains = {endpoint.name: endpoint.domain for endpoint in endpoints}
    counted: dict[str, list[tuple[str, str, int]]] = {}
    with storing("read the store"), engine.connect() as connection:
        if not sa.inspect(connection).has_table(COUNTS.name):
            return {}
        domains |= _stored_domains(connection)
        for endpoint, counts in _counts(connection, minute).items():
            counted.setdefault(domains.get(endpoint, ""), []).extend(counts)
    return {domain: tally_of(counts) for domain, counts in counted.items()}


def _stored_domains(connection: sa.Connection) -> dict[str, str]:
    chosen = sa.select(ENDPOINTS.c.endpoint, ENDPOINTS.c.domain)
    return {row.endpoint: row.domain for row in connection.execute(chosen)}


def _counts(connection: sa.Connection, minute: int) -> dict[str, list[tuple[str, str, int]]]:
    """(name, reason, n) rows by endpoint, from that minute on."""
    chosen = (
        sa.select(COUNTS.c.endpoint, COUNTS.c.name, COUNTS.c.reason, sa.func.sum(COUNTS.c.n))
        .where(COUNTS.c.minute >= minute)
        .group_by(COUNTS.c.endpoint, COUNTS.c.name, COUNTS.c.reason)
    )
    found: dict[str, list[tuple[str, str, int]]] = {}
    for endpoint, name, reason, n in connection.execute(chosen):
        found.setdefault(endpoint, []).append((name, reason, int(n)))
    return found


@contextmanager
def _snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    # SQLite reads one snapshot in every transaction, PostgreSQL when asked to
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection:
        yield connection


class _Reading:
    """One report being read from one snapshot."""

    def __init__(
        self,
        connection: sa.Connection,
        since_s: float | None,
        domain: str | None,
        at: float,
        holdings: Holdings,
        max_fleeting_share: float,
    ) -> None:
        self._connection = connection
        self._max_fleeting_share = max_fleeting_share
        self._since_s = since_s
        self._domain = domain
        self._at = at
        self._minute = 0 if since_s is None else int((at - since_s) // 60)
        self._groups = GroupReading(connection, self._minute, holdings)

    def report(self, domains: Mapping[str, str]) -> Report:
        # what matched no endpoint belongs to no domain
        tallies = {
            endpoint: tally
            for endpoint, tally in _counts(self._connection, self._minute).items()
            if self._domain is None or domains.get(endpoint) == self._domain
        }
        costs = self._costs()
        rows = tuple(
            EndpointRow(endpoint, domains.get(endpoint, ""), tally_of(counted), costs.get(endpoint, Costs()))
            for endpoint, counted in sorted(tallies.items(), key=lambda item: _by_path(item[0]))
        )
        everything = [count for counted in tallies.values() for count in counted]
        groups, found_causes = self._groups.groups({row.endpoint: row.tally.judged for row in rows})
        return Report(
            self._at,
            self._since_s,
            self._domain,
            tally_of(everything),
            self._balance(),
            rows,
            groups,
            found_causes,
            self._noise(tallies),
            read_fleeting(
                connection=self._connection,
                minute=self._minute,
                compared={row.endpoint: row.tally.compared for row in rows},
                max_share=self._max_fleeting_share,
            ),
            removed=read_removed(self._connection),
        )

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
        columns = (PAIRS.c.n, PAIRS.c.legacy_s, PAIRS.c.modern_s, PAIRS.c.query_n)
        queries = (PAIRS.c.legacy_queries, PAIRS.c.modern_queries)
        chosen = (
            sa.select(PAIRS.c.endpoint, *(sa.func.sum(column) for column in (*columns, *queries)))
            .where(PAIRS.c.minute >= self._minute)
            .group_by(PAIRS.c.endpoint)
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

    def _noise(self, endpoints: Collection[str]) -> tuple[NoisyPath, ...]:
        noise = read_noise(self._connection, self._at)
        return tuple(path for path in noise if path.endpoint in endpoints)


def _by_path(endpoint: str) -> tuple[str, str]:
    method, _, path = endpoint.partition(" ")
    return path, method
