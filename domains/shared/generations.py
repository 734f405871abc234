"""Which writes a cached answer has seen: own commits, and those that the proxy counted (`X-Crossfade-Writes`).

The proxy's stamp is `epoch=<its run> *=<writes at no endpoint> <domain>=<writes>.<removals> … row=<all>.<this>`: of
each domain how many writes were finished, and for a request at one row (`/{id}` with a UUID) those that may have
touched all rows and those that touched rows of its bucket. A write to one row changes lists, and no other row; a write
to the collection itself (`POST /v1/escrows`) changes lists alone; every other write may have changed or removed any.
"""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Protocol
from uuid import UUID

HEADER = "X-Crossfade-Writes"
USERS = "users"
"""The domain whose writes may change who a caller is."""
BUCKETS = 1024
"""Rows are counted by bucket, so that memory is bounded; two rows of one bucket only cost each other a miss."""
_MAX_STAMP = 4096
_UUID_LENGTH = 36
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Callers(StrEnum):
    """Of which callers a write may change what is looked up when they call: id, e-mail address, role, activity."""

    ANY = "any"
    BY_KEY = "by_key"
    """Of those with an API key: a key was taken away, whose it was stays as it is."""
    NONE = "none"


class Place(Protocol):
    """What is asked of a route here; `reads` are the other domains that its answer shows, None any.

    Of a domain with `!` behind it only removals show: a reference to what is gone becomes null.
    """

    @property
    def domain(self) -> str:
        """Its domain."""

    @property
    def method(self) -> str:
        """Its method."""

    @property
    def path(self) -> str:
        """Its template."""

    @property
    def reads(self) -> tuple[str, ...] | None:
        """The other domains that its answer shows."""

    @property
    def callers(self) -> Callers:
        """Whom it may change, where it is a write of users."""

    @property
    def shown_in(self) -> tuple[str, ...] | None:
        """The other domains of which a write may change what they show; None is any."""


@dataclass(frozen=True, slots=True)
class _Stamp:
    """The proxy's part; `row` is empty where the request is at no row."""

    origin: str = ""
    domains: Mapping[str, str] = field(default_factory=dict)
    row: str = ""


@dataclass(slots=True)
class _Counts:
    """Own commits to one domain: all, by who else may show them, that may have changed any row, and by bucket."""

    commits: int = 0
    shown_in: dict[str, int] = field(default_factory=dict)
    removals: int = 0
    all_rows: int = 0
    rows: dict[int, int] = field(default_factory=dict)


_NONE = _Counts()


class Generations:
    """Counts this process's commits, and puts them together with the proxy's stamp of a request."""

    def __init__(self, places: Iterable[Place]) -> None:
        listed = list(places)
        self._changed = dict.fromkeys(Callers, 0)
        self._counts = {place.domain: _Counts() for place in listed}
        self._items = {
            domain: item_prefix(domain, [place.path for place in listed if place.domain == domain])
            for domain in self._counts
        }

    def committed(self, place: Place, key: str) -> None:
        """A write at this place may have been committed; to be called before its answer is sent."""
        counts = self._counts.setdefault(place.domain, _Counts())
        counts.commits += 1
        for reader in self._counts if place.shown_in is None else place.shown_in:
            counts.shown_in[reader] = counts.shown_in.get(reader, 0) + 1
        if place.domain == USERS:
            self._changed[place.callers] += 1
        bucket = self._bucket(place, key)
        creates = f"{place.path}/" == self._items.get(place.domain)
        if place.method == "DELETE" or (bucket is None and not creates):
            counts.removals += 1
        if bucket is not None:
            counts.rows[bucket] = counts.rows.get(bucket, 0) + 1
        elif not creates:
            counts.all_rows += 1

    def seen_by(self, place: Place, key: str, stamp: str | None) -> Hashable:
        """What a read at this place must have seen when it begins now: equal values have seen the same writes."""
        told = _parsed(stamp)
        domain = place.domain
        others = place.reads if place.reads is not None else sorted(self._counts.keys() - {domain})
        shown = tuple(self._other(other, domain, told) for other in others)
        bucket = self._bucket(place, key)
        if bucket is None:
            return told.origin, shown, self._commits(domain), told.domains.get(domain)
        counts = self._counts.setdefault(domain, _Counts())
        ours = (counts.all_rows, counts.rows.get(bucket, 0))
        return told.origin, shown, ours, told.row or told.domains.get(domain)

    def seen_of_caller(self, stamp: str | None, *, by_key: bool) -> Hashable:
        """The same for who a caller is; what the proxy counted may have been any write of users."""
        told = _parsed(stamp)
        changed = self._changed[Callers.ANY] + (self._changed[Callers.BY_KEY] if by_key else 0)
        return told.origin, changed, told.domains.get(USERS)

    def _other(self, name: str, reader: str, told: _Stamp) -> Hashable:
        domain = name.removesuffix("!")
        counts = self._counts.get(domain) or _NONE
        if domain == name:
            return counts.shown_in.get(reader, 0), told.domains.get(name)
        removals = told.domains.get(domain, "").partition(".")[2]
        return counts.removals, removals or "0"

    def _commits(self, domain: str) -> int:
        counts = self._counts.get(domain)
        return counts.commits if counts is not None else 0

    def _bucket(self, place: Place, key: str) -> int | None:
        item = self._items.get(place.domain)
        if not item or not place.path.startswith(f"{item}{{"):
            return None
        return _bucket_of(key)


def item_prefix(domain: str, paths: Iterable[str]) -> str | None:
    """Below which path a domain's own rows are: the one that is named like it, else the only one."""
    found = {path[: path.index("{")] for path in paths if "{" in path}
    named = [prefix for prefix in found if prefix.endswith(f"/{domain}/")]
    return named[0] if len(named) == 1 else found.pop() if len(found) == 1 else None


@lru_cache(maxsize=4096)
def _bucket_of(key: str) -> int | None:
    return UUID(key).int % BUCKETS if len(key) == _UUID_LENGTH and _UUID.fullmatch(key) else None


@lru_cache(maxsize=4096)
def _parsed(stamp: str | None) -> _Stamp:
    if not stamp or len(stamp) > _MAX_STAMP:
        return _Stamp()
    parts = dict(part.split("=", 1) for part in stamp.split(" ") if "=" in part)
    origin = f"{parts.pop('epoch', '')} {parts.pop('*', '')}"
    row = parts.pop("row", "")
    return _Stamp(origin, parts, row)
