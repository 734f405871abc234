"""What `make bench` prints, in 80 columns, and writes: `build/bench.json`, with every slice of every round."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from loadtests.bench.comparing import Speed
from loadtests.bench.rounds import Measured, Measurements
from loadtests.bench.run import Result
from loadtests.bench.verdicts import Row, Verdict
from loadtests.interval import Interval

_STYLES = {
    Verdict.PASSED: "green",
    Verdict.MISSED: "red",
    Verdict.UNDECIDED: "yellow",
    Verdict.NOT_MEASURED: "dim",
}
_LARGE = 10
"""From there on a ratio is printed in whole numbers."""


def render(result: Result, console: Console) -> None:
    """What was measured, then the target table and why rows have no value."""
    plane = "compiled" if result.compiled else "not compiled"
    console.print(f"{result.interpreter}, data plane {plane}; {result.machine}\n")
    if result.measured:
        render_measured(result.measured, console)
        console.print(
            "\nMedians over the rounds. cpu: of the server, a request; beside: of its parity worker; for what mirrors "
            "until all is compared. late: had no answer a second after the end. Latencies in a closed loop say how "
            "busy the core was.\n",
            style="dim",
        )
    if result.speeds:
        render_speeds(result.speeds, console)
        console.print()
    render_rows(result.rows, console)
    console.print()
    for name, ratio in result.floors:
        console.print(f"{name}: {_interval(ratio)}, no target")
    for name in result.missing:
        console.print(f"{name} is not installed: nothing was compared with it.")
    for row in result.rows:
        if row.value is None:
            console.print(f"{row.name}: {row.note}.", style="dim")
    console.print(summary(result.rows))


def render_measured(measured: Measurements, console: Console) -> None:
    """One line a scenario, kind by kind."""
    table = _table("load: target")
    for heading in ("cpu µs", "beside", "rps", "p50 µs", "p99 µs", "late", "fail"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, slices in measured.items():
        table.add_row(
            name,
            f"{_median(slices, 'cpu_us'):.1f}",
            f"{beside:.0f}" if (beside := _median(slices, "helper_cpu_us")) else "",
            f"{median(one.shot.rps for one in slices):.0f}",
            f"{median(one.shot.p50_us for one in slices):.0f}",
            f"{median(one.shot.p99_us for one in slices):.0f}",
            str(sum(one.shot.unanswered for one in slices)),
            str(sum(one.failed for one in slices)),
        )
    console.print(table)


def render_speeds(speeds: Sequence[Speed], console: Console) -> None:
    """One line a case, size by size."""
    table = _table("comparing")
    for heading in ("a second", "DeepDiff"):
        table.add_column(heading, justify="right", no_wrap=True)
    for speed in speeds:
        theirs = "" if speed.deepdiff_a_second is None else f"{speed.deepdiff_a_second:,.1f}"
        table.add_row(f"{speed.kilobytes}k: {speed.name}", f"{speed.a_second:,.0f}", theirs)
    console.print(table)


def render_rows(rows: Sequence[Row], console: Console) -> None:
    """The target table."""
    table = _table("measurement")
    for heading in ("value (95 %)", "target", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        style = _STYLES[row.verdict]
        table.add_row(row.name, _value(row), str(row.target), f"[{style}]{row.verdict}[/]")
    console.print(table)


def summary(rows: Sequence[Row]) -> str:
    """How many targets are how."""
    counts = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return f"{len(rows)} targets: {words or 'none'}"


def write_result(result: Result, build_dir: Path) -> Path:
    """Write `<build_dir>/bench.json`, whole or not at all; the file."""
    build_dir.mkdir(parents=True, exist_ok=True)
    file = build_dir / "bench.json"
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(_to_json(result), indent=1) + "\n")
    draft.replace(file)
    return file


def _to_json(result: Result) -> dict[str, Any]:
    return {
        "figures": [row.to_json() for row in result.rows],
        "floors": [{"name": name, **asdict(ratio)} for name, ratio in result.floors],
        "machine": result.machine,
        "interpreter": result.interpreter,
        "compiled": result.compiled,
        "not_installed": list(result.missing),
        "measured": {
            name: {
                "cpu_us": _median(slices, "cpu_us"),
                "idle_us": _median(slices, "idle_us"),
                "p50_us": median(one.shot.p50_us for one in slices),
                "p90_us": median(one.shot.p90_us for one in slices),
                "p99_us": median(one.shot.p99_us for one in slices),
                "rounds": msgspec.to_builtins(slices),
            }
            for name, slices in result.measured.items()
        },
        "flips_ms": list(result.flips.ms) if result.flips else None,
        "soak": None
        if result.soak is None
        else {"proxy_mb": result.soak.proxy_mb, "parity_mb": result.soak.parity_mb},
        "comparing": [asdict(speed) for speed in result.speeds],
        "books": {
            name: {**asdict(report.balance), "compared": report.tally.compared}
            for name, report in result.books.items()
        },
    }


def _table(first: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    return table


def _value(row: Row) -> str:
    if row.value is None:
        return "-"
    if row.value.low == row.value.high:
        return f"{row.value.value:g}"
    return _interval(row.value)


def _interval(ratio: Interval) -> str:
    if ratio.value >= _LARGE:
        return f"{ratio.value:.0f} ({ratio.low:.0f}-{ratio.high:.0f})"
    return f"{ratio.value:.3f} ({ratio.low:.2f}-{ratio.high:.2f})"


def _median(slices: Sequence[Measured], attribute: str) -> float:
    return median(float(getattr(one, attribute)) for one in slices)
