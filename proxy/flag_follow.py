"""What happens to the flags as it happens: changes, and proxy workers that come, acknowledge and go."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from proxy.flag_rows import Change, Worker

PAUSE_S = 0.05


class Followed(Protocol):
    """What is read again and again: the store, or whatever tells of it."""

    def version(self) -> int:
        """That of the flag table."""
        ...

    def workers(self) -> list[Worker]:
        """The proxy workers that run."""
        ...

    def history(self, limit: int = 50, /) -> list[Change]:
        """The latest entries of the ledger, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Begun:
    """How it was when the following began."""

    version: int
    workers: tuple[Worker, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry of the ledger was made."""

    change: Change


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A worker serves another version; `is_last` says that all of them now serve the present one."""

    worker: Worker
    is_last: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A worker is there that was not."""

    worker: Worker


@dataclass(frozen=True, slots=True)
class Left:
    """A worker is not there any more."""

    worker: Worker


Event = Begun | Changed | Acknowledged | Joined | Left


@dataclass(slots=True)
class Following:
    """Reads the store again and again; `pause` waits between two readings and says whether there is another."""

    store: Followed
    pause: Callable[[], bool]
    _version: int = 0
    _workers: dict[str, Worker] = field(default_factory=dict)

    def events(self) -> Iterator[Event]:
        """What happens, from now on. Raises FlagStoreError."""
        # the version first: what is changed after it was read is told, if need be twice as late but never not
        self._version = self.store.version()
        self._workers = {worker.id: worker for worker in self.store.workers()}
        yield Begun(self._version, tuple(self._workers.values()))
        while self.pause():
            yield from self._changes()
            yield from self._of_workers()

    def _changes(self) -> Iterator[Event]:
        version = self.store.version()
        if version == self._version:
            return
        missed = self.store.history(max(1, version - self._version))
        for change in reversed(missed):
            if change.version > self._version:
                yield Changed(change)
        self._version = max(self._version, version)

    def _of_workers(self) -> Iterator[Event]:
        present = {worker.id: worker for worker in self.store.workers()}
        for name, worker in self._workers.items():
            if name not in present:
                yield Left(worker)
        known, self._workers = self._workers, present
        behind = sum(worker.version < self._version for worker in present.values())
        for name, worker in present.items():
            before = known.get(name)
            if before is None:
                yield Joined(worker)
            elif before.version != worker.version:
                yield Acknowledged(worker, is_last=behind == 0)


def pausing(
    seconds: float | None, stopped: Callable[[], bool] = lambda: False, pause_s: float = PAUSE_S
) -> Callable[[], bool]:
    """A pause of `pause_s` between two readings, until `stopped` and for so many seconds in all; None: for ever."""
    ends = None if seconds is None else time.monotonic() + seconds

    def pause() -> bool:
        if ends is not None and time.monotonic() >= ends:
            return False
        time.sleep(pause_s)
        return not stopped()

    return pause
