"""Flips against their targets; the flips themselves are in test_crossfade.py, where a Crossfade runs."""

import pytest

from loadtests.bench.flips import Flips, flip_rows
from loadtests.bench.generator import Shot
from loadtests.bench.verdicts import Verdict
from tests.loadtests.bench.support import shot


def test_flips_that_are_served_in_time_without_a_failed_request_pass() -> None:
    rows = flip_rows(Flips((10.0,) * 49 + (30.0,), shot()))

    assert [(row.name, row.verdict) for row in rows] == [
        ("flag change served, p99 ms", Verdict.PASSED),
        ("failed requests while flipping", Verdict.PASSED),
    ]
    assert [row.note for row in rows] == ["50 flips", "0 failed, 0 without an answer, of 1000 at 300/s"]


def test_one_slow_flip_of_fifty_is_a_missed_target() -> None:
    rows = flip_rows(Flips((10.0,) * 49 + (400.0,), shot()))

    assert rows[0].verdict is Verdict.MISSED


@pytest.mark.parametrize("met", [shot(errors=1), shot(unanswered=1)], ids=["failed", "unanswered"])
def test_one_failed_request_is_a_missed_target(met: Shot) -> None:
    rows = flip_rows(Flips((10.0,) * 50, met))

    assert rows[1].verdict is Verdict.MISSED
