"""`make bench-parity` on two faults and the recorded reads of one domain."""

import json
from pathlib import Path

from tests.support.command import InProcess, run_process


def test_faults_are_found_in_their_groups_and_nothing_else_is(tmp_path: Path, database_url: str) -> None:
    ran = run_process(
        "bench-parity", "--domain", "contacts", "--fault", "stale-cache", "--fault", "lost-write",
        "--build-dir", str(tmp_path / "build"), "--yes", "--database-url", database_url, state_dir=tmp_path, timeout_s=110,
    )  # fmt: skip

    assert ran.code == 0, ran.err + ran.out
    figures = json.loads((tmp_path / "build" / "bench-parity.json").read_text())["figures"]
    assert all(figure["passed"] for figure in figures)
    assert {figure["name"]: figure["value"] for figure in figures}["faults found, of 2"] == 2
    assert max(map(len, ran.out.splitlines())) <= 80


def test_an_unknown_fault_is_one_sentence(crossfade: InProcess) -> None:
    ran = crossfade("bench-parity", "--fault", "earthquake")

    assert ran.code == 2
    assert ran.err.startswith("crossfade: --fault: 'earthquake' is none; expected one of: wrong-price, ")
