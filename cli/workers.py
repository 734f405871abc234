"""What the processes behind `crossfade up` are told; and, hidden, the parity worker as a command of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
import uvloop

from cli.checks import problems
from cli.context import Context, pass_context
from cli.errors import UnavailableError, UsageError
from cli.logs import log_to_stderr
from cli.metrics import metrics_at
from cli.sections import host_and_port
from cli.settings import Settings, wrong
from parity.allowance import ConfirmSettings
from parity.confirm import Confirmer
from parity.exchange import Backend
from parity.metrics import ParityMetrics
from parity.recordings.tap import Tap
from parity.redact import Redactor
from parity.selftest_live import SelfTestLimits
from parity.store import Limits
from parity.worker import IntakeSettings, run_worker
from proxy.completion import Completion, busy_at_mark
from proxy.legacy_rows import LegacyRows
from proxy.races import SharedRaces
from proxy.settings import (
    ClientSettings,
    EndpointBounds,
    ForwardSettings,
    HandoverSettings,
    MirrorSettings,
    ProxySettings,
    StickySettings,
    TelemetrySettings,
    TlsSettings,
    WriteCheckSettings,
)
from proxy.shadow_client import ShadowClient

_SWITCH_S = 0.0005
_NICE = 5


def require_backends(settings: Settings) -> dict[str, str]:
    """Both backends by name; raises UsageError that says how to give those that are missing."""
    backends = {"legacy": settings.backends.legacy, "modern": settings.backends.modern}
    missing = [name for name, url in backends.items() if url is None]
    if missing:
        raise UsageError(
            "; ".join(
                f"no {name} backend: give --{name} URL or [backends] {name} in crossfade.toml"
                for name in missing
            )
        )
    return {name: url for name, url in backends.items() if url is not None}


def runtime_socket(settings: Settings) -> Path:
    """Where the parity worker listens; a Unix socket's path may have 107 bytes at most."""
    path = (settings.state_dir / "parity.sock").resolve()
    if len(os.fsencode(path)) > 107:
        raise UsageError(
            f"state_dir: {str(settings.state_dir)!r}: too long for a Unix socket; expected a shorter path"
        )
    return path


def record_socket(settings: Settings) -> Path:
    """Where whoever records what is mirrored listens (`crossfade parity record`)."""
    return runtime_socket(settings).with_name("record.sock")


def counts_file(settings: Settings) -> Path:
    """The memory in which the workers count writes for each other."""
    return settings.state_dir.resolve() / "counts"


def legacy_rows(settings: Settings) -> LegacyRows | None:
    """The way to the rows that legacy writes; None where its database is not told."""
    url = settings.write_checks.database
    return None if url is None else LegacyRows(url.get_secret_value())


def proxy_settings(context: Context, parity_socket: Path | None) -> ProxySettings:
    """The configuration as one proxy worker needs it. Raises UsageError with everything that does not fit together."""
    settings = context.settings
    if found := problems(settings, context.endpoints):
        raise wrong(found, "as a whole")
    proxy = settings.proxy
    listen_host, listen_port = host_and_port(proxy.listen)
    admin_host, admin_port = host_and_port(proxy.admin)
    return ProxySettings(
        listen_host=listen_host,
        listen_port=listen_port,
        admin_host=admin_host,
        admin_port=admin_port,
        tls=None if proxy.tls_certificate is None else TlsSettings(proxy.tls_certificate, proxy.tls_key),
        legacy_url=settings.backends.legacy or "",
        modern_url=settings.backends.modern or "",
        backend_ca=settings.backends.ca,
        store_url=settings.store_url,
        parity_socket=parity_socket,
        state_dir=settings.state_dir,
        endpoints=context.endpoints,
        shadow_secret=settings.key("shadow").decode(),
        token_key=settings.key("token"),
        expose_served_by=proxy.expose_served_by,
        keep_server_timing=proxy.keep_server_timing,
        trusted_hops=frozenset(map(str, proxy.trusted_hops)),
        drain_s=proxy.drain_s,
        sticky=StickySettings(**dict(settings.sticky)),
        client=ClientSettings(**dict(settings.client)),
        forward=ForwardSettings(**dict(settings.forward)),
        bounds={
            row.endpoint: EndpointBounds(**row.model_dump(exclude={"endpoint"})) for row in settings.bounds
        },
        mirror=MirrorSettings(
            queue_items=settings.mirror.max_items,
            held_bytes=settings.mirror.max_bytes,
            capture_bytes=settings.mirror.max_body_bytes,
            concurrency=settings.mirror.concurrency,
            timeout_s=settings.mirror.timeout_s,
            wait_s=settings.mirror.timeout_s / 4,
        ),
        write_checks=WriteCheckSettings(**settings.write_checks.model_dump(exclude={"database"})),
        telemetry=TelemetrySettings(**dict(settings.telemetry)),
        # a batch whose backends hang, when asked and when asked again (a read, or both of a write check), is no parity
        # worker that hangs
        handover=HandoverSettings(
            queue_bytes=settings.mirror.max_bytes, receipt_timeout_s=10.0 + 3 * settings.mirror.timeout_s
        ),
    )


