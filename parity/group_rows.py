"""The difference groups as a report shows them: whose exchanges, since when, what holds there, samples of both sides."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from parity.causes import Cause, Place, causes
from parity.counted import Reading
from parity.holdings import Held, Holdings
from parity.members import ClientCount, Members, members_of
from parity.tables import GROUP_COUNTS, GROUP_MEMBERS, GROUPS, SAMPLES

TOP_CLIENTS = 5

_SAMPLE_FIELDS = (
    *("exchange", "at", "target", "stage", "authoritative", "legacy_status", "modern_status"),
    *("path", "legacy", "modern"),
)
_LATER_FIELDS = ("method", "client", "legacy_shape", "modern_shape", "write", "write_check")


@dataclass(frozen=True, slots=True)
class Sample:
    """One exchange of a group, redacted. A side is JSON text, None when it has nothing at that path.

    `is_first`: with this exchange the group began. `write` is the endpoint whose write it checks, `write_check` how; empty
    where it checks none. `method` and `client` (a token) are empty in samples of earlier versions, as are the shapes.
    """

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
    method: str = ""
    client: str = ""
    legacy_shape: str = ""
    modern_shape: str = ""
    is_first: bool = False
    write_check: str = ""
    write: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedAs:
    """An acceptance that made a group or takes its place; `name` is an id, or a rules file with the row in it."""

    name: str
    label: str
    owner: str
    expires: str
    ticket: str
    accepted_at: float | None


@dataclass(frozen=True, slots=True)
class SamePlace:
    """Another group of the same endpoint, path and kind: from before or after an acceptance."""

    id: str
    accepted_by: str
    n: int


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Differences by endpoint, folded path, kind and what accepts them; `n` counts exchanges.

    `checks` of them check a write, of the endpoints in `writes` as far as there are samples.
    `share` is that of the `compared` exchanges of the endpoint. `client_n` clients are known, `clients` are the
    first of them; without `is_every_client` there are more. `compare` and `rule` say how the place is compared,
    `acceptance` what made the group, `accepts` what takes its differences today, `cause` the group to look at first
    among those that move together.
    """

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
    compared: int = 0
    client_n: int = 0
    is_every_client: bool = True
    clients: tuple[ClientCount, ...] = ()
    compare: str = "value"
    rule: str = ""
    acceptance: AcceptedAs | None = None
    accepts: tuple[AcceptedAs, ...] = ()
    same_place: tuple[SamePlace, ...] = ()
    is_expired: bool = False
    checks: int = 0
    writes: tuple[str, ...] = ()


