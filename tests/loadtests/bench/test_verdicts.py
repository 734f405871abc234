"""How a measurement is judged."""

import pytest

from loadtests.bench.verdicts import Row, Verdict, at_least, at_most, counted, exit_code, judged
from loadtests.interval import Interval


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.9, 1.05, Verdict.PASSED),
        (1.0, 1.06, Verdict.UNDECIDED),
        (1.05, 1.2, Verdict.UNDECIDED),
        (1.06, 1.2, Verdict.MISSED),
    ],
)
def test_at_most_is_passed_or_missed_by_the_whole_interval(low: float, high: float, verdict: Verdict) -> None:
    assert at_most(1.05).judge(Interval((low + high) / 2, low, high)) is verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.65, 0.9, Verdict.PASSED),
        (0.6, 0.9, Verdict.UNDECIDED),
        (0.1, 0.65, Verdict.UNDECIDED),
        (0.1, 0.6, Verdict.MISSED),
    ],
)
def test_at_least_is_passed_or_missed_by_the_whole_interval(
    low: float, high: float, verdict: Verdict
) -> None:
    assert at_least(0.65).judge(Interval((low + high) / 2, low, high)) is verdict


def test_what_has_no_value_is_not_measured_and_says_why() -> None:
    row = judged("capacity", at_least(1.3), None, "envoy plain is not here")

    assert row == Row("capacity", at_least(1.3), Verdict.NOT_MEASURED, None, "envoy plain is not here")


def test_a_count_is_judged_as_it_is() -> None:
    assert counted("failed requests", at_most(0), 0).verdict is Verdict.PASSED
    assert counted("failed requests", at_most(0), 1).verdict is Verdict.MISSED


def test_only_a_missed_target_fails_the_run() -> None:
    rows = {verdict: Row("measurement", at_most(1), verdict, None) for verdict in Verdict}
    missed = rows.pop(Verdict.MISSED)

    assert exit_code(list(rows.values())) == 0
    assert exit_code([*rows.values(), missed]) == 1


@pytest.mark.parametrize(
    ("verdict", "passed"),
    [
        (Verdict.PASSED, True),
        (Verdict.MISSED, False),
        (Verdict.UNDECIDED, None),
        (Verdict.NOT_MEASURED, None),
    ],
)
def test_in_json_only_what_is_decided_is_true_or_false(verdict: Verdict, passed: bool | None) -> None:  # noqa: FBT001  a table's column
    row = Row("p50", at_most(1.05), verdict, Interval(1.02, 1.0, 1.04), "crossfade 102 µs, off 100 µs")

    assert row.to_json() == {
        "name": "p50",
        "value": 1.02,
        "low": 1.0,
        "high": 1.04,
        "target": "<= 1.05",
        "passed": passed,
        "verdict": verdict.value,
        "note": "crossfade 102 µs, off 100 µs",
    }


def test_a_target_of_nothing_at_all_reads_as_0() -> None:
    assert [str(at_most(0)), str(at_most(1.3)), str(at_least(0.65))] == ["0", "<= 1.3", ">= 0.65"]
