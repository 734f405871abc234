"""Captures on their way to the parity worker: a bounded queue, and the frames that wait for their receipts."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from msgspec import structs

from parity.exchange import ENDED, PRESENT, Backend, Batch, Capture, Count
from parity.wire import MAX_FRAME_BYTES, batch_pieces, capture_pieces
from proxy.counters import UNLISTED, Counters
from proxy.settings import HandoverSettings

_MAX_CAPTURE_BYTES = MAX_FRAME_BYTES // 2
_PRESENT = Count(UNLISTED, PRESENT, "", 1)
_ENDED = Count(UNLISTED, ENDED, "", 1)


class CaptureSink(Protocol):
    """Where captures go; used on the live path, so it never waits."""

    def wants(self, shadow: Backend) -> bool:
        """Whether a capture may come of use whose copy would go to that backend; False: it is to be shed as `shadow_down`."""
        ...

    def put(self, capture: Capture) -> bool:
        """False: there was no room, and it was counted as shed."""
        ...


class Frame(NamedTuple):
    """A batch as it is sent, and sent again; `items` and `size` are what it holds of the bounds."""

    seq: int
    pieces: Sequence[bytes]
    items: int
    size: int


class Outbox:
    """Builds batches whose books balance; a few of them at a time are without a receipt.

    The bounds include those: their room is free when their receipts have come. A capture is encoded when it comes:
    what it was made of is in the processor's caches then, and need not be kept.
    """

    def __init__(self, proxy: str, settings: HandoverSettings, counters: Counters) -> None:
        self._proxy = proxy
        self._settings = settings
        self._counters = counters
        self._queue: deque[tuple[tuple[bytes, ...], int]] = deque()
        """Captures as they are sent, each with its bytes."""
        self._seq = 0
        self._said_in_flight = 0
        self._said_end = False
        self._most_items = settings.queue_items
        self._most_bytes = settings.queue_bytes
        self._unacknowledged_items = 0
        self.held_bytes = 0
        self.unacknowledged: deque[Frame] = deque()

    @property
    def is_full_batch(self) -> bool:
        """Whether there are enough captures not to wait for more."""
        return len(self._queue) >= self._settings.batch_captures

    @property
    def is_window_full(self) -> bool:
        """Whether a receipt has to come before the next batch may go."""
        return len(self.unacknowledged) >= self._settings.window_batches

    @property
    def waiting(self) -> int:
        """How many captures are in no batch yet."""
        return len(self._queue)

    @property
    def unacknowledged_captures(self) -> int:
        """How many captures are in batches whose receipts have not come."""
        return self._unacknowledged_items

    def put(self, capture: Capture) -> bool:
        """Queue a capture; False: there was no room, or it cannot be written down, and it is shed."""
        if len(self._queue) + self._unacknowledged_items < self._most_items:
            try:
                pieces = capture_pieces(capture)
            except UnicodeEncodeError:
                pieces = _readable(capture)
            size = sum(map(len, pieces))
            held = self.held_bytes + size
            if 0 < size <= _MAX_CAPTURE_BYTES and held <= self._most_bytes:
                self.held_bytes = held
                self._queue.append((pieces, size))
                return True
        self._counters.shed(capture.endpoint, "parity_queue")
        return False

    def next_frame(self, *, present: bool = False, closing: bool = False) -> Frame | None:
        """The next batch, which is without its receipt from now on; None: there is nothing to say.

        With `present` there is one in any case, so that whoever adds up knows that there was nothing. When `closing`,
        the last one says that it is, and what waits for its receipt then is present no more.
        """
        counters = self._counters
        is_due = (present or closing) and not self._said_end
        is_empty = not self._queue and not counters.pending and counters.in_flight == self._said_in_flight
        if is_empty and not is_due:
            return None
        captures: list[tuple[bytes, ...]] = []
        size = 0
        while self._queue and len(captures) < self._settings.batch_captures:
            pieces, own = self._queue[0]
            if captures and size + own > self._settings.batch_bytes:
                break
            self._queue.popleft()
            captures.append(pieces)
            size += own
        self._seq += 1
        counters.handed_over(len(captures))
        self._said_in_flight = counters.in_flight
        said = [_PRESENT]
        if closing and not self._queue and not self._said_end:
            said.append(_ENDED)
            self._said_end = True
        batch = Batch(self._proxy, self._seq, (*counters.take(), *said), counters.in_flight)
        frame = Frame(self._seq, batch_pieces(batch, captures), len(captures), size)
        self._unacknowledged_items += frame.items
        self.unacknowledged.append(frame)
        return frame

    def receipt_came(self, seq: int) -> bool:
        """The oldest batch without a receipt is in the store; False: that is another one."""
        if not self.unacknowledged or self.unacknowledged[0].seq != seq:
            return False
        frame = self.unacknowledged.popleft()
        self._unacknowledged_items -= frame.items
        self.held_bytes -= frame.size
        return True


class NoParity:
    """The end of the way where there is no parity worker: every capture is shed, so that the books balance."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def wants(self, _shadow: Backend) -> bool:
        """Nobody knows."""
        return True

    def put(self, capture: Capture) -> bool:
        """Shed it."""
        self._counters.shed(capture.endpoint, "parity_queue")
        return False


def _readable(capture: Capture) -> tuple[bytes, ...]:
    """The capture with an address that was no UTF-8 read as Latin-1; empty if something else of it is no text."""
    try:
        address = capture.address.encode("utf-8", "surrogateescape").decode("latin-1")
        return capture_pieces(structs.replace(capture, address=address))
    except UnicodeEncodeError:
        return ()
