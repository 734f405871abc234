"""`make bench-compare`, for a moment."""

import json
from pathlib import Path

from tests.support.command import InProcess


def test_the_figures_are_written_and_the_exit_code_is_theirs(crossfade: InProcess) -> None:
    ran = crossfade("bench-compare", "--round-s", "0.001", "--build-dir", "build")

    figures = json.loads((Path(crossfade.state_dir) / "build" / "bench-compare.json").read_text())["figures"]
    assert ran.code == int(not all(figure["passed"] for figure in figures))
    assert {figure["name"].partition(",")[0] for figure in figures} == {"1 KB", "20 KB", "200 KB"}
    assert "3 differences" in ran.out
