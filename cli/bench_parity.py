"""`crossfade bench-parity`, which is `make bench-parity`: whether every planted fault is found, and nothing else. Hidden."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import click

from cli.bundled import CONTRACT, Bundled, bundled_backends, in_front_of, yes_option
from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import console, message
from cli.serve import database_option
from cli.supervisor import Running
from domains.shared.faults import FAULTS, Fault, Shown
from loadtests.fault_judge import FaultRun, measurements_of, render_runs
from loadtests.fault_runs import FaultRuns, Site, reads_of
from loadtests.measurements import render_measurements, write_measurements
from loadtests.recording import Credentials, Recorded, endpoint_of, load_recording
from parity.report import build_report
from proxy.stages import Stage


@click.command(hidden=True)
@click.option("--fault", "names", multiple=True, help="Only these faults; default: all.")
@click.option("--domain", "chosen", multiple=True, help="Only the recorded reads of these; default: all.")
@click.option("--build-dir", type=click.Path(path_type=Path), default=Path("build"))
@yes_option
@database_option
@pass_context
def bench_parity(
    context: Context,
    names: tuple[str, ...],
    chosen: tuple[str, ...],
    build_dir: Path,
    yes: bool,
    database_url: str | None,
) -> None:
    """Plant one fault after another, and write build/bench-parity.json; the exit code is 1 where one is not found.

    It is 1, too, where anything is found that is none.
    """
    faults = _faults(names)
    domains = [context.require_domain(name) for name in chosen] or context.domain_names()
    state_dir = context.settings.state_dir / "bench-parity"
    with contextlib.ExitStack() as stack:
        backends = stack.enter_context(
            bundled_backends(
                context, CONTRACT, database_url, purpose="bench", yes=yes, behind_proxy=True, faults=True
            )
        )
        own = in_front_of(backends, context, state_dir, actor="bench-parity")
        running = Running(own, log_dir=state_dir / "logs")
        stack.callback(running.end)
        for domain in domains:
            change = own.flags.flip(domain, Stage.SHADOW, actor=own.actor, reason="faults are planted")
            own.flags.wait_acknowledged(change.version)
        runs = asyncio.run(_all_runs(own, backends, f"http://127.0.0.1:{running.port}", faults, domains))
    render_runs(runs, console())
    console().print()
    measurements = measurements_of(runs)
    render_measurements([one for one in measurements if ": " not in one.name], console())
    message(f"written: {write_measurements('bench-parity', measurements, build_dir)}")
    if not all(one.passed for one in measurements):
        raise click.exceptions.Exit(1)


def _faults(names: Sequence[str]) -> list[Fault]:
    shown = {fault.name: fault for fault in FAULTS if fault.shown is not Shown.NOT_AT_ALL}
    if unknown := [name for name in names if name not in shown]:
        raise UsageError(f"--fault: {unknown[0]!r} is none; expected one of: {', '.join(shown)}")
    return [shown[name] for name in names or shown]


async def _all_runs(
    context: Context, backends: Bundled, proxy: str, faults: Sequence[Fault], domains: Sequence[str]
) -> list[FaultRun]:
    mirrored = [(one.method, one.path) for one in context.endpoints if one.mirrorable]

    def is_mirrored(recorded: Recorded) -> bool:
        return endpoint_of(recorded, mirrored) is not None

    recordings = [load_recording(CONTRACT, domain) for domain in domains]
    site = Site(
        proxy=proxy,
        legacy=backends.legacy,
        modern=backends.modern,
        report=lambda: build_report(context.engine, endpoints=context.endpoints),
        reset=backends.reset,
        rules=context.rules(),
        credentials=Credentials(CONTRACT, context.jwt_secret),
    )
    reads = reads_of(recordings, is_mirrored)
    message(f"{len(faults)} faults, {len(reads)} recorded reads for each, through {proxy}")
    written = [fault for fault in faults if fault.shown is Shown.BY_WRITE]
    async with FaultRuns(site, reads) as fault_runs:
        runs = [await fault_runs.reads(fault) for fault in (None, *faults) if fault not in written]
        # writes begin with a reset, of which the proxy knows nothing: they come last
        return [*runs, *[await fault_runs.writes(fault) for fault in (None, *written)]]
