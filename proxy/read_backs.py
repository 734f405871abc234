"""Where what a write wrote is read: as its endpoint declares, as its answer says, or by its path."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from parity.exchange import NO_READ_BACK, Endpoint
from proxy.routing import RoutingTable

_ID_PATHS = ("$.data.id", "$.id")
_NAMES_A_RESOURCE = frozenset({201, 202, 303})
"""The statuses whose `Location` is what was written (RFC 9110 section 10.2.2)."""
_TARGET = re.compile(r"/[!\"$-~]{0,2047}").fullmatch
_MAX_ID = 200


class Unread(StrEnum):
    """Why a write that was committed is not read back."""

    NO_READ = "no_read"
    """No read shows what it wrote."""
    NO_RESOURCE = "no_resource"
    """Its answer does not say which resource it wrote."""
    NOT_SHOWN = "not_shown"
    """Neither backend shows it to whoever wrote it."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The read that checks the writes of one endpoint.

    `segments` are those of its path: a text, the number of the segment of the write's path that goes there, or None
    for the id, which stands in the write's answer at the first of `id_paths` that is there. What is declared wins over
    a `Location`.
    """

    read: Endpoint
    segments: tuple[str | int | None, ...]
    id_paths: tuple[str, ...] = _ID_PATHS
    is_declared: bool = False

    @property
    def wants_answer(self) -> bool:
        """Whether the path alone does not say which resource it is."""
        return None in self.segments


class Found(NamedTuple):
    """A read, and where: its raw target. `is_of_path` says that the path of the write names it, not its answer."""

    read: Endpoint
    target: str
    is_of_path: bool


class ReadBacks:
    """The reads by the names of the writes that they check."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        listed = tuple(endpoints)
        self._routing = RoutingTable(listed)
        reads = _reads(listed)
        found = {one.name: _read_back(one, reads) for one in listed if not one.is_read and one.mirrorable}
        self._by_write = {name: read_back for name, read_back in found.items() if read_back is not None}

    def of(self, write: str) -> ReadBack | None:
        """The read of that endpoint's writes; None: there is none."""
        return self._by_write.get(write)

    def find(
        self, write: str, target: str, status: int, location: str | None, answer: Callable[[], Any]
    ) -> Found | Unread:
        """Which read shows what this write wrote.

        `location` is the header of the write's answer, `answer` gives the answer's JSON value and is only asked if
        the id is wanted. Whatever a backend says there, the target is a path at a read of the list.
        """
        read_back = self._by_write.get(write)
        if read_back is None:
            return Unread.NO_READ
        path = target.partition("?")[0]
        if location and status in _NAMES_A_RESOURCE and not read_back.is_declared:
            pointed = _pointed_at(location, path)
            read = self._read_at(pointed)
            if read is not None:
                return Found(read, pointed, is_of_path=False)
        built = _built(read_back, path, answer)
        if self._read_at(built) != read_back.read:
            return Unread.NO_RESOURCE
        return Found(read_back.read, built, is_of_path=not read_back.wants_answer)

    def _read_at(self, target: str) -> Endpoint | None:
        endpoint = self._routing.match("GET", target) if _TARGET(target) else None
        return endpoint if endpoint is not None and endpoint.mirrorable else None


def problem(write: Endpoint, endpoints: Sequence[Endpoint]) -> str:
    """What was expected of an endpoint's `read_back` that cannot be followed; empty where it can."""
    reads = _reads(endpoints)
    read_back = None if write.is_read else _read_back(write, reads)
    wanted = 0 if read_back is None else read_back.segments.count(None)
    is_none = write.read_back == NO_READ_BACK
    is_unknown = bool(write.read_back) and not is_none and _shape(write.read_back) not in reads
    wrong = (
        (write.is_read and (write.read_back or write.read_back_id), "expected nothing at a read"),
        (is_none and write.read_back_id, "expected no read_back_id where nothing is read back"),
        (is_unknown, "expected 'none' or the path of a GET in endpoints that is mirrorable"),
        (wanted > 1, f"expected one parameter at most that {write.path!r} has not"),
        (
            write.read_back_id and not wanted,
            "expected no read_back_id where the answer is not asked for an id",
        ),
    )
    return next((expected for is_wrong, expected in wrong if is_wrong), "")


def _reads(endpoints: Iterable[Endpoint]) -> dict[tuple[str, ...], Endpoint]:
    return {_shape(one.path): one for one in endpoints if one.method == "GET" and one.mirrorable}


def _read_back(write: Endpoint, reads: Mapping[tuple[str, ...], Endpoint]) -> ReadBack | None:
    if write.read_back == NO_READ_BACK:
        return None
    id_paths = (write.read_back_id,) if write.read_back_id else _ID_PATHS
    if write.read_back:
        read = reads.get(_shape(write.read_back))
        return None if read is None else ReadBack(read, _segments(write, write.read_back), id_paths, True)
    shape = _shape(write.path)
    items = [(*shape, "{}")] if write.method == "POST" else []
    parents = [shape[:end] for end in range(len(shape), 1, -1)]
    for place in (*items, *parents):
        read = reads.get(place)
        if read is not None and read.domain == write.domain:
            return ReadBack(read, _segments(write, read.path), id_paths, bool(write.read_back_id))
    return None


def _shape(path: str) -> tuple[str, ...]:
    """The segments of a template, whatever its parameters are called."""
    return tuple("{}" if segment.startswith("{") else segment for segment in path.split("/"))


def _segments(write: Endpoint, path: str) -> tuple[str | int | None, ...]:
    own = write.path.split("/")
    own_shape, shape = _shape(write.path), _shape(path)
    found: list[str | int | None] = []
    for number, segment in enumerate(path.split("/")):
        if not segment.startswith("{"):
            found.append(segment)
        elif segment in own:
            found.append(own.index(segment))
        else:
            below = number + 1
            found.append(number if own_shape[:below] == shape[:below] else None)
    return tuple(found)


def _pointed_at(location: str, path: str) -> str:
    """Path and query of a `Location`: whose they are is configuration's to say, not an answer's."""
    try:
        parts = urlsplit(urljoin(path, location))
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _built(read_back: ReadBack, path: str, answer: Callable[[], Any]) -> str:
    """The target of the read; empty if the answer does not name the id."""
    own = path.split("/")
    named = _id_in(answer(), read_back.id_paths) if read_back.wants_answer else ""
    if named is None:
        return ""
    parts = (
        named if segment is None else own[segment] if isinstance(segment, int) else segment
        for segment in read_back.segments
    )
    return "/".join(parts)


def _id_in(answer: Any, paths: Iterable[str]) -> str | None:
    """The id at the first of these paths that holds a text or a whole number, fit to stand in a path."""
    for path in paths:
        value = answer
        for key in path.split(".")[1:]:
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= _MAX_ID:
            return quote(str(value), safe="", errors="replace")
    return None
