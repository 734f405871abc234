"""Whether a write was in flight between the two answers of a mirrored read, so that a difference proves nothing."""

from typing import NamedTuple

EVERYWHERE = ""
"""The domain of unlisted writes: nobody knows what they change, so they overlap with everything."""


class Mark(NamedTuple):
    """How the writes stood when a read began."""

    in_flight: int
    begun: int


class Races:
    """Counts the writes of one proxy worker, by domain."""

    __slots__ = ("_begun", "_ended")

    def __init__(self) -> None:
        self._begun: dict[str, int] = {}
        self._ended: dict[str, int] = {}

    def began(self, domain: str) -> None:
        """A write is about to be sent."""
        self._begun[domain] = self._begun.get(domain, 0) + 1

    def ended(self, domain: str) -> None:
        """That write was answered, or will never be."""
        self._ended[domain] = self._ended.get(domain, 0) + 1

    def mark(self, domain: str) -> Mark:
        """To be taken before a read is sent."""
        begun = self._begun.get(domain, 0) + self._begun.get(EVERYWHERE, 0)
        ended = self._ended.get(domain, 0) + self._ended.get(EVERYWHERE, 0)
        return Mark(begun - ended, begun)

    def overlapped(self, domain: str, mark: Mark) -> bool:
        """Whether a write to that domain was in flight at any moment since the mark."""
        return mark.in_flight > 0 or self.mark(domain).begun != mark.begun
