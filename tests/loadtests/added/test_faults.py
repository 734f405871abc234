"""What counts as wrong, and what does not."""

from typing import Any

import pytest

from loadtests.added.faults import faults_of, problem_of
from loadtests.added.result import LEGACY, MODERN, Books, DirectRow, FlipsFound
from tests.loadtests.added.factories import measured, mirrored, result, stage_row


def test_a_run_in_which_all_went_well_has_none() -> None:
    assert faults_of(result()) == []


def test_slowness_copies_that_were_shed_and_mismatches_are_none() -> None:
    row = stage_row(
        measured=measured(p99_ms=9_000.0, keeps_up=False),
        counted=mirrored(outcomes={"mismatch": 20, "shed": 1_280}),
    )

    assert faults_of(result(stages=[row])) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"stages": [stage_row(measured=measured(failed=2))]},
            "2 of 1,400 requests failed at stage shadow, 50% of legacy's capacity",
        ),
        (
            {
                "stages": [
                    stage_row(measured=measured(failed=9, wrong={"502 to a": 4, "b": 3, "c": 1, "d": 1}))
                ]
            },
            "9 of 1,400 requests failed at stage shadow, 50% of legacy's capacity: 4 x 502 to a, 3 x b, 1 x c, ...",
        ),
        (
            {"stages": [stage_row(measured=measured(unexpected=3))]},
            "3 of 1,400 requests got another status than recorded at stage shadow, 50% of legacy's capacity",
        ),
        (
            {"stages": [stage_row("live", MODERN, served_otherwise=4)]},
            "4 answers at stage live, 50% of modern's capacity were not modern's",
        ),
        (
            {"flips": FlipsFound(measured(failed=1), [], 40, 0)},
            "1 of 1,400 requests failed while stages changed",
        ),
        (
            {"flips": FlipsFound(measured(), [], 40, 5)},
            "5 requests after an acknowledged rollback were answered by modern",
        ),
        (
            {"books": Books(10, 9, 8, {"match": 7}, 1, 0)},
            "the books do not balance: 10 requests sent, 9 counted; 8 mirrored, 7 with an outcome, 1 in flight, 0 lost",
        ),
    ],
)
def test_each_fault_is_one_sentence(changes: dict[str, Any], fault: str) -> None:
    assert faults_of(result(**changes)) == [fault]


def test_what_fell_back_was_served_by_legacy_and_rightly() -> None:
    row = stage_row("live", MODERN, served_otherwise=4, counted=mirrored(fell_back=4))

    assert faults_of(result(stages=[row])) == []


def test_what_the_backend_cannot_answer_without_the_proxy_says_nothing_of_the_proxy() -> None:
    too_much = DirectRow(LEGACY, 0.5, measured(keeps_up=False))
    found = result(direct=[too_much], stages=[stage_row(measured=measured(failed=2, keeps_up=False))])

    assert faults_of(found) == []
    assert problem_of(found) == (
        "2 requests failed at stage shadow, 50% of legacy's capacity, which legacy asked directly did not keep up with "
        "either: the machine is busier than when that was found"
    )
    assert problem_of(result(direct=[too_much])) == ""
    assert problem_of(result(stages=[stage_row(measured=measured(failed=2))])) == ""


def test_what_the_backend_itself_answers_otherwise_than_recorded_is_not_the_proxys() -> None:
    direct = [DirectRow(LEGACY, 0.5, measured(unexpected=3))]
    flips = FlipsFound(measured(unexpected=9), [], 40, 0)

    assert (
        faults_of(result(direct=direct, stages=[stage_row(measured=measured(unexpected=3))], flips=flips))
        == []
    )
    assert (
        len(
            faults_of(result(direct=direct, stages=[stage_row(measured=measured(unexpected=4))], flips=flips))
        )
        == 1
    )
