"""The parity worker as a process of its own, started by `crossfade up`; a hidden command.

What it is made of is imported when it runs, after its log is there (cli/logs.py says why).
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import uvloop

from cli import starting
from cli.context import Context, pass_context
from cli.errors import UnavailableError
from cli.logs import log_to_stderr
from cli.sections import host_and_port
from cli.settings import Settings
from cli.workers import counts_file, proxy_settings, record_socket, require_backends
from parity.allowance import ConfirmSettings
from parity.exchange import Backend

if TYPE_CHECKING:
    from proxy.legacy_rows import LegacyRows

_SWITCH_S = 0.0005
_NICE = 5


def legacy_rows(settings: Settings) -> "LegacyRows | None":
    """The way to the rows that legacy writes; None where its database is not told."""
    url = settings.write_checks.database
    if url is None:
        return None
    from proxy.legacy_rows import LegacyRows

    return LegacyRows(url.get_secret_value())


def _announce(values: dict[str, Any]) -> None:
    starting.begun()
    click.echo(json.dumps(values))


def _run(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
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
    log_to_stderr()
    from cli.metrics import metrics_at
    from parity.confirm import Confirmer
    from parity.recorded_counts import RecordedCounts
    from parity.recordings.tap import Tap
    from parity.redact import Redactor
    from parity.selftest_live import SelfTestLimits
    from parity.store import Limits
    from parity.worker import IntakeSettings, run_worker
    from proxy.completion import Completion, busy_at_mark
    from proxy.races import SharedRaces
    from proxy.shadow_client import ShadowClient

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
        redactor = Redactor(settings.token_key)
        tap = Tap(completion, record_socket(context.settings), redactor, levels=completion.levels)
        listen = context.settings.parity.metrics
        recorded, shown = RecordedCounts(), []
        if listen:
            from parity.metrics import ParityMetrics

            recorded = metrics = ParityMetrics(completion.levels)
            shown = [metrics]
        try:
            async with metrics_at(host_and_port(listen) if listen else None, *shown) as port:
                await run_worker(
                    socket=socket,
                    store_url=context.settings.store_url,
                    rules=rules,
                    redaction_key=settings.token_key,
                    shadow=tap,
                    stop=stop,
                    ready=lambda: _announce({"ready": True, "metrics_port": port}),
                    settings=IntakeSettings(held_bytes=settings.mirror.held_bytes),
                    levels=tap.levels,
                    metrics=recorded,
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
