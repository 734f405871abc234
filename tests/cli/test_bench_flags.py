"""`make bench-flags` in its shortest form, on both stores."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.command import Crossfade, run_process


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler for the load generator")
def test_both_stores_are_measured_and_no_request_fails(open_dir: Path, own_database_url: str) -> None:
    build = open_dir / "build"

    ran = run_process(
        "bench-flags", "--flips", "4", "--workers", "1", "--database-url", own_database_url,
        "--build-dir", str(build),
        state_dir=open_dir,
    )  # fmt: skip

    figures = json.loads((build / "bench-flags.json").read_text())["figures"]
    assert ran.code == int(any(not figure["passed"] for figure in figures)), ran.err
    assert [figure["name"].partition(":")[0] for figure in figures[:-1:2]] == [
        "SQLite, 1 worker",
        "PostgreSQL, 1 worker",
    ]
    assert all(figure["value"] > 0 for figure in figures[:-1])
    assert figures[-1]["name"].endswith("over 4 flips")
    assert figures[-1]["value"] == 0
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_a_number_of_workers_that_is_not_measured_is_refused(crossfade: Crossfade) -> None:
    ran = crossfade("bench-flags", "--workers", "3")

    assert (ran.code, ran.err) == (2, "crossfade: --workers 3: expected some of 1, 4, 8\n")
