"""Hands exchanges and counts over to the parity worker, each batch until its receipt has come."""

import asyncio
from contextlib import suppress
from pathlib import Path

import structlog

from parity.errors import FrameError
from parity.exchange import Exchange
from parity.wire import encode, read_receipt
from proxy.outbox import Outbox
from proxy.settings import HandoverSettings

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Handover:
    """One connection to the parity worker's socket; a batch is sent again, unchanged, after every failure."""

    def __init__(self, socket: Path, outbox: Outbox, settings: HandoverSettings) -> None:
        self._socket = socket
        self._outbox = outbox
        self._settings = settings
        self._hurry = asyncio.Event()
        self._closing = False
        self._reachable = True
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def put(self, exchange: Exchange) -> bool:
        """Queue an exchange; False: there was no room, and it was counted as shed."""
        taken = self._outbox.put(exchange)
        if self._outbox.is_full_batch:
            self._hurry.set()
        return taken

    async def run(self) -> None:
        """Hand over until closed and empty; cancel to give up what is left."""
        try:
            while True:
                if not self._closing and not self._outbox.is_full_batch:
                    self._hurry.clear()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._settings.batch_interval_s):
                            await self._hurry.wait()
                batch = self._outbox.next_batch()
                if batch is not None:
                    await self._deliver(encode(batch), batch.seq)
                    self._outbox.receipt_came()
                elif self._closing:
                    return
        finally:
            self._disconnect()

    def close(self) -> None:
        """What is there is the last: `run` ends when it has its receipts."""
        self._closing = True
        self._hurry.set()

    async def _deliver(self, frame: bytes, seq: int) -> None:
        while True:
            try:
                async with asyncio.timeout(self._settings.receipt_timeout_s):
                    await self._send(frame, seq)
            except (OSError, FrameError, TimeoutError, asyncio.IncompleteReadError) as error:
                self._disconnect()
                self._report(is_reachable=False, error=str(error) or type(error).__name__)
                await asyncio.sleep(self._settings.retry_s)
            else:
                self._report(is_reachable=True)
                return

    async def _send(self, frame: bytes, seq: int) -> None:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_unix_connection(self._socket)
        self._writer.write(frame)
        await self._writer.drain()
        receipt = await read_receipt(self._reader)
        if receipt is None or receipt.seq != seq:
            raise FrameError(f"no receipt for batch {seq}")

    def _disconnect(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    def _report(self, *, is_reachable: bool, error: str = "") -> None:
        if is_reachable is self._reachable:
            return
        self._reachable = is_reachable
        if is_reachable:
            log.info("parity_worker_back")
        else:
            log.warning("parity_worker_lost", error=error)
