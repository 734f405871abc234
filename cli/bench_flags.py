"""`crossfade bench-flags`, which is `make bench-flags`: how soon every worker serves a changed flag. Hidden."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from cli.bench import StoredFlags
from cli.context import Context
from cli.errors import UsageError
from cli.output import console, message
from cli.postgres import embedded_postgres
from cli.settings import load_settings
from cli.supervisor import Running
from loadtests.bench.crossfade import DOMAIN, Crossfade
from loadtests.bench.flag_changes import CASES, Case, measurements_of
from loadtests.bench.flips import flip_under_load
from loadtests.bench.generator import Generator, Target
from loadtests.children import Child
from loadtests.measurements import render_measurements, write_measurements

FLIPS = 1_000
_BACKEND = "loadtests.bench.slow_backend"
_WORKERS = tuple(dict.fromkeys(case.workers for case in CASES))


@click.command(hidden=True)
@click.option(
    "--flips", type=click.IntRange(min=2), default=FLIPS, show_default=True, help="How many in all."
)
@click.option("--workers", type=int, multiple=True, help="Only with so many workers: 1, 4 or 8.")
@click.option(
    "--database-url", metavar="URL", help="A PostgreSQL for the store; default: one of its own for the time."
)
@click.option("--build-dir", type=click.Path(path_type=Path), default=Path("build"))
def bench_flags(flips: int, workers: tuple[int, ...], database_url: str | None, build_dir: Path) -> None:
    """Flip under load with 1, 4 and 8 workers on both stores, and write build/bench-flags.json.

    The exit code is 1 where a target is missed.
    """
    if unknown := [count for count in workers if count not in _WORKERS]:
        raise UsageError(f"--workers {unknown[0]}: expected some of {', '.join(map(str, _WORKERS))}")
    cases = [case for case in CASES if not workers or case.workers in workers]
    for name in [name for name in os.environ if name.startswith("CROSSFADE_") and name != "CROSSFADE_DEBUG"]:
        del os.environ[name]  # it would win over the configuration of each Crossfade that is started
    generator = Generator(build_dir)
    found = {}
    with contextlib.ExitStack() as stack:
        work_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossfade-bench-")))
        work_dir.chmod(0o755)  # PostgreSQL may be another user
        backend = stack.enter_context(
            Child("the backend", ["-m", _BACKEND, "--work-ms=0"], log=work_dir / "backend")
        )
        port = int(backend.ready()["port"])
        message("making a PostgreSQL for the store ..." if database_url is None else "starting ...")
        url = database_url or stack.enter_context(embedded_postgres(work_dir / "postgres"))
        each = 2 * -(-flips // (2 * len(cases)))  # there and back: the store of the next case is this one
        for case in cases:
            message(f"{case}: {each} flips under load ...")
            with _running(work_dir, case, port, url) as crossfade:
                found[case] = flip_under_load(crossfade, StoredFlags(), generator, flips=each, seed=1)
    measurements = measurements_of(found)
    render_measurements(measurements, console())
    message(f"written: {write_measurements('bench-flags', measurements, build_dir)}")
    if not all(one.passed for one in measurements):
        raise click.exceptions.Exit(1)


@contextlib.contextmanager
def _running(work_dir: Path, case: Case, backend_port: int, database_url: str) -> Iterator[Crossfade]:
    """A Crossfade in front of that backend, both of whose sides it is."""
    state_dir = work_dir / str(case).replace(", ", "-").replace(" ", "-").lower()
    state_dir.mkdir()
    store = database_url if case.store == "PostgreSQL" else f"sqlite:///{state_dir / 'store.sqlite3'}"
    config = state_dir / "crossfade.toml"
    backend = f"http://127.0.0.1:{backend_port}"
    lines = [
        f"state_dir = {json.dumps(str(state_dir))}",
        f'proxy = {{ listen = "127.0.0.1:0", admin = "127.0.0.1:0", workers = {case.workers} }}',
        f'backends = {{ legacy = "{backend}", modern = "{backend}" }}',
        f"store = {{ url = {json.dumps(store)} }}",
        f'endpoints = [{{ domain = "{DOMAIN}", method = "GET", path = "/1k.json" }}]',
    ]
    config.write_text("\n".join([*lines, ""]))
    context = Context(load_settings(config), config, "", "bench")
    running = Running(context, log_dir=state_dir / "logs")
    try:
        yield Crossfade(Target(str(case), running.port), config, store)
    finally:
        running.end()
        context.engine.dispose()
