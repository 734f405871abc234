"""`crossfade bench-compare`, which is `make bench-compare`: how many exchanges a core compares a second. Hidden."""

from pathlib import Path

import click

from cli.output import console, message
from loadtests.bench_compare import measure, measurements_of, render_speeds
from loadtests.measurements import render_measurements, write_measurements


@click.command(hidden=True)
@click.option(
    "--round-s", type=click.FloatRange(min=0, min_open=True), default=0.1, show_default=True,
    help="Seconds of CPU time that a round of one case takes.",
)  # fmt: skip
@click.option("--build-dir", type=click.Path(path_type=Path), default=Path("build"))
def bench_compare(round_s: float, build_dir: Path) -> None:
    """Measure comparing beside DeepDiff and write build/bench-compare.json; exit code 1 where a target is missed."""
    speeds = measure(round_s, message)
    measurements = measurements_of(speeds)
    render_speeds(speeds, console())
    console().print()
    render_measurements(measurements, console())
    message(f"written: {write_measurements('bench-compare', measurements, build_dir)}")
    if missed := sum(not one.passed for one in measurements):
        message(f"{missed} of {len(measurements)} targets are missed")
        raise click.exceptions.Exit(1)
