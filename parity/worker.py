"""The parity worker: a process that takes batches of captures over a Unix socket, has the shadow asked, compares, records."""

import asyncio
import fcntl
import os
import socket as sockets
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from parity.bodies import BOUNDS, Bounds
from parity.completing import Shadow
from parity.confirm import Confirmer
from parity.database import open_database
from parity.errors import SocketError
from parity.intake import QUIET_S, Intake
from parity.recorded_counts import RecordedCounts
from parity.redact import Redactor
from parity.room import Room
from parity.rules import RuleBook
from parity.runs import Runs
from parity.selftest_live import SelfTest, SelfTestLimits
from parity.store import Limits, ParityStore

DRAIN_S = 5.0

_log = structlog.get_logger("parity")


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """How much of what proxies sent is held: what does not fit is not read, so that their queues fill and shed."""

    held_batches: int = 64
    held_bytes: int = 33_554_432


async def run_worker(
    *,
    socket: Path,
    store_url: str,
    rules: RuleBook,
    redaction_key: bytes,
    shadow: Shadow,
    stop: asyncio.Event,
    ready: Callable[[], None] | None = None,
    settings: IntakeSettings | None = None,
    levels: Callable[[], dict[str, float]] = dict,
    metrics: RecordedCounts | None = None,
    confirmer: Confirmer | None = None,
    self_test: SelfTestLimits | None = None,
    bounds: Bounds = BOUNDS,
    limits: Limits | None = None,
) -> None:
    """Serve the socket until `stop`, then take what is already sent and return. `levels` go with the receipts.

    Without a `confirmer` nothing is asked again. What comes of the batches is counted in `metrics`.

    Raises SocketError when another worker owns the socket or it cannot be made, StoreError for a store's URL
    that is none.
    """
    engine = open_database(store_url)
    try:
        with owned(socket), ThreadPoolExecutor(1, "parity") as thread:
            held = settings or IntakeSettings()
            room = Room(held.held_batches, held.held_bytes)
            counted = metrics or RecordedCounts()
            counted.watch(room)
            store = ParityStore(engine, Redactor(redaction_key), limits, rules=rules)
            runs = Runs(
                store,
                rules,
                shadow,
                thread=thread,
                room=room,
                stop=stop,
                confirmer=confirmer,
                self_test=SelfTest(engine, self_test),
                bounds=bounds,
                metrics=counted,
            )
            intake = Intake(runs, room, stop, levels)
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
                deadline = asyncio.get_running_loop().time() + DRAIN_S
                await intake.drain(DRAIN_S)
                await runs.drain(max(QUIET_S, deadline - asyncio.get_running_loop().time()))
                _log.info("worker_stopped", batches=runs.taken)
    finally:
        engine.dispose()


async def _listen(socket: Path, intake: Intake) -> asyncio.Server:
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
