"""The parity worker: a process that takes batches from proxies over a Unix socket, compares and records them.

A batch gets its receipt when it is committed. If it cannot be (the store refuses), the connection ends
without a receipt and the proxy sends the batch again. What is no frame of ours ends its connection only.
"""

import asyncio
import fcntl
import os
import socket as sockets
import stat
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import structlog

from parity.compare import compare
from parity.database import open_database
from parity.errors import FrameError, SocketError, StoreError
from parity.exchange import Batch, Exchange, Receipt
from parity.outcome import Comparison, Outcome
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.store import ParityStore
from parity.wire import encode, read_batch

DRAIN_S = 5.0
QUIET_S = 0.1
"""After stop: a connection on which nothing came for so long has nothing more to hand over."""
STORE_PAUSE_S = 0.2
"""How long a refused batch's connection stays open, so that resending does not spin."""

_log = structlog.get_logger("parity")


async def run_worker(
    *,
    socket: Path,
    store_url: str,
    rules: RuleBook,
    redaction_key: bytes,
    stop: asyncio.Event,
    ready: Callable[[], None] | None = None,
) -> None:
    """Serve the socket until `stop`, then take what is already sent and return.

    Raises SocketError when another worker owns the socket or it cannot be made, StoreError for a store's URL
    that is none.
    """
    engine = open_database(store_url)
    try:
        with owned(socket), ThreadPoolExecutor(1, "parity") as thread:
            intake = _Intake(ParityStore(engine, Redactor(redaction_key)), rules, thread, stop)
            server = await _listen(socket, intake)
            _log.info("worker_started", socket=str(socket))
            try:
                if ready is not None:
                    ready()
                await stop.wait()
                await asyncio.sleep(
                    QUIET_S
                )  # connections that the kernel has accepted already get their turn
            finally:
                server.close()
                await intake.drain(DRAIN_S)
                _log.info("worker_stopped", batches=intake.taken)
    finally:
        engine.dispose()


async def _listen(socket: Path, intake: "_Intake") -> asyncio.Server:
    umask = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(intake.serve, socket)
    except OSError as error:
        raise SocketError(f"cannot listen on {socket}: {error.strerror or error}") from error
    finally:
        os.umask(umask)


@contextmanager
def owned(socket: Path) -> Iterator[None]:
    """Own a socket's path: a stale file is removed, a live one refused with SocketError. Removed at the end."""
    lock = socket.with_name(f"{socket.name}.lock")
    try:
        socket.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SocketError(f"cannot make {lock}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SocketError(f"another parity worker already owns {socket}") from error
        _remove_stale(socket)
        yield
        socket.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _remove_stale(socket: Path) -> None:
    try:
        mode = socket.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise SocketError(f"{socket} exists and is no socket; it is left alone")
    with sockets.socket(sockets.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(socket))
        except OSError:
            socket.unlink(missing_ok=True)
            return
    raise SocketError(f"another process already listens on {socket}")


class _Intake:
    """The connections of proxies, and the one thread in which batches are compared and recorded."""

    def __init__(
        self, store: ParityStore, rules: RuleBook, thread: ThreadPoolExecutor, stop: asyncio.Event
    ) -> None:
        self._store = store
        self._rules = rules
        self._thread = thread
        self._stop = stop
        self._connections: set[asyncio.Task[None]] = set()
        self.taken = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its proxy closes it or sends what is no batch."""
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            while (batch := await self._next(reader)) is not None:
                await asyncio.get_running_loop().run_in_executor(self._thread, self.take, batch)
                self.taken += 1
                writer.write(encode(Receipt(batch.seq)))
                await writer.drain()
        except FrameError as error:
            _log.warning("frame_refused", reason=str(error))
        except StoreError as error:
            _log.error("batch_not_recorded", reason=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), STORE_PAUSE_S)
        except ConnectionError as error:
            _log.info("proxy_gone", reason=str(error))
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _next(self, reader: asyncio.StreamReader) -> Batch | None:
        """The next batch; None at the end, and after stop when nothing more comes."""
        reading = asyncio.ensure_future(read_batch(reader))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                await asyncio.wait({reading}, timeout=QUIET_S)
            return reading.result() if reading.done() else None
        finally:
            stopping.cancel()
            reading.cancel()

    def take(self, batch: Batch) -> None:
        """Compare and record one batch; runs in the thread. Raises StoreError."""
        today = datetime.now(UTC).date()
        comparisons = [self._compare(exchange, today) for exchange in batch.exchanges]
        if not self._store.record(batch, comparisons):
            _log.info("batch_resent", proxy=batch.proxy, seq=batch.seq)

    def _compare(self, exchange: Exchange, today: date) -> Comparison:
        try:
            return compare(exchange, self._rules, today=today)
        except Exception as error:  # noqa: BLE001  the books must balance whatever a backend sends
            # only the kind of fault and its place: a message could quote a body
            place = traceback.extract_tb(error.__traceback__)[-1]
            fault = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
            _log.error("comparison_failed", endpoint=exchange.endpoint, fault=fault)
            return Comparison(Outcome.SKIPPED, "comparison_failed")

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
