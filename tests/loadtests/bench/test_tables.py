"""What is printed and written."""

import dataclasses
import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from loadtests.bench.comparing import JUDGED, TARGETS, Speed
from loadtests.bench.flips import Flips
from loadtests.bench.run import Result
from loadtests.bench.soak import Soak
from loadtests.bench.tables import render, summary, write_result
from loadtests.bench.verdicts import Verdict, at_least, at_most, counted, judged
from loadtests.interval import Interval
from parity.report import Report
from parity.tally import Balance, Tally
from tests.loadtests.bench.support import shot, slices

RESULT = Result(
    measured={
        "mirror 20k: crossfade different": slices([1234.56, 1300.0, 1400.0]),
        "plain 1k POST: crossfade off": slices([30.0, 31.0, 32.0], errors=2),
    },
    rows=[
        judged("mirror 20k different to nginx mirror", at_least(1.3), Interval(28.445, 27.14, 29.28)),
        judged("live p50, shadow hanging / off", at_most(1.05), Interval(1.04, 1.01, 1.08)),
        judged("capacity 1k POST to envoy plain", at_least(1.3), None, "envoy plain is not here"),
        counted("failed requests while flipping", at_most(0), 2),
        judged("compare 200k to DeepDiff", at_least(100), Interval(241.9, 228.6, 320.4)),
        counted("compare 1k, a second", at_least(30_000), 47_607),
    ],
    flips=Flips((12.0, 30.0), shot()),
    soak=Soak((30.0, 31.0), (40.0, 41.0), shot()),
    speeds=[
        Speed(1, "the same, keys in another order", 55_963.4),
        Speed(200, JUDGED, 677.1, 2.84, Interval(241.9, 228.6, 320.4), TARGETS[2]),
    ],
    books={"off": Report(0.0, None, None, Tally(), Balance(mirrored=3, outcomes=3), (), ())},
    missing=("mitmproxy",),
    machine="two cores",
    interpreter="CPython 3.11.2",
)


def printed(result: Result = RESULT) -> str:
    console = Console(width=80, record=True, highlight=False, file=Path("/dev/null").open("w"))  # noqa: SIM115  as long as the process
    render(result, console)
    return console.export_text()


def test_everything_fits_into_80_columns() -> None:
    lines = printed().splitlines()

    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]
    assert [line.split() for line in lines if line.startswith("mirror 20k: ")] == [
        ["mirror", "20k:", "crossfade", "different", "1300.0", "1500", "100", "5000", "0", "0"]
    ]


@pytest.mark.parametrize(("compiled", "words"), [(False, "not compiled"), (True, "compiled")])
def test_the_first_line_says_what_runs_the_proxy(compiled: bool, words: str) -> None:  # noqa: FBT001  a table's column
    text = printed(dataclasses.replace(RESULT, compiled=compiled))

    assert text.splitlines()[0] == f"CPython 3.11.2, data plane {words}; two cores"


def test_the_longest_name_and_the_slowest_answers_fit_too() -> None:
    (one,) = slices([1_234.5])
    late = msgspec.structs.replace(one.shot, rps=25_530.0, p50_us=200_859.0, p99_us=201_345.0)
    slow = msgspec.structs.replace(one, helper_cpu_us=4_293.0, shot=late)

    text = printed(dataclasses.replace(RESULT, measured={"faults 1k hanging: crossfade hanging": [slow]}))

    assert "…" not in text
    assert "faults 1k hanging: crossfade hanging 1234.5   4293 25530 200859 201345" in text


def test_each_verdict_is_said_and_what_was_not_measured_with_its_reason() -> None:
    text = printed()

    words = {
        line[:30].strip(): line.split()[-1]
        for line in text.splitlines()
        if line[:4] in {"mirr", "live", "fail"}
    }
    assert words["live p50, shadow hanging / off"] == "undecided"
    assert words["failed requests while flipping"] == "missed"
    assert "mitmproxy is not installed: nothing was compared with it." in text
    assert "capacity 1k POST to envoy plain: envoy plain is not here." in text
    assert "6 targets: 3 passed, 1 missed, 1 undecided, 1 not measured" in text


def test_what_a_core_compares_is_said_by_size_and_case_and_large_values_in_whole_numbers() -> None:
    lines = [line.split() for line in printed().splitlines() if "200k" in line or "1k" in line]

    assert ["1k:", "the", "same,", "keys", "in", "another", "order", "55,963"] in lines
    assert ["200k:", "3", "differences", "677", "2.8"] in lines
    assert ["compare", "200k", "to", "DeepDiff", "242", "(229-320)", ">=", "100", "passed"] in lines
    assert ["compare", "1k,", "a", "second", "47607", ">=", "30000", "passed"] in lines


def test_a_run_without_targets_says_so() -> None:
    assert summary([]) == "0 targets: none"


def test_the_file_has_the_measurements_and_every_slice(tmp_path: Path) -> None:
    file = write_result(RESULT, tmp_path / "build")

    written = json.loads(file.read_text())
    assert file.name == "bench.json"
    assert [figure["verdict"] for figure in written["figures"]] == [row.verdict for row in RESULT.rows]
    assert written["figures"][3]["passed"] is False
    assert written["not_installed"] == ["mitmproxy"]
    assert (written["interpreter"], written["compiled"]) == ("CPython 3.11.2", False)
    assert written["flips_ms"] == [12.0, 30.0]
    assert written["comparing"][1]["deepdiff_a_second"] == 2.84
    assert written["comparing"][1]["ratio"] == {"value": 241.9, "low": 228.6, "high": 320.4}
    assert written["soak"] == {"proxy_mb": [30.0, 31.0], "parity_mb": [40.0, 41.0]}
    assert written["books"]["off"]["mirrored"] == 3
    one = written["measured"]["mirror 20k: crossfade different"]
    assert (one["cpu_us"], len(one["rounds"])) == (1300.0, 3)
    assert one["rounds"][0]["shot"]["p99_us"] == 5_000.0
    assert {figure["verdict"] for figure in written["figures"]} == {verdict.value for verdict in Verdict}


def test_what_was_not_asked_for_is_null(tmp_path: Path) -> None:
    written = json.loads(write_result(Result(), tmp_path).read_text())

    assert (written["flips_ms"], written["soak"], written["measured"]) == (None, None, {})
