"""Which groups move together: those of one endpoint that are in the same exchanges have probably one cause."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from parity.members import EXCHANGES, Members
from parity.outcome import Kind

LEAST_SHARED = 3
"""Fewer exchanges than these in common may be chance."""

LEAST_SHARE = 0.9
"""The share of their exchanges that groups of one cause have in common."""

_FIRST = {Kind.STATUS: 0, Kind.HEADER: 1, Kind.MISSING: 2, Kind.EXTRA: 3, Kind.TYPE: 4}


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a group: where it is, and its exchanges."""

    id: str
    endpoint: str
    path: str
    kind: str
    members: Members


@dataclass(frozen=True, slots=True)
class Cause:
    """Groups that are in the same exchanges: all of them in `together` of the `of` that were looked at.

    `exact`: these are all exchanges that any of the groups has, else a random sample. `groups` are ids, in front
    the one to look at first, whose place is `look_at`.
    """

    endpoint: str
    groups: tuple[str, ...]
    look_at: str
    together: int
    of: int
    exact: bool

    @property
    def id(self) -> str:
        """That of its groups: with another group among them it is another one, so that nobody accepts what was not shown."""
        return f"c-{hashlib.sha256(' '.join(sorted(self.groups)).encode()).hexdigest()[:8]}"

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"id": self.id, **asdict(self)}


@dataclass(slots=True)
class _Cluster:
    """Groups that were found to move together: the sketch of all their exchanges, and what is in each of them."""

    places: list[Place]
    union: tuple[str, ...]
    common: frozenset[str]
    exact: bool

    def joined(self, place: Place) -> "_Cluster | None":
        """The cluster with one group more, if they move together."""
        sketch = place.members.exchanges
        if not self.common.intersection(sketch):
            return None
        everything = sorted({*self.union, *sketch})
        union = tuple(everything[:EXCHANGES])
        common = self.common.intersection(sketch).intersection(union)
        if len(common) < max(LEAST_SHARED, LEAST_SHARE * len(union)):
            return None
        exact = self.exact and place.members.is_every_exchange and len(everything) == len(union)
        return _Cluster([*self.places, place], union, common, exact)


def causes(places: Iterable[Place]) -> tuple[Cause, ...]:
    """The sets of two groups and more that move together; give the largest groups first."""
    clusters: dict[str, list[_Cluster]] = {}
    for place in places:
        of_endpoint = clusters.setdefault(place.endpoint, [])
        for at, cluster in enumerate(of_endpoint):
            if (larger := cluster.joined(place)) is not None:
                of_endpoint[at] = larger
                break
        else:
            sketch = place.members.exchanges
            of_endpoint.append(_Cluster([place], sketch, frozenset(sketch), place.members.is_every_exchange))
    return tuple(
        _cause(cluster) for found in clusters.values() for cluster in found if len(cluster.places) > 1
    )


def _cause(cluster: _Cluster) -> Cause:
    places = sorted(cluster.places, key=_nearness)
    return Cause(
        places[0].endpoint,
        tuple(place.id for place in places),
        places[0].path,
        len(cluster.common),
        len(cluster.union),
        cluster.exact,
    )


def _nearness(place: Place) -> tuple[int, int, int, str]:
    """How near to the cause a place probably is: a status before the body that it explains, a parent before its child."""
    order = _FIRST.get(Kind(place.kind), len(_FIRST)) if place.kind in set(Kind) else len(_FIRST)
    depth = place.path.count(".") + place.path.count("[")
    return (min(order, 2), depth, order, place.path)
