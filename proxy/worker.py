"""One proxy worker: puts the parts together, runs them, reloads them, and ends them in order."""

import asyncio
import os
import queue
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from parity.database import open_database
from parity.exchange import LEFT_ALONE, Backend
from proxy.admin import Admin
from proxy.captures import Budget
from proxy.counters import Counters
from proxy.edge import Edge
from proxy.errors import ProxyError
from proxy.figures import Figures, figures_of
from proxy.flag_rows import Registration
from proxy.flag_watch import FlagWatch
from proxy.flags import FlagTable
from proxy.guard_metrics import GuardMetrics
from proxy.handover import Handover
from proxy.headers import EdgeHeaders
from proxy.last_known_good import LastKnownGood
from proxy.metrics import Metrics
from proxy.outbox import CaptureSink, NoParity, Outbox
from proxy.plane import DataPlane
from proxy.races import Races
from proxy.rehearsal_client import RehearsalClient
from proxy.rehearsal_results import RehearsalResults
from proxy.rehearsals import Rehearser, require_secret
from proxy.settings import ProxySettings
from proxy.shared_counts import Counts
from proxy.telemetry import Telemetry, open_telemetry
from proxy.wire.plane import WirePlane
from proxy.writes import Writes

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_SWAP_S = 5.0
_FIGURES_S = 0.5
_TELEMETRY_S = 1.0
FIXED = (
    "listen_host",
    "listen_port",
    "listen_fd",
    "admin_host",
    "admin_port",
    "store_url",
    "state_dir",
    "parity_socket",
    "counts_file",
    "slot",
    "slots",
    "worker_name",
    "token_key",
    "handover",
    "tls",
    "telemetry",
)
"""What a reload leaves as it is: it takes a new process."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays through reloads."""

    counters: Counters
    budget: Budget
    counts: Counts
    rehearsals: RehearsalResults
    races: Races
    outbox: Outbox
    sink: CaptureSink
    handover: Handover | None


@dataclass(slots=True)
class Parts:
    """What a worker consists of, but for flags and listeners."""

    settings: ProxySettings
    edge: Edge
    plane: DataPlane
    kept: Kept
    metrics: Metrics
    telemetry: Telemetry
    retired: list[Rehearser] = field(default_factory=list)

    def retire(self, rehearser: Rehearser | None) -> None:
        """Begin nothing more with it; it is held until it has closed by itself."""
        self.retired = [one for one in self.retired if not one.is_closed]
        if rehearser is not None:
            rehearser.retire()
            self.retired.append(rehearser)


def assemble(settings: ProxySettings, plane: DataPlane, counts: Counts, run_id: str) -> Parts:
    """Wire a worker; `run_id` names this run in its batches. Raises `TelemetryError`."""
    counters = Counters()
    outbox = Outbox(run_id, settings.handover, counters)
    handover: Handover | None = None
    sink: CaptureSink = NoParity(counters)
    if settings.parity_socket is not None:
        handover = Handover(settings.parity_socket, outbox, settings.handover)
        sink = handover
    budget = Budget(settings.mirror.held_bytes)
    kept = Kept(counters, budget, counts, RehearsalResults(), Races(counts), outbox, sink, handover)
    edge = _make_edge(settings, kept, _make_rehearser(settings, kept))
    metrics = Metrics(counters, _gauges(plane, kept, lambda: parts.edge))
    parts = Parts(settings, edge, plane, kept, metrics, open_telemetry(settings, metrics))
    return parts


def _make_rehearser(settings: ProxySettings, kept: Kept) -> Rehearser | None:
    if not require_secret(settings):
        return None
    client = RehearsalClient(settings.url_of(Backend.MODERN), settings, settings.backend_ca)
    return Rehearser(client, settings, budget=kept.budget, results=kept.rehearsals)


def _make_edge(settings: ProxySettings, kept: Kept, rehearser: Rehearser | None) -> Edge:
    return Edge(
        settings,
        counters=kept.counters,
        budget=kept.budget,
        races=kept.races,
        finished_writes=Writes(settings.endpoints, kept.counts),
        headers=EdgeHeaders(settings),
        sink=kept.sink,
        rehearser=rehearser,
    )


