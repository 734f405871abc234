"""Hands captures and counts over to the parity worker, each batch until its receipt has come.

It shares a core with live requests, and what it does for a batch costs those that follow the processor's caches: so
there is no task, no stream and no timer for each.
"""

import asyncio
from collections import deque
from pathlib import Path
from typing import cast

import structlog

from parity.errors import FrameError
from parity.exchange import Backend, Capture, Receipt
from parity.wire import Frames, decode_receipt
from proxy.left_alone import LeftAlone
from proxy.outbox import Frame, Outbox
from proxy.settings import HandoverSettings

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Handover:
    """Keeps a connection to the parity worker's socket; after every failure all batches without a receipt go again.

    They are sent unchanged and in order, and receipts are taken in that order only.
    """

    def __init__(self, socket: Path, outbox: Outbox, settings: HandoverSettings) -> None:
        self._socket = socket
        self._outbox = outbox
        self._settings = settings
        self._connection: _Connection | None = None
        self._reachable = True
        self.levels: dict[str, float] = {}
        """How the parity worker stood as of its last receipt."""
        self._left_alone = LeftAlone()
        self.closing = False
        self.said_at = 0.0
        """When the last batch went, by the loop's clock."""

    def wants(self, shadow: Backend) -> bool:
        """Whether a copy to that shadow may come to something, as the parity worker said last."""
        return self._left_alone.wants(shadow)

    def put(self, capture: Capture) -> bool:
        """Queue a capture; False: there was no room, and it was counted as shed."""
        taken = self._outbox.put(capture)
        if self._outbox.is_full_batch and self._connection is not None:
            self._connection.send_soon()
        return taken

    async def run(self) -> None:
        """Hand over until closed and empty; cancel to give up what is left."""
        self.said_at = asyncio.get_running_loop().time()
        while True:
            try:
                await self._converse()
            except (OSError, FrameError) as error:
                self._report(is_reachable=False, error=str(error) or type(error).__name__)
                await asyncio.sleep(self._settings.retry_s)
            else:
                return

    def close(self) -> None:
        """What is there is the last: `run` ends when it has its receipts."""
        self.closing = True
        if self._connection is not None:
            self._connection.send_soon()

    def receipt_came(self, receipt: Receipt) -> None:
        """What a connection has got. Raises FrameError when it is not that of the oldest batch."""
        if not self._outbox.receipt_came(receipt.seq):
            raise FrameError("no receipt of ours")
        self.levels = receipt.levels
        self._left_alone.told(receipt.levels)
        self._report(is_reachable=True)

    async def _converse(self) -> None:
        """One connection, until everything is handed over; raises what broke it."""
        loop = asyncio.get_running_loop()
        connection = _Connection(self, self._outbox, self._settings, loop)
        try:
            await loop.create_unix_connection(lambda: connection, str(self._socket))
            self._connection = connection
            await connection.over
        finally:
            self._connection = None
            self._left_alone.forget()
            connection.abort()

    def _report(self, *, is_reachable: bool, error: str = "") -> None:
        if is_reachable is self._reachable:
            return
        self._reachable = is_reachable
        if is_reachable:
            log.info("parity_worker_back")
        else:
            log.warning("parity_worker_lost", error=error)


class _Connection(asyncio.Protocol):
    """What has no receipt goes first, then a batch whenever one is full or none has gone for the interval.

    `over` comes when everything is handed over, else it raises FrameError or OSError, TimeoutError among them.
    """

    def __init__(
        self, handover: Handover, outbox: Outbox, settings: HandoverSettings, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._handover = handover
        self._outbox = outbox
        self._loop = loop
        self._interval_s = settings.batch_interval_s
        self._presence_s = settings.presence_s
        self._receipt_timeout_s = settings.receipt_timeout_s
        self.over: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._receipts = Frames()
        self._again: deque[Frame] = deque()
        self._sent_at = self._heard_at = 0.0
        self._is_due = False
        self._is_full = False
        self._is_called = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._again.extend(self._outbox.unacknowledged)
        self._sent_at = self._heard_at = self._loop.time()
        self._send()
        self._look()

    def data_received(self, data: bytes) -> None:
        """Receipts, or a piece of one."""
        try:
            for payload in self._receipts.feed(data):
                self._handover.receipt_came(decode_receipt(payload))
                self._heard_at = self._loop.time()
        except FrameError as error:
            self._fail(error)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """The parity worker is gone."""
        self._fail(FrameError("the parity worker closed") if exc is None else exc)

    def pause_writing(self) -> None:
        """It does not read."""
        self._is_full = True

    def resume_writing(self) -> None:
        """It does again."""
        self._is_full = False
        self._send()

    def send_soon(self) -> None:
        """Send what may be sent, after what the loop does now: that may be a live request."""
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon(self._send)

    def abort(self) -> None:
        """Nothing comes of it any more."""
        self.over.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _look(self) -> None:
        """Whether a batch or a receipt is due. Batches that were full may have gone since the last look."""
        now = self._loop.time()
        silent_s = now - self._heard_at
        if self._outbox.unacknowledged and silent_s >= self._receipt_timeout_s:
            self._fail(TimeoutError(f"no receipt for {silent_s:.1f} s"))
        if now >= self._sent_at + self._interval_s:
            self._is_due = True
            self._sent_at = now
            self._send()
        if not self.over.done():
            self._timer = self._loop.call_at(self._sent_at + self._interval_s, self._look)

    def _send(self) -> None:
        self._is_called = False
        try:
            self._send_what_may_go()
        except Exception as error:  # noqa: BLE001  in a callback of the loop nobody would hear of it: `run` says so
            self._fail(error)

    def _send_what_may_go(self) -> None:
        """What is to be sent again, then batches, as long as there is room for them."""
        outbox = self._outbox
        while not self._is_full and not self.over.done():
            closing = self._handover.closing
            if self._again:
                self._write(self._again.popleft())
            elif outbox.is_window_full or not (self._is_due or closing or outbox.is_full_batch):
                return
            else:
                now = self._loop.time()
                present = now - self._handover.said_at >= self._presence_s
                frame = outbox.next_frame(present=present, closing=closing)
                self._is_due = False
                if frame is None:
                    if closing and not outbox.unacknowledged:
                        self.over.set_result(None)
                    return
                self._sent_at = self._handover.said_at = now
                if len(outbox.unacknowledged) == 1:
                    self._heard_at = now
                self._write(frame)

    def _write(self, frame: Frame) -> None:
        if self._transport is not None:
            self._transport.writelines(frame.pieces)

    def _fail(self, error: Exception) -> None:
        if not self.over.done():
            self.over.set_exception(error)
