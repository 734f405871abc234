"""What waits for a thread that writes it out: bounded, and what cannot be written is counted instead of waited for."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar

import structlog

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

Item = TypeVar("Item")

_BATCH_ITEMS = 512
_REPORT_INTERVAL_S = 60.0


class Spool(Generic[Item]):
    """A queue from one thread, the loop, to another of its own.

    The bounds include the batch that is being written. `write` gets a batch and returns how many of it could be
    written; whatever it raises counts as none. `no_room`, `failed` and `written` count items.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[Sequence[Item]], int],
        *,
        max_items: int = 20_000,
        max_bytes: int = 16_777_216,
        interval_s: float = 0.2,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.name = name
        self.no_room = 0
        self.failed = 0
        self.written = 0
        self._write = write
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._interval_s = interval_s
        self._clock = clock
        self._waiting: deque[tuple[Item, int]] = deque()
        # Each number is changed by one thread only, so that no lock is needed: taken in by the loop, done by the other.
        self._taken_items = self._taken_bytes = 0
        self._done_items = self._done_bytes = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"crossfade-{name}", daemon=True)
        self._error = ""
        self._reported = (0, 0)
        self._reported_at = -_REPORT_INTERVAL_S

    def put(self, item: Item, size: int) -> bool:
        """Leave an item of about that many bytes to the thread; False: there was no room. Never waits."""
        if (
            self._taken_items - self._done_items >= self._max_items
            or self._taken_bytes - self._done_bytes + size > self._max_bytes
        ):
            self.no_room += 1
            return False
        self._taken_items += 1
        self._taken_bytes += size
        self._waiting.append((item, size))
        return True

    @property
    def held_bytes(self) -> int:
        """Roughly how many bytes wait or are being written."""
        return self._taken_bytes - self._done_bytes

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def end(self, timeout_s: float) -> bool:
        """Write what waits, within that time; False: the thread is still at it, and dies with the process."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._ending.wait(self._interval_s):
            self._write_waiting()
            self._report()  # also what was lost when there was nothing to write
        self._write_waiting()
        self._report(last=True)

    def _write_waiting(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH_ITEMS))]
            try:
                written = self._write([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 -- the thread must live, whatever the other end does
                self._error = str(error) or type(error).__name__
                written = 0
            self.written += written
            self.failed += len(batch) - written
            self._done_items += len(batch)
            self._done_bytes += sum(size for _, size in batch)
            self._report()

    def _report(self, *, last: bool = False) -> None:
        """The first loss at once, then once a minute, in one line."""
        lost = (self.no_room, self.failed)
        now = self._clock()
        if lost == self._reported or (now - self._reported_at < _REPORT_INTERVAL_S and not last):
            return
        log.warning(
            "not_written",
            what=self.name,
            no_room=lost[0] - self._reported[0],
            failed=lost[1] - self._reported[1],
            error=self._error,
        )
        self._reported, self._reported_at, self._error = lost, now, ""