def _gauges(plane: DataPlane, kept: Kept, edge: Callable[[], Edge]) -> Mapping[str, Callable[[], float]]:
    outbox = kept.outbox
    return {
        "requests_in_flight": lambda: plane.load.requests,
        "client_connections": lambda: plane.load.clients,
        **{
            f"backend_connections_in_use/{one}": partial(lambda b: plane.load.in_use[b], one)
            for one in Backend
        },
        **{f"backend_connections_idle/{one}": partial(lambda b: plane.load.idle[b], one) for one in Backend},
        "mirrored_in_flight": lambda: kept.counters.in_flight,
        "captures_waiting": lambda: outbox.waiting,
        "captures_unacknowledged": lambda: outbox.unacknowledged_captures,
        "held_bytes/captures": lambda: kept.budget.held,
        "held_bytes/outbox": lambda: outbox.held_bytes,
        "flag_version": lambda: edge().table.version,
        **{name: partial(_told, kept.handover, name) for name in _told_by_parity()},
    }


def open_counts(settings: ProxySettings) -> Counts:
    """Where this worker counts writes; those of a killed one in its slot are over. Raises `CountsError`."""
    if settings.counts_file is None:
        return Counts.alone(endpoint.domain for endpoint in settings.endpoints)
    counts = Counts.open(settings.counts_file, settings.slot)
    if lost := counts.take_over():
        log.warning("writes_of_a_killed_worker", writes=lost, slot=settings.slot)
    return counts


def reload(parts: Parts, settings: ProxySettings) -> tuple[str, ...]:
    """Serve by these settings from now on; requests in flight end by those that they began with.

    Returns what is different and takes a new process. Raises `ProxyError`, and changes nothing then.
    """
    different = tuple(name for name in FIXED if getattr(settings, name) != getattr(parts.settings, name))
    settings = replace(settings, **{name: getattr(parts.settings, name) for name in FIXED})
    rehearser, before = _make_rehearser(settings, parts.kept), parts.edge.rehearser
    try:
        edge = _make_edge(settings, parts.kept, rehearser)
        edge.table = parts.edge.table
        parts.plane.reconfigure(edge, settings)
    except ProxyError:
        parts.retire(rehearser)
        raise
    parts.retire(before)
    parts.kept.budget.limit = settings.mirror.held_bytes
    parts.edge, parts.settings = edge, settings
    return different


def _told_by_parity() -> tuple[str, ...]:
    names = ("shadow_in_flight", "shadow_waiting", "shadow_limit", LEFT_ALONE)
    return (*(f"{name}/{backend}" for name in names for backend in Backend), "held_bytes/parity")


def _told(handover: Handover | None, name: str) -> float:
    return 0.0 if handover is None else handover.levels.get(name, 0.0)


async def run_proxy(
    settings: ProxySettings,
    *,
    stop: asyncio.Event,
    ready: Callable[[int, int], None] | None = None,
    reloads: asyncio.Queue[ProxySettings] | None = None,
    reloaded: Callable[[str], None] | None = None,
) -> None:
    """Serve until `stop` is set, then drain and return. `ready` gets the port and the admin port.

    Settings that come in `reloads` take the place of those before; `reloaded` is told what was wrong with them, or
    nothing. Raises `ListenError`, `CountsError` or `TelemetryError`; a store that is away is no error.
    """
    run_id = f"{settings.worker_name}-{secrets.token_hex(6)}"
    counts = open_counts(settings)
    plane = WirePlane(settings)
    parts = assemble(settings, plane, counts, run_id)
    watch: FlagWatch | None = None
    admin = Admin(
        settings,
        parts.edge,
        lambda: plane.is_closing,
        (
            *parts.telemetry.collectors(),
            parts.kept.rehearsals,
            GuardMetrics(lambda: None if watch is None else watch.engine()),
        ),
    )
    handing_over: asyncio.Task[None] | None = None
    try:
        admin_port = await admin.start()
        # The port is taken first, so that one in use changes nothing; served is only when the flags are known.
        port = await plane.bind(parts.edge, parts.telemetry)
        watch = FlagWatch(
            open_engine=lambda: open_database(settings.store_url),
            endpoints=settings.endpoints,
            registration=Registration(
                id=run_id,
                name=settings.worker_name,
                host=socket.gethostname(),
                pid=os.getpid(),
                port=port,
                admin_port=admin_port,
            ),
            known_good=LastKnownGood(settings.state_dir),
            swap=_swapper(parts, asyncio.get_running_loop()),
            by_modern=parts.telemetry.by_modern,
            figures=_reader(parts, asyncio.get_running_loop()),
        )
        table = await asyncio.to_thread(watch.start)
        parts.telemetry.start()
        await plane.serve()
        if parts.kept.handover is not None:
            handing_over = asyncio.create_task(parts.kept.handover.run())
            handing_over.add_done_callback(_report_end)
        log.info("proxy_started", worker=run_id, port=port, admin_port=admin_port, flag_version=table.version)
        if ready is not None:
            ready(port, admin_port)
        await _follow(parts, admin, reloads or asyncio.Queue(), reloaded, stop)
    finally:
        await _shut_down(parts, watch, handing_over)
        await admin.close()
        log.info("proxy_stopped", worker=run_id)


