"""The processes behind `crossfade up`: one proxy worker, one parity worker. Hidden commands; `up` starts them."""

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

from cli.context import Context, pass_context
from cli.errors import UnavailableError
from cli.output import log_to_stderr
from parity.exchange import Backend
from parity.worker import IntakeSettings, run_worker
from proxy.completion import Completion
from proxy.settings import HandoverSettings, MirrorSettings, ProxySettings, TelemetrySettings
from proxy.wire.shadow import ShadowClient
from proxy.worker import run_proxy

_SWITCH_S = 0.0005
_NICE = 5


def proxy_settings(context: Context, parity_socket: Path | None) -> ProxySettings:
    """The configuration as one proxy worker needs it."""
    settings = context.settings
    listen_host, _, listen_port = settings.proxy.listen.rpartition(":")
    admin_host, _, admin_port = settings.proxy.admin.rpartition(":")
    return ProxySettings(
        listen_host=listen_host,
        listen_port=int(listen_port),
        admin_host=admin_host,
        admin_port=int(admin_port),
        legacy_url=settings.backends.legacy or "",
        modern_url=settings.backends.modern or "",
        store_url=settings.store_url,
        parity_socket=parity_socket,
        state_dir=settings.state_dir,
        endpoints=context.endpoints,
        shadow_secret=settings.key("shadow").decode(),
        token_key=settings.key("token"),
        expose_served_by=settings.proxy.expose_served_by,
        trusted_hops=frozenset(map(str, settings.proxy.trusted_hops)),
        mirror=MirrorSettings(
            queue_items=settings.mirror.max_items,
            held_bytes=settings.mirror.max_bytes,
            capture_bytes=settings.mirror.max_body_bytes,
            concurrency=settings.mirror.concurrency,
            timeout_s=settings.mirror.timeout_s,
            wait_s=settings.mirror.timeout_s / 4,
        ),
        telemetry=TelemetrySettings(**dict(settings.telemetry)),
        # a batch whose shadow hangs is no parity worker that hangs
        handover=HandoverSettings(
            queue_bytes=settings.mirror.max_bytes, receipt_timeout_s=10.0 + 2 * settings.mirror.timeout_s
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
@click.option("--parity-socket", type=click.Path(path_type=Path))
@pass_context
def proxy_worker(context: Context, parity_socket: Path | None) -> None:
    """Run one proxy worker."""
    settings = proxy_settings(context, parity_socket)
    _run(
        lambda stop: run_proxy(
            settings, stop=stop, ready=lambda port, admin: _announce({"port": port, "admin_port": admin})
        )
    )


@click.command(hidden=True)
@click.option("--socket", type=click.Path(path_type=Path), required=True)
@pass_context
def parity_worker(context: Context, socket: Path) -> None:
    """Run one parity worker."""
    rules = context.rules()
    settings = proxy_settings(context, socket)
    # Copies are timed on the loop while a thread compares: it must get its turn soon, and the proxy before both.
    sys.setswitchinterval(_SWITCH_S)
    os.nice(_NICE)

    async def run(stop: asyncio.Event) -> None:
        senders = {backend: ShadowClient(settings, settings.url_of(backend)) for backend in Backend}
        completion = Completion(settings, senders)
        try:
            await run_worker(
                socket=socket,
                store_url=context.settings.store_url,
                rules=rules,
                redaction_key=settings.token_key,
                shadow=completion,
                stop=stop,
                ready=lambda: _announce({"ready": True}),
                settings=IntakeSettings(held_bytes=settings.mirror.held_bytes),
            )
        finally:
            await completion.close()

    _run(run)
