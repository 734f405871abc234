"""The connections of proxies: frames in as far as there is room, receipts out in the order of the batches.

A batch gets its receipt when it is recorded. If it will not be, the connection ends without a receipt and the proxy
sends the batch again. What is no frame of ours ends its connection only.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from parity.errors import FrameError, StoreError
from parity.exchange import Batch, Receipt
from parity.room import Room
from parity.runs import Runs
from parity.wire import decode_batch, encode, read_length, read_payload

QUIET_S = 0.1
"""After stop: a connection on which nothing came for so long has nothing more to hand over."""

_log = structlog.get_logger("parity")
_Waiting = asyncio.Queue[tuple[int, asyncio.Task[None] | None] | None]


class Intake:
    """Serves the connections of one parity worker."""

    def __init__(
        self, runs: Runs, room: Room, stop: asyncio.Event, levels: Callable[[], dict[str, float]] = dict
    ) -> None:
        self._runs = runs
        self._levels = levels
        self._room = room
        self._stop = stop
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its proxy closes it or sends what is no batch."""
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        waiting: _Waiting = asyncio.Queue()
        receipting = asyncio.get_running_loop().create_task(_give_receipts(writer, waiting, self._levels))
        try:
            while (found := await self._next(reader, receipting)) is not None:
                batch, size = found
                waiting.put_nowait((batch.seq, await self._runs.enter(batch, size)))
            waiting.put_nowait(None)
            await receipting
        except FrameError as error:
            _log.warning("frame_refused", reason=str(error))
        except ConnectionError as error:
            _log.info("proxy_gone", reason=str(error))
        except StoreError as error:
            _log.error("receipt_withheld", reason=str(error))
        finally:
            receipting.cancel()
            await asyncio.gather(receipting, return_exceptions=True)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def drain(self, timeout_s: float) -> None:
        """Let connections finish what was sent; those that take longer are closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await asyncio.sleep(QUIET_S)  # those accepted a moment ago have not begun
                while self._connections:
                    await asyncio.wait(set(self._connections))
        late = set(self._connections)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _next(
        self, reader: asyncio.StreamReader, receipting: asyncio.Task[None]
    ) -> tuple[Batch, int] | None:
        """The next batch and its size; None at the end, after stop when nothing more comes, or without receipts."""
        reading = asyncio.ensure_future(self._read(reader))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({reading, stopping, receipting}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done() and not receipting.done():
                await asyncio.wait({reading}, timeout=QUIET_S)
            return reading.result() if reading.done() else None
        finally:
            stopping.cancel()
            reading.cancel()

    async def _read(self, reader: asyncio.StreamReader) -> tuple[Batch, int] | None:
        size = await read_length(reader)
        if size is None:
            return None
        await self._room.take(size)
        try:
            return decode_batch(await read_payload(reader, size)), size
        except BaseException:
            self._room.give_back(size)
            raise


async def _give_receipts(
    writer: asyncio.StreamWriter, waiting: _Waiting, levels: Callable[[], dict[str, float]]
) -> None:
    """Raises what kept a batch from being recorded, and ConnectionError."""
    while (one := await waiting.get()) is not None:
        seq, task = one
        if task is not None:
            await asyncio.wait({task})
            if task.cancelled():
                return
            task.result()
        writer.write(encode(Receipt(seq, levels())))
        await writer.drain()