async def _follow(
    parts: Parts,
    admin: Admin,
    reloads: asyncio.Queue[ProxySettings],
    reloaded: Callable[[str], None] | None,
    stop: asyncio.Event,
) -> None:
    """Reload whenever there is something to, until `stop`."""
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        coming = asyncio.create_task(reloads.get())
        await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not coming.done():
            coming.cancel()
            break
        problem = ""
        try:
            different = reload(parts, coming.result())
            admin.reconfigure(parts.settings, parts.edge)
            log.info("proxy_reloaded", unchanged=different)
        except ProxyError as error:
            problem = str(error)
            log.error("proxy_not_reloaded", error=problem)  # noqa: TRY400 -- one sentence, no trace
        if reloaded is not None:
            reloaded(problem)
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        await stopping


async def _shut_down(parts: Parts, watch: FlagWatch | None, handing_over: asyncio.Task[None] | None) -> None:
    """Clients first, then what is captured; each within its bound."""
    settings = parts.settings
    await parts.plane.stop_accepting()
    await parts.plane.finish(settings.drain_s)
    if parts.kept.handover is not None and handing_over is not None:
        parts.kept.handover.close()
        await asyncio.wait({handing_over}, timeout=settings.mirror_drain_s)
        if not handing_over.done():
            handing_over.cancel()
            await asyncio.gather(handing_over, return_exceptions=True)
            log.warning("captures_not_handed_over", waiting=parts.kept.outbox.waiting)
    if watch is not None:
        await asyncio.to_thread(watch.stop)
    await asyncio.to_thread(parts.telemetry.end, _TELEMETRY_S)
    await parts.plane.close()
    for rehearser in (parts.edge.rehearser, *parts.retired):
        if rehearser is not None:
            await rehearser.close()


def _swapper(parts: Parts, loop: asyncio.AbstractEventLoop) -> Callable[[FlagTable], bool]:
    def swap(table: FlagTable) -> bool:
        done = threading.Event()

        def apply() -> None:
            parts.edge.table = table
            done.set()

        try:
            loop.call_soon_threadsafe(apply)
        except RuntimeError:
            return False  # the loop is closed: the worker has ended
        return done.wait(_SWAP_S)

    return swap


def _reader(parts: Parts, loop: asyncio.AbstractEventLoop) -> Callable[[], Figures | None]:
    """Reads the figures from another thread: on the loop, where nothing changes meanwhile."""

    def read() -> Figures | None:
        found: queue.SimpleQueue[Figures] = queue.SimpleQueue()
        try:
            loop.call_soon_threadsafe(
                lambda: found.put(figures_of(parts.metrics, parts.kept.counters, parts.settings.endpoints))
            )
            return found.get(timeout=_FIGURES_S)
        except (RuntimeError, queue.Empty):
            return None  # the loop is closed, or has no time: the heartbeat does not wait for it

    return read


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("handover_failed", error=repr(error))
