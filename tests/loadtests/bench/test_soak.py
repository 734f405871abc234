"""Memory against its targets, and a soak of a real process."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtests.bench.generator import Generator, Target
from loadtests.bench.soak import Soak, burst_memory_rows, memory_rows, soak
from loadtests.bench.verdicts import Row, Verdict
from tests.loadtests.bench.support import shot, tiny_server


def rows(during: Sequence[float], beside: Sequence[float], **more: Sequence[float]) -> dict[str, Row]:
    return {row.name: row for row in memory_rows(Soak(tuple(during), tuple(beside), shot()), **more)}


def test_workers_within_their_bounds_that_do_not_grow_pass() -> None:
    found = rows([36, 38, 38, 37, 38, 38], [60] * 6)

    assert {name: row.verdict for name, row in found.items()} == dict.fromkeys(
        [
            "proxy worker, MB at most",
            "proxy worker, last third / first",
            "parity worker, MB at most",
            "parity worker, last third / first",
        ],
        Verdict.PASSED,
    )
    assert (
        found["proxy worker, MB at most"].note == "40 and a byte budget of 32; 38.0 MB at the end of the soak"
    )


def test_a_worker_that_grows_is_missed_even_within_its_bound() -> None:
    found = rows([30, 31, 34, 36, 39, 42], [60] * 6)

    assert found["proxy worker, MB at most"].verdict is Verdict.PASSED
    assert found["proxy worker, last third / first"].verdict is Verdict.MISSED


def test_a_peak_in_another_group_counts() -> None:
    found = rows([36] * 6, [60] * 6, proxy_mb=[90.0], parity_mb=[113.0])

    assert found["proxy worker, MB at most"].verdict is Verdict.MISSED
    assert found["parity worker, MB at most"].verdict is Verdict.MISSED


def test_workers_with_room_for_a_burst_are_judged_by_that_room() -> None:
    found = {row.name: row for row in burst_memory_rows(proxy_mb=[60.0, 103.0], parity_mb=[60.0, 145.0])}

    assert {name: (row.verdict, str(row.target), row.note) for name, row in found.items()} == {
        "proxy worker in bursts, MB at most": (Verdict.PASSED, "<= 104", "40 and a byte budget of 64"),
        "parity worker in bursts, MB at most": (Verdict.MISSED, "<= 144", "80 and a byte budget of 64"),
    }


def test_without_a_burst_there_is_nothing_to_say_about_what_it_held() -> None:
    assert burst_memory_rows(proxy_mb=[], parity_mb=[]) == []


def test_a_worker_that_was_not_there_is_not_measured() -> None:
    found = rows([36] * 6, [0.0] * 6)

    assert {row.verdict for name, row in found.items() if "parity" in name} == {Verdict.NOT_MEASURED}


def test_a_soak_looks_at_the_memory_while_load_is_sent(tmp_path: Path) -> None:
    # small processes: to look at that of the tests takes longer than the soak looks away
    sleeping = [sys.executable, "-c", "import sys; held = b'x' * 20_000_000; sys.stdin.read()"]
    with (
        tiny_server() as (port, seen),
        subprocess.Popen(sleeping, stdin=subprocess.PIPE) as one,
        subprocess.Popen(sleeping, stdin=subprocess.PIPE) as other,
    ):
        found = soak(Target("tiny", port, (one.pid,), (other.pid,)), Generator(tmp_path), seconds=1)

    assert len(seen) > 100
    assert found.shot.failed == 0
    assert len(found.proxy_mb) == len(found.parity_mb) >= 3
    assert min(found.proxy_mb) > 15
    assert min(found.parity_mb) > 15
