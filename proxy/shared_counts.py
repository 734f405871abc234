"""The memory in which the proxy workers of one `crossfade up` count writes for each other.

One file of 64-bit words, mapped by every worker: head (8 words), the names of the domains, then the counters. Each
counter has one word a slot; a slot has one writer, and readers sum over all slots. Words are aligned, so that none is
ever read half written. What a writer stored before it sent an answer is there for whoever hears of that answer.

A worker that is alone has the same words in memory of its own.
"""

import mmap
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from proxy.errors import CountsError

EVERYWHERE = ""
"""The domain of unlisted writes: nobody knows what they change, so they concern every domain."""
ROWS = 1024
"""How many counters a domain has for its rows; rows share them by the end of their ids."""

_MAGIC = 0x31534E54_43534358  # "XCSCTNS1", and the number of this layout
_HEAD_WORDS = 8
_WORD = 8
_NAME_BYTES = 64
_ROOM = 64
_MAX_SLOTS = 1024


class Counts:
    """The counters as one slot sees them. A domain that is new is entered by the owner of the memory alone.

    Each domain has: writes finished and removals among them (of all domains in one stretch), writes begun and ended,
    writes that may have changed each row, and writes by row.
    """

    def __init__(self, memory: mmap.mmap, slot: int | None, *, owner: bool) -> None:
        self._memory = memory
        self._words = memoryview(memory).cast("Q")
        _magic, epoch, self.slots, self._room = self._words[:4].tolist()
        self._slot = slot or 0
        self._owner = owner
        self._places: dict[str, int] = {}
        self.epoch = f"{epoch:012x}"
        base = _HEAD_WORDS + self._room * _NAME_BYTES // _WORD
        self._finished = base
        self._races = base + 2 * self._room * self.slots
        self._all_rows = base + 4 * self._room * self.slots
        self._rows = base + 5 * self._room * self.slots
        self._read_names()

    @classmethod
    def alone(cls, domains: Iterable[str] = ()) -> Self:
        """For a worker that shares with nobody; domains are entered as they come."""
        names = _listed(domains)
        room = max(_ROOM, 2 * len(names))
        memory = mmap.mmap(-1, _size(1, room))
        _write_head(memory, 1, room)
        counts = cls(memory, 0, owner=True)
        counts.enter(names)
        return counts

    @classmethod
    def make(cls, file: Path, slots: int, domains: Iterable[str]) -> Self:
        """A new file in the place of an old one, with an epoch of its own; whoever has the old one keeps it.

        Raises CountsError.
        """
        if not 1 <= slots <= _MAX_SLOTS:
            raise CountsError(f"{file}: {slots} slots: expected 1 to {_MAX_SLOTS}")
        names = _listed(domains)
        room = max(_ROOM, 2 * len(names))
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_CREAT | os.O_RDWR | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                # its blocks are taken now: a disk that is full later would end a worker by SIGBUS
                os.posix_fallocate(descriptor, 0, _size(slots, room))
                memory = mmap.mmap(descriptor, _size(slots, room))
            finally:
                os.close(descriptor)
            _write_head(memory, slots, room)
            draft.replace(file)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise CountsError(f"{file}: cannot be made: {error.strerror or error}") from error
        counts = cls(memory, None, owner=True)
        counts.enter(names)
        return counts

    @classmethod
    def open(cls, file: Path, slot: int | None) -> Self:
        """What another process has made; without a slot it can only be read. Raises CountsError."""
        try:
            with file.open("rb" if slot is None else "r+b") as stream:
                access = mmap.ACCESS_READ if slot is None else mmap.ACCESS_WRITE
                memory = mmap.mmap(stream.fileno(), 0, access=access)
        except (OSError, ValueError) as error:
            raise CountsError(f"{file}: cannot be read: {error}") from error
        with memoryview(memory) as view:
            head = view[: _HEAD_WORDS * _WORD].cast("Q").tolist() if len(view) >= _HEAD_WORDS * _WORD else []
        if not head or head[0] != _MAGIC or len(memory) != _size(head[2], head[3]):
            raise CountsError(f"{file}: is no file of write counts, or one of another version")
        if slot is not None and not 0 <= slot < head[2]:
            raise CountsError(f"{file}: slot {slot}: expected 0 to {head[2] - 1}")
        return cls(memory, slot, owner=False)

    def enter(self, domains: Iterable[str]) -> None:
        """Make room for domains that are new; the owner alone may. Raises CountsError when there is none left."""
        names = [*self._places, *(name for name in _listed(domains) if name not in self._places)]
        text = "\n".join(names).encode()
        if len(names) > self._room or len(text) > self._room * _NAME_BYTES:
            raise CountsError(
                f"{len(names) - 1} domains: there is room for {self._room - 1} since the start; a restart makes more"
            )
        start = _HEAD_WORDS * _WORD
        self._memory[start : start + len(text)] = text
        self._words[5] = len(text)
        self._words[4] = len(names)
        self._read_names()

    def place_of(self, domain: str) -> int:
        """Where that domain's counters are. Raises CountsError when it was never entered."""
        place = self._places.get(domain)
        if place is None:
            if self._owner:
                self.enter([domain])
            else:
                self._read_names()
            place = self._places.get(domain)
            if place is None:
                raise CountsError(f"{domain!r} has no write counts: it was not there when they were made")
        return place

    @property
    def domains(self) -> dict[str, int]:
        """All domains and their places; everywhere is the first."""
        return dict(self._places)

    def finished(self, place: int, *, removal: bool) -> None:
        """Count a finished write."""
        word = self._finished + 2 * place * self.slots + self._slot
        if removal:
            self._words[word + self.slots] += 1
        self._words[word] += 1

    def changed_row(self, place: int, row: int | None) -> None:
        """Count a write to one row; None: to any."""
        if row is None:
            self._words[self._all_rows + place * self.slots + self._slot] += 1
        else:
            self._words[self._rows + (place * ROWS + row) * self.slots + self._slot] += 1

    def finished_stretch(self, places: int) -> tuple[int, int]:
        """From and to which byte finished and removals of the first domains are, for `read`; each by slots."""
        return self._finished * _WORD, (self._finished + 2 * places * self.slots) * _WORD

    def read(self, first: int, end: int) -> bytes:
        """Those bytes as they are now: if they are what they were, nothing has happened."""
        return self._memory[first:end]

    def rows(self, place: int, row: int) -> tuple[int, int]:
        """Writes that may have changed each row, and those to this one."""
        slots, words = self.slots, self._words
        first, own = self._all_rows + place * slots, self._rows + (place * ROWS + row) * slots
        if slots == 1:
            return words[first], words[own]
        return sum(words[first : first + slots]), sum(words[own : own + slots])

    def began(self, place: int) -> None:
        """Count a write that is about to be sent."""
        self._words[self._races + 2 * place * self.slots + self._slot] += 1

    def ended(self, place: int) -> None:
        """Count a write that was answered, or never will be."""
        self._words[self._races + (2 * place + 1) * self.slots + self._slot] += 1

    def race_stretch(self, place: int) -> tuple[int, int]:
        """From and to which byte begun and then ended of a domain are, for `read`; all slots of one, then of the other."""
        start = self._races + 2 * place * self.slots
        return start * _WORD, (start + 2 * self.slots) * _WORD

    def take_over(self, slot: int | None = None) -> int:
        """End the writes that were in flight in this slot (or another of nobody) when its worker was killed; how many.

        Nobody knows whether they were committed, or what they changed: each counts as one that may have removed any row.
        """
        slot = self._slot if slot is None else slot
        if slot != self._slot:
            return Counts(self._memory, slot, owner=False).take_over()
        lost = 0
        for place in range(len(self._places)):
            begun = self._races + 2 * place * self.slots + self._slot
            in_flight = self._words[begun] - self._words[begun + self.slots]
            for _ in range(in_flight):
                self.changed_row(place, None)
                self.finished(place, removal=True)
                self.ended(place)
            lost += in_flight
        return lost

    def _read_names(self) -> None:
        count, length = self._words[4], self._words[5]
        if count:
            start = _HEAD_WORDS * _WORD
            names = self._memory[start : start + length].decode().split("\n")
            self._places = {name: place for place, name in enumerate(names[:count])}


def _listed(domains: Iterable[str]) -> list[str]:
    return [EVERYWHERE, *sorted(set(domains) - {EVERYWHERE})]


def _size(slots: int, room: int) -> int:
    return (_HEAD_WORDS + room * _NAME_BYTES // _WORD + room * slots * (5 + ROWS)) * _WORD


def _write_head(memory: mmap.mmap, slots: int, room: int) -> None:
    with memoryview(memory) as view, view.cast("Q") as words:
        for word, value in enumerate((_MAGIC, secrets.randbits(48), slots, room)):
            words[word] = value
