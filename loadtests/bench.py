"""`make bench`: what mirroring costs the client, whatever the shadow is like.

`python -m loadtests.bench [--seconds N]` measures one proxy for each shadow condition against the proxy that
mirrors nothing: the same backend, closed loop, slices shuffled round by round, the ratio of the medians with an
interval from resampling rounds (`interval.py`). A figure passes when its whole interval is within 10 %. Exit code 1
only when it could not run.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from loadtests.bench_client import Plan, Slice
from loadtests.bench_setup import Condition, Setup, running_setup
from loadtests.children import Child
from loadtests.errors import BenchError, LoadTestError
from loadtests.figures import Figure, render_figures, write_figures
from loadtests.interval import Interval, percentile, ratio_of_medians

TARGET = 1.10
_SLICE_S = 0.25
_WARM_UP_S = 0.5
_WORK_MS = 3.0
_PATH = "/v1/escrows/e5c00000-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class ConditionFigures:
    """What the client met under one condition; `ratio` is that of its median to the one without mirroring.

    `cpu_ms` is the proxy's CPU time a request, `mirrored` the share of requests whose copy reached the shadow; None
    where it is not known.
    """

    condition: Condition
    requests: int
    failed: int
    p50_ms: float
    p90_ms: float
    ratio: Interval
    cpu_ms: float | None
    mirrored: float | None


def run_bench(
    *, seconds: float, work_dir: Path, cli_module: str = "cli.main", seed: int = 1
) -> list[ConditionFigures]:
    """Measure `seconds` of each condition; raises BenchError when that cannot be done or shows nothing."""
    with running_setup(work_dir, cli_module=cli_module, work_ms=_WORK_MS) as setup:
        slices = _measure(setup, seconds, work_dir, seed)
        copies = setup.copies()
    if not copies[Condition.HEALTHY]:
        raise BenchError("no copy reached the healthy shadow, so nothing was mirrored and nothing measured")
    return [_figures(condition, slices, copies.get(condition), seed) for condition in Condition]


def _measure(setup: Setup, seconds: float, work_dir: Path, seed: int) -> list[Slice]:
    plan = Plan(
        targets=list(setup.targets),
        rounds=max(2, round(seconds / _SLICE_S)),
        slice_s=_SLICE_S,
        warm_up_s=_WARM_UP_S,
        seed=seed,
        path=_PATH,
    )
    plan_file, results = work_dir / "plan.json", work_dir / "slices.jsonl"
    plan_file.write_bytes(msgspec.json.encode(plan))
    arguments = ["-m", "loadtests.bench_client", f"--plan={plan_file}", f"--results={results}"]
    with Child("client", arguments, log=work_dir / "client") as client:
        if client.wait(60 + 3 * len(plan.targets) * seconds) != 0:
            raise BenchError(f"the client did not get through: {client.last_words()}")
    return [msgspec.json.decode(line, type=Slice) for line in results.read_bytes().splitlines()]


def _figures(
    condition: Condition, slices: Sequence[Slice], copies: int | None, seed: int
) -> ConditionFigures:
    rounds = _rounds(slices, condition)
    mine = [measured for measured in slices if measured.target == condition and measured.round >= 0]
    warm_up = [measured for measured in slices if measured.target == condition and measured.round < 0]
    times = sorted(value for values in rounds for value in values)
    ratio = ratio_of_medians(rounds, _rounds(slices, Condition.OFF), seed=seed)
    if ratio is None:
        raise BenchError(f"no request was answered with {condition}")
    cpu_s = [measured.cpu_s for measured in mine if measured.cpu_s is not None]
    return ConditionFigures(
        condition=condition,
        requests=sum(map(_requests, mine)),
        failed=sum(measured.failed for measured in mine),
        p50_ms=percentile(times, 0.5),
        p90_ms=percentile(times, 0.9),
        ratio=ratio,
        cpu_ms=sum(cpu_s) * 1_000 / len(times) if cpu_s else None,
        mirrored=None if copies is None else copies / sum(map(_requests, mine + warm_up)),
    )


def _requests(measured: Slice) -> int:
    return len(measured.durations_ms) + measured.failed


def _rounds(slices: Sequence[Slice], condition: Condition) -> list[list[float]]:
    return [
        measured.durations_ms
        for measured in sorted(slices, key=lambda s: s.round)
        if measured.target == condition
    ]


def figures_of(rows: Sequence[ConditionFigures]) -> list[Figure]:
    """The figures against their targets: the upper ends of the intervals, so that noise cannot pass a figure."""
    ratios = [
        Figure(
            name=f"p50, {row.condition} / off (upper bound)",
            value=round(row.ratio.high, 3),
            target=f"<= {TARGET:.2f}",
            passed=row.ratio.high <= TARGET,
        )
        for row in rows
        if row.condition is not Condition.OFF
    ]
    failed = sum(row.failed for row in rows)
    return [*ratios, Figure("failed requests, all conditions", failed, "0", failed == 0)]


def render_conditions(rows: Sequence[ConditionFigures], console: Console) -> None:
    """What the client met, in 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("the shadow", no_wrap=True)
    for heading in ("p50 ms", "p90 ms", "to off (95 %)", "failed", "CPU ms", "copies"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        ratio = (
            "1"
            if row.condition is Condition.OFF
            else f"{row.ratio.value:.3f} ({row.ratio.low:.2f}-{row.ratio.high:.2f})"
        )
        cpu = "-" if row.cpu_ms is None else f"{row.cpu_ms:.2f}"
        copies = "-" if row.mirrored is None else f"{row.mirrored:.0%}"
        table.add_row(
            row.condition, f"{row.p50_ms:.2f}", f"{row.p90_ms:.2f}", ratio, str(row.failed), cpu, copies
        )
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(prog="make bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=8.0, help="measured seconds for each condition")
    parser.add_argument("--build-dir", type=Path, default=Path("build"), help="where bench.json goes")
    parser.add_argument("--cli-module", default="cli.main", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    console = Console()
    messages = Console(stderr=True)
    messages.print(f"starting five proxies, then {options.seconds:g} s for each of them ...", highlight=False)
    try:
        with tempfile.TemporaryDirectory(prefix="crossfade-bench-") as work_dir:
            rows = run_bench(seconds=options.seconds, work_dir=Path(work_dir), cli_module=options.cli_module)
    except (LoadTestError, OSError) as error:
        messages.print(f"crossfade: the benchmark could not run: {error}", markup=False, highlight=False)
        return 1
    render_conditions(rows, console)
    console.print(
        f"\nOne connection, closed loop, keep-alive; the backend answers 1 KB after {_WORK_MS:g} ms. CPU is the proxy's a "
        "request. Copies: share of requests that reached the shadow.",
        style="dim",
        highlight=False,
    )
    console.print()
    figures = figures_of(rows)
    render_figures(figures, console)
    file = write_figures("bench", figures, options.build_dir)
    messages.print(f"written: {file}", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