def _announce(values: dict[str, Any]) -> None:
    click.echo(json.dumps(values))


def _run(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    log_to_stderr()

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await main(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(until_signalled())
        except OSError as error:
            raise UnavailableError(f"cannot listen: {error}") from error


@click.command(hidden=True)
@click.option("--socket", type=click.Path(path_type=Path), required=True)
@click.option("--supervised", is_flag=True, help="End when stdin does: whoever started it is gone.")
@pass_context
def parity_worker(context: Context, socket: Path, supervised: bool) -> None:
    """Run one parity worker."""
    require_backends(context.settings)
    rules = context.rules()
    settings = proxy_settings(context, socket)
    # Copies are timed on the loop while a thread compares: it must get its turn soon, and the proxy before both.
    sys.setswitchinterval(_SWITCH_S)
    os.nice(_NICE)

    async def run(stop: asyncio.Event) -> None:
        if supervised:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
        senders = {
            backend: ShadowClient(
                settings.url_of(backend), settings.mirror, settings.forward.idle_s, settings.backend_ca
            )
            for backend in Backend
        }
        counts = counts_file(context.settings)
        counted = SharedRaces(counts, settings.endpoints) if counts.exists() else None
        overlapped = busy_at_mark if counted is None else counted.overlapped
        completion = Completion(
            settings,
            senders,
            overlapped=overlapped,
            counted_writes=counted,
            legacy_rows=legacy_rows(context.settings),
        )
        confirmer = Confirmer(
            completion,
            ConfirmSettings(
                share=context.settings.parity.confirm_share,
                noise_share=context.settings.parity.noise_share,
                wait_s=settings.mirror.wait_s,
            ),
            bounds=context.bounds,
        )
        tap = Tap(completion, record_socket(context.settings), Redactor(settings.token_key))
        metrics = ParityMetrics(completion.levels)
        listen = context.settings.parity.metrics
        try:
            async with metrics_at(host_and_port(listen) if listen else None, metrics) as port:
                await run_worker(
                    socket=socket,
                    store_url=context.settings.store_url,
                    rules=rules,
                    redaction_key=settings.token_key,
                    shadow=tap,
                    stop=stop,
                    ready=lambda: _announce({"ready": True, "metrics_port": port}),
                    settings=IntakeSettings(held_bytes=settings.mirror.held_bytes),
                    levels=completion.levels,
                    metrics=metrics,
                    confirmer=confirmer,
                    self_test=SelfTestLimits(per_second=context.settings.parity.self_test_rate),
                    bounds=context.bounds,
                    limits=Limits(
                        retention_s=context.settings.store.max_age_days * 86_400.0,
                        max_bytes=context.settings.store.max_bytes,
                    ),
                )
        finally:
            await tap.close()
            await completion.close()

    _run(run)
