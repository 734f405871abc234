"""What `make bench` says about the client under each shadow condition."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.bench import ConditionFigures, figures_of, main, render_conditions
from loadtests.bench_setup import Condition
from loadtests.interval import Interval


def row(condition: Condition, *, ratio: Interval, failed: int = 0) -> ConditionFigures:
    return ConditionFigures(condition, 1_000, failed, 4.0, 5.0, ratio, 0.5, 0.9)


def test_the_benchmark_prints_a_table_and_writes_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--seconds=1", f"--build-dir={tmp_path}", "--cli-module=tests.loadtests.fake_cli"])

    captured = capsys.readouterr()
    assert code == 0, captured.err
    assert all(condition.value in captured.out for condition in Condition)
    figures = json.loads((tmp_path / "bench.json").read_text())["figures"]
    assert [set(figure) for figure in figures] == [{"name", "value", "target", "passed"}] * len(Condition)
    assert figures[-1] == {
        "name": "failed requests, all conditions",
        "value": 0,
        "target": "0",
        "passed": True,
    }


def test_a_benchmark_that_cannot_run_says_why_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--seconds=1", f"--build-dir={tmp_path}", "--cli-module=tests.loadtests.no_such_module"])

    assert code == 1
    assert "the benchmark could not run: flip for healthy shadow failed" in capsys.readouterr().err.replace(
        "\n", " "
    )
    assert not (tmp_path / "bench.json").exists()


def test_a_figure_passes_only_when_its_whole_interval_is_within_ten_percent() -> None:
    rows = [
        row(Condition.OFF, ratio=Interval(1, 1, 1)),
        row(Condition.DEAD, ratio=Interval(1.02, 0.99, 1.08)),
        row(Condition.SLOW, ratio=Interval(1.05, 0.99, 1.12)),
    ]

    figures = figures_of(rows)

    assert [(figure.name, figure.value, figure.passed) for figure in figures] == [
        ("p50, dead shadow / off (upper bound)", 1.08, True),
        ("p50, 5-second shadow / off (upper bound)", 1.12, False),
        ("failed requests, all conditions", 0, True),
    ]


def test_one_failed_request_is_a_missed_figure() -> None:
    rows = [
        row(Condition.OFF, ratio=Interval(1, 1, 1)),
        row(Condition.DEAD, ratio=Interval(1, 1, 1), failed=1),
    ]

    assert figures_of(rows)[-1].passed is False


def test_the_table_fits_into_80_columns() -> None:
    console = Console(width=80, record=True)

    render_conditions(
        [row(condition, ratio=Interval(1.234, 1.12, 1.345)) for condition in Condition], console
    )

    lines = console.export_text().splitlines()
    assert len(lines) == 1 + len(Condition)
    assert "1.234 (1.12-1.34)" in lines[-1] or "1.234 (1.12-1.35)" in lines[-1]
