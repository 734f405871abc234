"""Exchanges on their way to the parity worker: a bounded queue, and the batch that waits for its receipt."""

from collections import deque

from parity.exchange import Batch, Exchange
from parity.wire import MAX_FRAME_BYTES
from proxy.capture import size_of
from proxy.counters import Counters
from proxy.settings import HandoverSettings

_EXCHANGE_BYTES = 1_000
_MAX_EXCHANGE_BYTES = MAX_FRAME_BYTES // 2


class Outbox:
    """Builds batches whose books balance; at most one of them is without its receipt.

    The bounds include that batch: its room is free when its receipt has come.
    """

    def __init__(self, proxy: str, settings: HandoverSettings, counters: Counters) -> None:
        self._proxy = proxy
        self._settings = settings
        self._counters = counters
        self._queue: deque[tuple[Exchange, int]] = deque()
        self._queued_bytes = 0
        self._seq = 0
        self._said_in_flight = 0
        self._unacknowledged_items = 0
        self._unacknowledged_bytes = 0

    @property
    def is_full_batch(self) -> bool:
        """Whether there are enough exchanges not to wait for more."""
        return len(self._queue) >= self._settings.batch_exchanges

    @property
    def held_bytes(self) -> int:
        """How many bytes are held, the batch without a receipt included."""
        return self._queued_bytes + self._unacknowledged_bytes

    @property
    def waiting(self) -> int:
        """How many exchanges are in no batch yet."""
        return len(self._queue)

    @property
    def unacknowledged(self) -> int:
        """How many exchanges are in the batch whose receipt has not come."""
        return self._unacknowledged_items

    def put(self, exchange: Exchange) -> bool:
        """Queue an exchange; False: there was no room, it is shed."""
        size = _size_of(exchange)
        items = len(self._queue) + self._unacknowledged_items
        room = min(self._settings.queue_bytes - self.held_bytes, _MAX_EXCHANGE_BYTES)
        if items >= self._settings.queue_items or size > room:
            self._counters.shed(exchange.endpoint, "parity_queue")
            return False
        self._queue.append((exchange, size))
        self._queued_bytes += size
        return True

    def next_batch(self) -> Batch | None:
        """The next batch, once the one before has its receipt; None: there is nothing to say."""
        if (
            not self._queue
            and not self._counters.pending
            and self._counters.in_flight == self._said_in_flight
        ):
            return None
        exchanges: list[Exchange] = []
        size = 0
        while self._queue and len(exchanges) < self._settings.batch_exchanges:
            if exchanges and size + self._queue[0][1] > self._settings.batch_bytes:
                break
            exchange, bytes_of_it = self._queue.popleft()
            exchanges.append(exchange)
            size += bytes_of_it
        self._counters.handed_over(len(exchanges))
        self._queued_bytes -= size
        self._unacknowledged_items = len(exchanges)
        self._unacknowledged_bytes = size
        self._seq += 1
        self._said_in_flight = self._counters.in_flight
        return Batch(self._proxy, self._seq, tuple(exchanges), self._counters.take(), self._said_in_flight)

    def receipt_came(self) -> None:
        """The last batch is in the store."""
        self._unacknowledged_items = 0
        self._unacknowledged_bytes = 0


class NoParity:
    """The end of the way where there is no parity worker: every exchange is shed, so that the books balance."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def put(self, exchange: Exchange) -> bool:
        """Shed it."""
        self._counters.shed(exchange.endpoint, "parity_queue")
        return False


def _size_of(exchange: Exchange) -> int:
    return _EXCHANGE_BYTES + len(exchange.target) + size_of(exchange.legacy) + size_of(exchange.modern)
