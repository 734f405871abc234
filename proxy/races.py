"""Whether a write was in flight between the two answers of a mirrored read, so that a difference proves nothing."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from parity.exchange import Endpoint
from proxy.errors import CountsError
from proxy.shared_counts import EVERYWHERE, Counts
from proxy.writes import Writes


class Mark(NamedTuple):
    """How the writes stood when a read began."""

    in_flight: int
    begun: int


class _Seen:
    """What was read of a domain, and the mark that it makes."""

    __slots__ = ("end", "first", "mark", "own", "unlisted")

    def __init__(self, first: int, end: int) -> None:
        self.first = first
        self.end = end
        self.own = self.unlisted = b""
        self.mark = Mark(0, 0)


class Races:
    """The writes of all proxy workers, by domain; without `counts` those of this one alone.

    What is read of another worker's counters need not be of one moment: a write that is missed in flight is one that
    `begun` shows from then on.
    """

    __slots__ = ("_counts", "_domains", "_end", "_first")

    def __init__(self, counts: Counts | None = None) -> None:
        self._counts = counts or Counts.alone()
        self._first, self._end = self._counts.race_stretch(self._counts.place_of(EVERYWHERE))
        self._domains: dict[str, _Seen] = {}

    def began(self, domain: str) -> None:
        """A write is about to be sent."""
        self._counts.began(self._counts.place_of(domain))

    def ended(self, domain: str) -> None:
        """That write was answered, or will never be."""
        self._counts.ended(self._counts.place_of(domain))

    def mark(self, domain: str) -> Mark:
        """To be taken before a read is sent."""
        seen = self._domains.get(domain)
        if seen is None:
            seen = _Seen(*self._counts.race_stretch(self._counts.place_of(domain)))
            self._domains[domain] = seen
        own = self._counts.read(seen.first, seen.end)
        unlisted = self._counts.read(self._first, self._end)
        if own != seen.own or unlisted != seen.unlisted:
            seen.own, seen.unlisted = own, unlisted
            begun, ended = self._totals(own)
            begun_unlisted, ended_unlisted = (0, 0) if domain == EVERYWHERE else self._totals(unlisted)
            begun += begun_unlisted
            seen.mark = Mark(begun - ended - ended_unlisted, begun)
        return seen.mark

    def overlapped(self, domain: str, mark: Mark) -> bool:
        """Whether a write to that domain was in flight at any moment since the mark."""
        return mark.in_flight > 0 or self.mark(domain).begun != mark.begun

    def _totals(self, read: bytes) -> tuple[int, int]:
        words = memoryview(read).cast("Q")
        return sum(words[: self._counts.slots]), sum(words[self._counts.slots :])


class SharedRaces:
    """The same for a process that only reads: the parity worker, which asks backends later.

    Raises CountsError when there is no file of counts, or none of the writes of an endpoint's domain.
    """

    def __init__(self, file: Path, endpoints: Iterable[Endpoint] = ()) -> None:
        counts = Counts.open(file, None)
        self._races = Races(counts)
        self._writes = Writes(endpoints, counts)

    def mark(self, domain: str) -> Mark:
        """To be taken before a read is sent. Raises CountsError where nobody counts the writes of that domain."""
        return self._races.mark(domain)

    def stamp(self, endpoint: Endpoint, target: str) -> str:
        """What a request at one of the endpoints has to have seen that begins now."""
        return self._writes.stamp(endpoint, target)

    def overlapped(self, domain: str, mark: tuple[int, int]) -> bool:
        """Whether a write was in flight since the mark (in flight, begun); of an unknown domain nobody can say no."""
        try:
            return self._races.overlapped(domain, Mark(*mark))
        except CountsError:
            return True
