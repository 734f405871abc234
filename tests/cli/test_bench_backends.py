"""`make bench-backends` on one domain, for one round."""

import json
from pathlib import Path

from tests.support.command import run_process


def test_both_sides_are_measured_and_the_figures_written(open_dir: Path) -> None:
    ran = run_process(
        "bench-backends", "--rounds", "1", "--domain", "contacts", "--build-dir", str(open_dir / "build"),
        state_dir=open_dir, timeout_s=120,
    )  # fmt: skip

    figures = json.loads((open_dir / "build" / "bench-backends.json").read_text())["figures"]
    assert ran.code == int(not all(figure["passed"] for figure in figures)), ran.err
    assert {"name", "value", "target", "passed"} == set(figures[0])
    assert "median, GET /v1/contacts, modern / legacy" in {figure["name"] for figure in figures}
