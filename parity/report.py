"""The parity report: the books, the endpoints, and the difference groups with their samples, as plain values.

Everything is read in one snapshot of the store, so the books balance at every moment. How it looks is the
business of `report_text` and `report_html`.
"""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from parity.causes import Cause
from parity.counted import Reading, reading
from parity.curl import curl_of
from parity.exchange import Backend, Endpoint
from parity.fleeting import FleetingPath, read_fleeting
from parity.group_rows import GroupReading, GroupRow, Sample
from parity.holdings import Declared, Holdings, read_holdings
from parity.noise import NoisyPath, noise_json, read_noise
from parity.retention import MINUTES_OF, Removed, read_removed
from parity.tally import Balance, Costs, Tally, costs_json, tally_json, tally_of
from parity.verdict_limits import MAX_FLEETING_SHARE
from parity.verdict_summary import VerdictSummary

__all__ = ["EndpointRow", "GroupRow", "Report", "Sample", "build_report", "read_report"]

SCHEMA = "crossfade.parity-report/1"


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
        """From before that time there are no counts by minute any more, only their sums; None: there are all."""
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
    max_fleeting_share: float = MAX_FLEETING_SHARE,
    now: float | None = None,
) -> Report:
    """Read the report; raises StoreError when the database refuses. A store without tables is an empty one.

    `since_s` counts back from now, in whole minutes. `endpoints` tells the domains of endpoints that have not
    been mirrored yet (of the others the store knows it). `declared` are the rules that the groups are shown with,
    `max_fleeting_share` is from where on a path comes and goes.
    """
    at = time.time() if now is None else now
    with reading(engine) as found:
        if found is None:
            return Report(at, since_s, domain, Tally(), Balance(), (), ())
        today = datetime.fromtimestamp(at, UTC).date()
        return read_report(
            found,
            at,
            since_s=since_s,
            domain=domain,
            endpoints=endpoints,
            holdings=read_holdings(found.connection, declared or Declared(), today),
            max_fleeting_share=max_fleeting_share,
        )


def read_report(
    found: Reading,
    at: float,
    *,
    since_s: float | None,
    domain: str | None,
    endpoints: Iterable[Endpoint],
    holdings: Holdings | None,
    max_fleeting_share: float = MAX_FLEETING_SHARE,
) -> Report:
    """The same of one state of the store; without `holdings` groups and endpoints have nothing but their counts, for who judges."""
    minute = 0 if since_s is None else int((at - since_s) // 60)
    # what matched no endpoint belongs to no domain
    domains = found.domains_of(endpoints)
    names = None if domain is None else {name for name, of in domains.items() if of == domain}
    counts = found.counts(minute, names)
    pairs = {} if holdings is None else found.pairs(minute, names)
    rows = tuple(
        EndpointRow(
            endpoint,
            domains.get(endpoint, ""),
            tally_of(counted),
            pairs[endpoint].costs if endpoint in pairs else Costs(),
        )
        for endpoint, counted in sorted(counts.items(), key=lambda item: _by_path(item[0]))
    )
    groups, causes = GroupReading(found, minute, holdings).groups(
        {row.endpoint: row.tally.judged for row in rows}
    )
    return Report(
        at,
        since_s,
        domain,
        tally_of([count for counted in counts.values() for count in counted]),
        found.balance(at),
        rows,
        groups,
        causes,
        tuple(path for path in read_noise(found.connection, at) if path.endpoint in counts),
        read_fleeting(found, minute, {row.endpoint: row.tally.compared for row in rows}, max_fleeting_share),
        removed=read_removed(found.connection),
    )


def _by_path(endpoint: str) -> tuple[str, str]:
    method, _, path = endpoint.partition(" ")
    return path, method
