"""The results of the self-test in the store."""

import dataclasses

import sqlalchemy as sa

from parity.edits import MutationKind
from parity.selftest import Fate, ShapeShare, Trial
from parity.selftest_results import (
    MAX_BLAMES,
    SelfTestState,
    ShapeShareRow,
    TrialRow,
    added_up,
    read,
    record,
    shape_share_rows,
    state_of,
    trial_rows,
)

LIST, DETAIL = "GET /v1/escrows", "GET /v1/escrows/{id}"
CAUGHT = Trial(LIST, "escrows", MutationKind.DROP, Fate.CAUGHT)
BY_RULE = Trial(LIST, "escrows", MutationKind.CHANGE, Fate.BY_RULE, "rule $.at", "change at $.at")
MISSED = Trial(DETAIL, "escrows", MutationKind.CHANGE, Fate.MISSED, "acceptance **", "change at $.id")
RULES = {LIST: "1", DETAIL: "1"}


def test_trials_are_counted_by_endpoint_kind_and_blame(engine: sa.Engine) -> None:
    record(engine, [CAUGHT, CAUGHT, BY_RULE, MISSED], [ShapeShare(LIST, "escrows", 7, 3)], RULES, now=10.0)
    record(engine, [CAUGHT, MISSED], [ShapeShare(LIST, "escrows", 7, 3)], RULES, now=20.0)

    assert read(engine) == (
        [
            TrialRow(LIST, "escrows", "change", "rule $.at", 1, 0, 1, 0, "change at $.at", 10.0),
            TrialRow(LIST, "escrows", "drop", "", 3, 3, 0, 0, "", 20.0),
            TrialRow(DETAIL, "escrows", "change", "acceptance **", 2, 0, 0, 2, "change at $.id", 20.0),
        ],
        [ShapeShareRow(LIST, "escrows", 2, 14, 6)],
    )


def test_the_state_of_a_domain_is_all_of_it_added_up(engine: sa.Engine) -> None:
    other = dataclasses.replace(CAUGHT, endpoint="GET /v1/leads", domain="leads")
    record(engine, [CAUGHT, BY_RULE, MISSED, other], [], {**RULES, "GET /v1/leads": "1"}, now=10.0)

    assert state_of(engine, "escrows") == SelfTestState(
        3, 1, 1, 1, 10.0, (f"acceptance **; {DETAIL}: change at $.id",)
    )
    assert state_of(engine, "leads") == SelfTestState(1, 1, 0, 0, 10.0, ())


def test_a_domain_in_which_nothing_was_tried_has_no_state(engine: sa.Engine) -> None:
    before = state_of(engine, "escrows")
    record(engine, [CAUGHT], [], RULES)

    assert (before, state_of(engine, "leads")) == (None, None)


def test_results_begin_anew_where_the_rules_of_an_endpoint_have_changed(engine: sa.Engine) -> None:
    record(engine, [CAUGHT, MISSED], [ShapeShare(DETAIL, "escrows", 7, 3)], RULES, now=10.0)

    record(engine, [dataclasses.replace(CAUGHT, endpoint=DETAIL)], [], {DETAIL: "2"}, now=20.0)

    rows, shares = read(engine)
    assert [(row.endpoint, row.kind, row.tried, row.missed) for row in rows] == [
        (LIST, "drop", 1, 0),
        (DETAIL, "drop", 1, 0),
    ]
    assert shares == []


def test_only_one_domain_is_read_when_asked(engine: sa.Engine) -> None:
    record(engine, [CAUGHT], [ShapeShare(LIST, "escrows", 1, 0)], RULES)

    assert read(engine, "leads") == ([], [])


def test_what_was_missed_most_often_is_told_first_and_not_without_end() -> None:
    once = [dataclasses.replace(MISSED, blame=f"acceptance {number}") for number in range(2 * MAX_BLAMES)]
    often = [dataclasses.replace(MISSED, blame="acceptance **")] * 2

    state = added_up(trial_rows([*once, *often], at=1.0))

    assert state.missed == 2 * MAX_BLAMES + 2
    assert len(state.blame) == MAX_BLAMES
    assert state.blame[0].startswith("acceptance **; ")


def test_shares_are_added_up_by_endpoint() -> None:
    assert shape_share_rows([ShapeShare(LIST, "escrows", 1, 0), ShapeShare(LIST, "escrows", 3, 2)]) == [
        ShapeShareRow(LIST, "escrows", 2, 4, 2)
    ]
