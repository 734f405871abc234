"""The difference groups in the store: counts, members, the first and the latest samples, within their bounds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from parity.database import upsert
from parity.members import Members, members_of
from parity.samples import Finding, Group, within
from parity.tables import GROUP_COUNTS, GROUP_MEMBERS, GROUPS, SAMPLES


@dataclass(frozen=True, slots=True)
class Groups:
    """Writes groups within a transaction of the store's; the bounds are those of `parity.store.Limits`."""

    samples_per_group: int
    groups_per_endpoint: int
    total_samples: int

    def add(self, connection: sa.Connection, found: Sequence[Finding], minute: int, at: float) -> None:
        """The differences of a batch, one finding an exchange."""
        if not found:
            return
        known = _known_groups(connection, {group.endpoint for finding in found for group in finding.samples})
        before = {group_id for ids in known.values() for group_id in ids}
        groups: dict[str, Group] = {}
        members: dict[str, list[tuple[str, str]]] = {}
        checks: Counter[str] = Counter()
        samples: dict[str, list[dict[str, Any]]] = {}
        for finding in found:
            for group, sample in within(finding, known, self.groups_per_endpoint).samples.items():
                group_id = group.id
                groups[group_id] = group
                members.setdefault(group_id, []).append((finding.exchange, finding.client))
                checks[group_id] += bool(finding.write)
                if sample is not None:
                    row = {"group_id": group_id, "is_first": False, **sample}
                    samples.setdefault(group_id, []).append(row)
        # always in one order, so that two workers cannot wait for each other's rows
        ids = sorted(groups)
        rows = [
            {"id": group_id, **asdict(groups[group_id]), "first_seen_at": at, "last_seen_at": at}
            for group_id in ids
        ]
        upsert(connection, GROUPS, rows, first_seen_at="min", last_seen_at="max", owner="new", expires="new")
        counts = [
            {"minute": minute, "group_id": one, "n": len(members[one]), "checks": checks[one]} for one in ids
        ]
        upsert(connection, GROUP_COUNTS, counts, add=("n", "checks"))
        _add_members(connection, members)
        for group_id in ids:
            self._add_samples(connection, samples[group_id], is_new=group_id not in before)

    def _add_samples(
        self, connection: sa.Connection, samples: Sequence[dict[str, Any]], *, is_new: bool
    ) -> None:
        kept = list(samples[-self.samples_per_group :])
        if is_new:
            kept = [{**samples[0], "is_first": True}, *(one for one in kept if one is not samples[0])]
        connection.execute(sa.insert(SAMPLES), kept)
        group_id = kept[0]["group_id"]
        newest = (
            sa.select(SAMPLES.c.id)
            .where(SAMPLES.c.group_id == group_id)
            .order_by(SAMPLES.c.id.desc())
            .limit(self.samples_per_group)
        )
        oldest_kept = min(connection.execute(newest).scalars(), default=0)
        connection.execute(
            sa.delete(SAMPLES).where(
                SAMPLES.c.group_id == group_id, SAMPLES.c.id < oldest_kept, SAMPLES.c.is_first.is_not(True)
            )
        )

    def prune(self, connection: sa.Connection, oldest: float) -> None:
        """Forget groups that were not seen since then, counts from before, and samples over the bound."""
        connection.execute(sa.delete(GROUP_COUNTS).where(GROUP_COUNTS.c.minute < int(oldest // 60)))
        gone = sa.select(GROUPS.c.id).where(GROUPS.c.last_seen_at < oldest)
        for table in (SAMPLES, GROUP_MEMBERS):
            connection.execute(sa.delete(table).where(table.c.group_id.in_(gone)))
        connection.execute(sa.delete(GROUPS).where(GROUPS.c.last_seen_at < oldest))
        # the first sample of a group cannot be had again, so it goes last
        for over in (SAMPLES.c.is_first.is_not(True), sa.true()):
            excess = connection.scalar(sa.select(sa.func.count()).select_from(SAMPLES)) or 0
            excess -= self.total_samples
            if excess > 0:
                last = sa.select(SAMPLES.c.id).where(over).order_by(SAMPLES.c.id).limit(excess)
                connection.execute(sa.delete(SAMPLES).where(SAMPLES.c.id.in_(last)))


def _known_groups(connection: sa.Connection, endpoints: set[str]) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {endpoint: set() for endpoint in endpoints}
    chosen = sa.select(GROUPS.c.endpoint, GROUPS.c.id).where(GROUPS.c.endpoint.in_(endpoints))
    for endpoint, group_id in connection.execute(chosen):
        known[endpoint].add(group_id)
    return known


def _add_members(connection: sa.Connection, added: dict[str, list[tuple[str, str]]]) -> None:
    # the rows of their groups are ours until the end of the transaction, so nobody else changes these
    chosen = sa.select(GROUP_MEMBERS).where(GROUP_MEMBERS.c.group_id.in_(added))
    known = {row.group_id: members_of(row.exchanges, row.clients) for row in connection.execute(chosen)}
    rows = [
        {"group_id": group_id, **known.get(group_id, Members()).with_exchanges(added[group_id]).written()}
        for group_id in sorted(added)
    ]
    upsert(connection, GROUP_MEMBERS, rows, exchanges="new", clients="new")
