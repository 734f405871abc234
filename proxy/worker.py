"""One proxy worker: puts the parts together, runs them, and ends them in order."""

import asyncio
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from parity.database import open_database
from parity.exchange import Backend
from proxy.admin import Admin
from proxy.captures import Budget
from proxy.counters import Counters
from proxy.edge import Edge
from proxy.errors import TelemetryError
from proxy.flag_rows import Registration
from proxy.flag_watch import FlagWatch
from proxy.flags import FlagTable
from proxy.handover import Handover
from proxy.headers import EdgeHeaders
from proxy.last_known_good import LastKnownGood
from proxy.metrics import Metrics
from proxy.outbox import CaptureSink, NoParity, Outbox
from proxy.plane import DataPlane
from proxy.races import Races
from proxy.settings import ProxySettings
from proxy.telemetry import Telemetry, open_telemetry
from proxy.wire.plane import WirePlane
from proxy.writes import Writes

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_SWAP_S = 5.0
_TELEMETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker consists of, but for flags and listeners."""

    edge: Edge
    plane: DataPlane
    counters: Counters
    outbox: Outbox
    handover: Handover | None
    telemetry: Telemetry


def assemble(settings: ProxySettings, plane: DataPlane, run_id: str) -> Parts:
    """Wire a worker; `run_id` names this run in its batches. Raises `TelemetryError`."""
    counters = Counters()
    budget = Budget(settings.mirror.held_bytes)
    races = Races()
    headers = EdgeHeaders(settings)
    outbox = Outbox(run_id, settings.handover, counters)
    handover: Handover | None = None
    sink: CaptureSink = NoParity(counters)
    if settings.parity_socket is not None:
        handover = Handover(settings.parity_socket, outbox, settings.handover)
        sink = handover
    edge = Edge(
        settings,
        counters=counters,
        budget=budget,
        races=races,
        finished_writes=Writes(settings.endpoints),
        headers=headers,
        sink=sink,
    )
    metrics = Metrics(counters, _gauges(edge, plane, counters, budget, outbox))
    telemetry = open_telemetry(settings, metrics)
    return Parts(edge, plane, counters, outbox, handover, telemetry)


def _gauges(
    edge: Edge, plane: DataPlane, counters: Counters, budget: Budget, outbox: Outbox
) -> Mapping[str, Callable[[], float]]:
    return {
        "requests_in_flight": lambda: plane.load.requests,
        "client_connections": lambda: plane.load.clients,
        **{
            f"backend_connections_in_use/{one}": partial(lambda b: plane.load.in_use[b], one)
            for one in Backend
        },
        **{f"backend_connections_idle/{one}": partial(lambda b: plane.load.idle[b], one) for one in Backend},
        "mirrored_in_flight": lambda: counters.in_flight,
        "captures_waiting": lambda: outbox.waiting,
        "captures_unacknowledged": lambda: outbox.unacknowledged_captures,
        "held_bytes/captures": lambda: budget.held,
        "held_bytes/outbox": lambda: outbox.held_bytes,
        "flag_version": lambda: edge.table.version,
    }


async def run_proxy(
    settings: ProxySettings,
    *,
    stop: asyncio.Event,
    ready: Callable[[int, int], None] | None = None,
) -> None:
    """Serve until `stop` is set, then drain and return. `ready` gets the port and the admin port.

    Raises `ListenError` and `TelemetryError`; a store that is away is no error.
    """
    run_id = f"{settings.worker_name}-{secrets.token_hex(6)}"
    plane = WirePlane(settings)
    try:
        parts = assemble(settings, plane, run_id)
    except TelemetryError:
        await plane.close()
        raise
    admin = Admin(settings, parts.edge, lambda: plane.is_closing, parts.telemetry.collectors())
    watch: FlagWatch | None = None
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
            swap=_swapper(parts.edge, asyncio.get_running_loop()),
        )
        table = await asyncio.to_thread(watch.start)
        parts.telemetry.start()
        await plane.serve()
        if parts.handover is not None:
            handing_over = asyncio.create_task(parts.handover.run())
            handing_over.add_done_callback(_report_end)
        log.info("proxy_started", worker=run_id, port=port, admin_port=admin_port, flag_version=table.version)
        if ready is not None:
            ready(port, admin_port)
        await stop.wait()
    finally:
        await _shut_down(settings, parts, watch, handing_over)
        await admin.close()
        log.info("proxy_stopped", worker=run_id)


async def _shut_down(
    settings: ProxySettings,
    parts: Parts,
    watch: FlagWatch | None,
    handing_over: asyncio.Task[None] | None,
) -> None:
    """Clients first, then what is captured; each within its bound."""
    await parts.plane.stop_accepting()
    await parts.plane.finish(settings.drain_s)
    if parts.handover is not None and handing_over is not None:
        parts.handover.close()
        await asyncio.wait({handing_over}, timeout=settings.mirror_drain_s)
        if not handing_over.done():
            handing_over.cancel()
            await asyncio.gather(handing_over, return_exceptions=True)
            log.warning(
                "captures_not_handed_over",
                waiting=parts.outbox.waiting,
                batches_without_receipt=len(parts.outbox.unacknowledged),
            )
    if watch is not None:
        await asyncio.to_thread(watch.stop)
    await asyncio.to_thread(parts.telemetry.end, _TELEMETRY_S)
    await parts.plane.close()


def _swapper(edge: Edge, loop: asyncio.AbstractEventLoop) -> Callable[[FlagTable], bool]:
    def swap(table: FlagTable) -> bool:
        done = threading.Event()

        def apply() -> None:
            edge.table = table
            done.set()

        try:
            loop.call_soon_threadsafe(apply)
        except RuntimeError:
            return False  # the loop is closed: the worker has ended
        return done.wait(_SWAP_S)

    return swap


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("handover_failed", error=repr(error))
