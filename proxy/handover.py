"""Hands captures and counts over to the parity worker, each batch until its receipt has come."""

import asyncio
from contextlib import suppress
from pathlib import Path

import structlog

from parity.errors import FrameError
from parity.exchange import Capture
from parity.wire import read_receipt
from proxy.outbox import Outbox
from proxy.settings import HandoverSettings

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Handover:
    """One connection to the parity worker's socket; after every failure all batches without a receipt are sent again.

    They are sent unchanged and in order, and receipts are taken in that order only.
    """

    def __init__(self, socket: Path, outbox: Outbox, settings: HandoverSettings) -> None:
        self._socket = socket
        self._outbox = outbox
        self._settings = settings
        self._hurry = asyncio.Event()
        self._receipt = asyncio.Event()
        self.levels: dict[str, float] = {}
        """How the parity worker stood as of its last receipt."""
        self._heard_at = 0.0
        self._said_at = 0.0
        self._closing = False
        self._reachable = True

    def put(self, capture: Capture) -> bool:
        """Queue a capture; False: there was no room, and it was counted as shed."""
        taken = self._outbox.put(capture)
        if self._outbox.is_full_batch:
            self._hurry.set()
        return taken

    async def run(self) -> None:
        """Hand over until closed and empty; cancel to give up what is left."""
        self._said_at = asyncio.get_running_loop().time()
        while True:
            try:
                await self._converse()
            except (OSError, FrameError, TimeoutError) as error:
                self._report(is_reachable=False, error=str(error) or type(error).__name__)
                await asyncio.sleep(self._settings.retry_s)
            else:
                return

    def close(self) -> None:
        """What is there is the last: `run` ends when it has its receipts."""
        self._closing = True
        self._hurry.set()
        self._receipt.set()

    async def _converse(self) -> None:
        """One connection, until everything is handed over; raises what broke it."""
        reader, writer = await asyncio.open_unix_connection(self._socket)
        self._heard_at = asyncio.get_running_loop().time()
        sending = asyncio.create_task(self._send(writer))
        receiving = asyncio.create_task(self._receive(reader))
        try:
            done, _ = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)
            writer.transport.abort()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        for again in tuple(self._outbox.unacknowledged):
            writer.writelines(again.pieces)
            await writer.drain()
        while True:
            if not self._closing and not self._outbox.is_full_batch:
                self._hurry.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._settings.batch_interval_s):
                        await self._hurry.wait()
            while self._outbox.is_window_full:
                await self._next_receipt()
            now = asyncio.get_running_loop().time()
            present = now - self._said_at >= self._settings.presence_s
            if (frame := self._outbox.next_frame(present=present, closing=self._closing)) is not None:
                self._said_at = now
                if len(self._outbox.unacknowledged) == 1:
                    self._heard_at = asyncio.get_running_loop().time()
                writer.writelines(frame.pieces)
                await writer.drain()
            elif self._closing:
                if not self._outbox.unacknowledged:
                    return
                await self._next_receipt()

    async def _next_receipt(self) -> None:
        self._receipt.clear()
        await self._receipt.wait()

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        loop = asyncio.get_running_loop()
        reading = asyncio.ensure_future(read_receipt(reader))
        try:
            while True:
                await asyncio.wait({reading}, timeout=self._settings.receipt_timeout_s / 2)
                if reading.done():
                    receipt = reading.result()
                    if receipt is None or not self._outbox.receipt_came(receipt.seq):
                        raise FrameError(
                            "the parity worker closed" if receipt is None else "no receipt of ours"
                        )
                    self._heard_at = loop.time()
                    self.levels = receipt.levels
                    self._receipt.set()
                    self._report(is_reachable=True)
                    reading = asyncio.ensure_future(read_receipt(reader))
                elif self._outbox.unacknowledged:
                    silent_s = loop.time() - self._heard_at
                    if silent_s >= self._settings.receipt_timeout_s:
                        raise TimeoutError(f"no receipt for {silent_s:.1f} s")
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, FrameError, OSError):
                await reading

    def _report(self, *, is_reachable: bool, error: str = "") -> None:
        if is_reachable is self._reachable:
            return
        self._reachable = is_reachable
        if is_reachable:
            log.info("parity_worker_back")
        else:
            log.warning("parity_worker_lost", error=error)
