"""Fleeting differences: there at the first asking and gone at the second, while legacy answered as before.

One of them is a race that nobody saw. A path that has them again and again is a fault that comes and goes: it would
be `transient` each time, and no mismatch ever.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from parity.counted import Reading
from parity.database import upsert
from parity.outcome import Difference, Kind
from parity.samples import OTHER_PATHS
from parity.tables import FLEETING
from parity.verdict_limits import MAX_FLEETING_SHARE

LEAST_SEEN = 3
"""Fewer than these may be chance."""
MAX_PATHS = 100
"""Paths of one endpoint that are told apart."""

Place = tuple[str, Kind]
"""Folded path and kind."""


@dataclass(frozen=True, slots=True)
class Fleeting:
    """The places of fleeting differences in one exchange."""

    endpoint: str
    places: frozenset[Place]


@dataclass(frozen=True, slots=True)
class FleetingPath:
    """In how many of the endpoint's comparisons something differed there and did not when asked again.

    `max_share` is how large a share may; times are Unix seconds.
    """

    endpoint: str
    path: str
    kind: str
    n: int
    compared: int
    first_seen_at: float
    last_seen_at: float
    max_share: float = MAX_FLEETING_SHARE

    @property
    def share(self) -> float:
        """Of the comparisons of this endpoint."""
        return self.n / max(self.compared, self.n, 1)

    @property
    def is_over(self) -> bool:
        """Whether the share is larger than it may be, whatever that proves."""
        return self.share > self.max_share

    @property
    def comes_and_goes(self) -> bool:
        """Whether that is seen often enough to call it a fault."""
        return self.is_over and self.n >= LEAST_SEEN

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {**asdict(self), "share": self.share, "comes_and_goes": self.comes_and_goes}


def fleeting_places(
    before: Iterable[Difference], now: Iterable[Difference], moved: Iterable[Difference]
) -> frozenset[Place]:
    """The places of `before` at which nothing differs `now`, and legacy has `moved` neither there nor around it."""
    still = {difference.folded for difference in now}
    elsewhere = {difference.folded for difference in moved}
    if "$status" in elsewhere:
        return frozenset()
    return frozenset(
        (difference.folded, difference.kind)
        for difference in before
        if difference.folded not in still and not any(_touch(difference.folded, path) for path in elsewhere)
    )


def _touch(one: str, other: str) -> bool:
    """Whether two folded paths are the same, or one is within the other."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return longer.startswith(shorter) and longer[len(shorter) :][:1] in ("", ".", "[")


def add_fleeting(connection: sa.Connection, found: Sequence[Fleeting], minute: int, at: float) -> None:
    """Add to the counts of that minute, within the bound of paths."""
    if not found:
        return
    known: dict[str, set[str]] = {one.endpoint: set() for one in found}
    chosen = sa.select(FLEETING.c.endpoint, FLEETING.c.id).where(FLEETING.c.endpoint.in_(known)).distinct()
    for endpoint, row_id in connection.execute(chosen):
        known[endpoint].add(row_id)
    rows: dict[str, dict[str, Any]] = {}
    for one in found:
        bounded = {_bounded(one.endpoint, place, known[one.endpoint]) for place in one.places}
        for path, kind in bounded:
            row_id = _id(one.endpoint, path, kind)
            row = {"minute": minute, "id": row_id, "endpoint": one.endpoint, "path": path, "kind": kind}
            row |= {"n": 0, "first_seen_at": at, "last_seen_at": at}
            rows.setdefault(row_id, row)["n"] += 1
    # always in one order, so that two workers cannot wait for each other's rows
    in_order = [rows[row_id] for row_id in sorted(rows)]
    upsert(connection, FLEETING, in_order, add=("n",), first_seen_at="min", last_seen_at="max")


def _bounded(endpoint: str, place: Place, known: set[str]) -> tuple[str, str]:
    path, kind = place
    row_id = _id(endpoint, path, kind.value)
    if row_id not in known and len(known) >= MAX_PATHS:
        return OTHER_PATHS, ""
    known.add(row_id)
    return path, kind.value


def _id(endpoint: str, path: str, kind: str) -> str:
    return hashlib.sha256(f"{endpoint}\0{path}\0{kind}".encode("utf-8", "replace")).hexdigest()[:12]


def forget_fleeting(connection: sa.Connection, minute: int) -> None:
    """Forget what was seen before that minute."""
    connection.execute(sa.delete(FLEETING).where(FLEETING.c.minute < minute))


def read_fleeting(
    store: Reading, minute: int, compared: Mapping[str, int], max_share: float
) -> tuple[FleetingPath, ...]:
    """What was seen from that minute on at these endpoints, with their comparisons; the largest share first."""
    counted = store.since(FLEETING, minute)
    columns = (counted.c.endpoint, counted.c.path, counted.c.kind)
    chosen = sa.select(
        *columns,
        sa.func.sum(counted.c.n),
        sa.func.min(counted.c.first_seen_at),
        sa.func.max(counted.c.last_seen_at),
    ).group_by(*columns)
    found = [
        FleetingPath(endpoint, path, kind, int(n), compared[endpoint], first, last, max_share)
        for endpoint, path, kind, n, first, last in store.connection.execute(chosen)
        if endpoint in compared
    ]
    return tuple(sorted(found, key=lambda one: (-one.share, one.endpoint, one.path, one.kind)))