class GroupReading:
    """The groups being read from one state of the store; `minute` is where the report begins.

    Without `holdings` they are read with their counts alone: no samples, no members, no causes.
    """

    def __init__(self, store: Reading, minute: int, holdings: Holdings | None) -> None:
        self._store = store
        self._connection = store.connection
        self._minute = minute
        self._holdings = holdings

    def groups(self, compared: Mapping[str, int]) -> tuple[tuple[GroupRow, ...], tuple[Cause, ...]]:
        """The groups of these endpoints, open ones first and the largest in front, and which move together.

        `compared` is how many exchanges of each endpoint were compared.
        """
        rows = list(self._rows(compared))
        holdings = self._holdings
        if holdings is None:
            return tuple(_counted(row, compared) for row in rows), ()
        ours = sa.select(GROUPS.c.id).where(GROUPS.c.endpoint.in_(compared))
        members = self._members(ours)
        samples = self._samples(ours)
        groups = tuple(
            _group(
                _counted(row, compared),
                holdings,
                members.get(row["id"], Members()),
                samples.get(row["id"], ()),
            )
            for row in rows
        )
        found = causes(
            Place(group.id, group.endpoint, group.path, group.kind, members.get(group.id, Members()))
            for group in groups
            if not group.accepted_by
        )
        return tuple(_with_same_place(groups)), found

    def _rows(self, compared: Mapping[str, int]) -> Iterator[Mapping[Any, Any]]:
        counted = self._store.since(GROUP_COUNTS, self._minute)
        n = sa.func.sum(counted.c.n).label("exchanges")
        checks = sa.func.coalesce(sa.func.sum(counted.c.checks), 0).label("checks")
        # added up before they are joined: what would be sorted otherwise are the texts of all groups, minute by minute
        sums = sa.select(counted.c.group_id, n, checks).group_by(counted.c.group_id).subquery()
        chosen = (
            sa.select(*GROUPS.c, sums.c.exchanges, sums.c.checks)
            .join(sums, sums.c.group_id == GROUPS.c.id)
            .order_by(
                GROUPS.c.accepted_by != "",
                sums.c.exchanges.desc(),
                *(GROUPS.c.endpoint, GROUPS.c.path, GROUPS.c.kind),
            )
        )
        for row in self._connection.execute(chosen).mappings():
            if row["endpoint"] in compared:
                yield row

    def _members(self, ours: sa.Select[tuple[str]]) -> dict[str, Members]:
        chosen = sa.select(GROUP_MEMBERS).where(GROUP_MEMBERS.c.group_id.in_(ours))
        return {
            row.group_id: members_of(row.exchanges, row.clients) for row in self._connection.execute(chosen)
        }

    def _samples(self, ours: sa.Select[tuple[str]]) -> dict[str, tuple[Sample, ...]]:
        found: dict[str, list[Sample]] = {}
        chosen = sa.select(SAMPLES).where(SAMPLES.c.group_id.in_(ours)).order_by(SAMPLES.c.id.desc())
        for row in self._connection.execute(chosen).mappings():
            values: dict[str, Any] = {name: row[name] or "" for name in _LATER_FIELDS}
            values |= {name: row[name] for name in _SAMPLE_FIELDS}
            sample = Sample(**values, is_first=bool(row["is_first"]))
            found.setdefault(row["group_id"], []).append(sample)
        return {group_id: tuple(samples) for group_id, samples in found.items()}


def _counted(row: Mapping[Any, Any], compared: Mapping[str, int]) -> GroupRow:
    n, of = int(row["exchanges"]), compared[row["endpoint"]]
    return GroupRow(
        **{column.name: row[column.name] for column in GROUPS.c},
        n=n,
        share=n / (of or 1),
        compared=of,
        checks=int(row["checks"]),
    )


def _group(group: GroupRow, holdings: Holdings, members: Members, samples: tuple[Sample, ...]) -> GroupRow:
    holding = holdings.at(group.endpoint, group.path, group.kind, group.accepted_by)
    return replace(
        group,
        samples=samples,
        client_n=len(members.clients),
        is_every_client=members.is_every_client,
        clients=members.clients[:TOP_CLIENTS],
        compare=holding.compare,
        rule=holding.rule,
        acceptance=_accepted_as(holding.accepted_by) if holding.accepted_by else None,
        accepts=tuple(_accepted_as(held) for held in holding.accepts if _takes(held, samples)),
        writes=tuple(sorted({sample.write for sample in samples if sample.write})),
        is_expired=bool(group.expires) and group.expires < holdings.today.isoformat(),
    )


def _accepted_as(held: Held) -> AcceptedAs:
    acceptance = held.acceptance
    return AcceptedAs(
        held.name,
        acceptance.label,
        acceptance.owner,
        acceptance.expires.isoformat(),
        acceptance.ticket,
        held.accepted_at,
    )


def _takes(held: Held, samples: Sequence[Sample]) -> bool:
    """Whether an acceptance that asks for statuses or shapes takes the latest sample's."""
    asked = held.acceptance
    if not (asked.legacy_status or asked.modern_status or asked.shapes):
        return True
    if not samples:
        return False
    latest = samples[0]
    return (
        asked.legacy_status in (None, latest.legacy_status)
        and asked.modern_status in (None, latest.modern_status)
        and (not asked.shapes or (latest.legacy_shape, latest.modern_shape) in asked.shapes)
    )


def _with_same_place(groups: Iterable[GroupRow]) -> Iterator[GroupRow]:
    by_place: dict[tuple[str, str, str], list[GroupRow]] = {}
    for group in groups:
        by_place.setdefault((group.endpoint, group.path, group.kind), []).append(group)
    for group in groups:
        others = [
            SamePlace(other.id, other.accepted_by, other.n)
            for other in by_place[group.endpoint, group.path, group.kind]
            if other.id != group.id
        ]
        yield replace(group, same_place=tuple(others)) if others else group
