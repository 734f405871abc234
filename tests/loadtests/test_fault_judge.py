"""Which groups of differences are those of a planted fault."""

import io

import pytest
from rich.console import Console

from domains.shared.faults import FAULTS
from loadtests.fault_judge import FaultRun, FoundGroup, measurements_of, render_runs

FAULT = {fault.name: fault for fault in FAULTS}
RENAMED = FAULT["field-renamed"]
LISTING = "GET /v1/listings/{id}"
RIGHT = FoundGroup(LISTING, "$.data.mls_number", "missing")
BESIDE = FoundGroup(LISTING, "$.data.mlsNumber", "extra")


def test_right_is_what_is_in_the_group_that_the_fault_names() -> None:
    run = FaultRun(RENAMED, 10, {RIGHT: 3, BESIDE: 3})

    assert (run.right, run.false) == (3, [])


@pytest.mark.parametrize(
    "group",
    [
        FoundGroup(LISTING, "$.data.mls_number", "value"),
        FoundGroup(LISTING, "$.data", "missing"),
        FoundGroup("GET /v1/listings", "$.data.mls_number", "missing"),
        FoundGroup(LISTING, "**", "missing"),
    ],
    ids=["another kind", "another path", "another endpoint", "the group of all that is over the bound"],
)
def test_another_group_is_not_the_right_one(group: FoundGroup) -> None:
    assert FaultRun(RENAMED, 10, {group: 3}).right == 0


def test_what_is_at_none_of_its_paths_is_false() -> None:
    elsewhere = FoundGroup(LISTING, "$.data.price", "value")

    assert FaultRun(RENAMED, 10, {RIGHT: 3, elsewhere: 1}).false == [elsewhere]


def test_items_and_keys_that_are_folded_are_taken_by_the_globs_of_a_fault() -> None:
    lists = FoundGroup("GET /v1/escrows", "$.data.escrows[*].acceptanceDate", "type")

    assert FaultRun(FAULT["default-lost"], 10, {lists: 2}).right == 2


def test_a_write_that_is_checked_by_the_read_shows_the_fault_too() -> None:
    checked = FoundGroup("PUT /v1/listings/{id}", "$.data.mls_number", "missing")

    assert FaultRun(RENAMED, 10, {checked: 1}).false == []


def test_without_a_fault_everything_is_false() -> None:
    assert FaultRun(None, 10, {RIGHT: 1}).false == [RIGHT]


def test_all_found_and_nothing_else_is_a_pass() -> None:
    measurements = measurements_of([FaultRun(None, 10), FaultRun(RENAMED, 10, {RIGHT: 3, BESIDE: 3})])

    assert {one.name: (one.value, one.passed) for one in measurements} == {
        "faults found, of 1": (1, True),
        "recall": (1.0, True),
        "precision, of 2 groups": (1.0, True),
        "false groups without a fault, of 10 compared": (0, True),
        "field-renamed: exchanges in its group": (3, True),
    }


def test_a_fault_that_is_not_found_and_a_false_group_are_misses() -> None:
    measurements = measurements_of([FaultRun(None, 10, {RIGHT: 1}), FaultRun(RENAMED, 10, {BESIDE: 3})])

    assert [one.name for one in measurements if not one.passed] == [
        "faults found, of 1",
        "recall",
        "precision, of 2 groups",
        "false groups without a fault, of 10 compared",
        "field-renamed: exchanges in its group",
    ]


def test_the_table_says_what_was_found_and_what_is_false_in_eighty_columns() -> None:
    out = io.StringIO()

    render_runs(
        [FaultRun(None, 10, {RIGHT: 1}), *(FaultRun(fault, 10, {}) for fault in FAULTS if fault.kind)],
        Console(file=out, width=80),
    )

    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert any("GET /v1/escrows/{id}/timeline" in line for line in lines)
    assert any("$.data[*].date value" in line for line in lines)
    assert " ".join(lines).endswith(f"false without a fault: 1 x missing at $.data.mls_number of {LISTING}")
