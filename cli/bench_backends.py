"""`crossfade bench-backends`, which is `make bench-backends`: both bundled backends, endpoint by endpoint. Hidden."""

import os
from pathlib import Path

import click

from cli.bundled import CONTRACT, bundled_backends, yes_option
from cli.context import Context, pass_context
from cli.output import console, message
from cli.serve import database_option
from loadtests.backends import COLD, FLOOR, LEGACY, MODERN, measure, measurements_of, render_backends
from loadtests.children import Child
from loadtests.measurements import render_measurements, write_measurements


@click.command(hidden=True)
@click.option("--rounds", type=click.IntRange(1, 1000), default=4, show_default=True)
@click.option("--domain", "chosen", multiple=True, help="Only these domains; default: all.")
@click.option("--build-dir", type=click.Path(path_type=Path), default=Path("build"))
@yes_option
@database_option
@pass_context
def bench_backends(
    context: Context,
    rounds: int,
    chosen: tuple[str, ...],
    build_dir: Path,
    yes: bool,
    database_url: str | None,
) -> None:
    """Measure modern beside legacy and write build/bench-backends.json; the exit code is 1 where a target is missed."""
    _stay_on_one_core()
    domains: dict[str, list[tuple[str, str]]] = {}
    for endpoint in context.endpoints:
        if not chosen or endpoint.domain in chosen:
            domains.setdefault(endpoint.domain, []).append((endpoint.method, endpoint.path))
    log = context.settings.state_dir / "logs" / "bench-floor"
    with (
        bundled_backends(context, CONTRACT, database_url, purpose="bench", yes=yes, uncached=True) as bundled,
        Child("the bare handler", ["-m", "loadtests.bare_backend", bundled.database_url], log=log) as floor,
    ):
        result = measure(
            {
                LEGACY: bundled.legacy,
                MODERN: bundled.modern,
                COLD: bundled.uncached,
                FLOOR: f"http://127.0.0.1:{floor.ready()['port']}",
            },
            domains,
            contract=CONTRACT,
            jwt_secret=context.jwt_secret,
            rounds=rounds,
            progress=message,
        )
    measurements = measurements_of(result)
    render_backends(result, console())
    console().print()
    render_measurements([one for one in measurements if not one.name.startswith("median, ")], console())
    message(f"written: {write_measurements('bench-backends', measurements, build_dir)}")
    if missed := sum(not one.passed for one in measurements):
        message(f"{missed} of {len(measurements)} targets are missed")
        raise click.exceptions.Exit(1)


def _stay_on_one_core() -> None:
    """Of one connection in a closed loop one process works at a time, and waking another core up takes as long as it.

    Whether that is asked of a backend would be the scheduler's draw, once for a whole run. Children are where we are.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
