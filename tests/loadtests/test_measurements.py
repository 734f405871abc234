"""The convention of the bench targets."""

import json
from pathlib import Path

from rich.console import Console

from loadtests.measurements import Measurement, render_measurements, write_measurements

MEASUREMENTS = [
    Measurement("median / off", 1.02, "<= 1.10", passed=True),
    Measurement("failed requests", 3, "0", passed=False),
]


def test_measurements_are_written_as_the_convention_says(tmp_path: Path) -> None:
    file = write_measurements("bench", MEASUREMENTS, tmp_path / "build")

    assert file == tmp_path / "build" / "bench.json"
    assert json.loads(file.read_text()) == {
        "figures": [
            {"name": "median / off", "value": 1.02, "target": "<= 1.10", "passed": True},
            {"name": "failed requests", "value": 3, "target": "0", "passed": False},
        ]
    }
    assert list(file.parent.iterdir()) == [file]


def test_a_missed_measurement_is_printed_as_missed() -> None:
    console = Console(width=80, record=True)

    render_measurements(MEASUREMENTS, console)

    lines = console.export_text().splitlines()
    assert "passed" in lines[1]
    assert "missed" in lines[2]
