"""The gate: holds, does not hold, or cannot be told, and why."""

from typing import Any

import pytest

from parity.conditions import Standing
from parity.gate import Gate, GateResult, judge_gate
from parity.outcome import Outcome
from parity.tally import Balance, Tally
from tests.parity.reports import group, report

HOLDS, DOES_NOT, CANNOT = GateResult


def gate(
    *,
    mismatch: int = 0,
    min_comparisons: int = 100,
    max_rate: float = 0.01,
    balance: Balance | None = None,
    **outcomes: int,
) -> Gate:
    counted = {Outcome(name): n for name, n in outcomes.items()} | {Outcome.MISMATCH: mismatch}
    given = report(
        tally=Tally(outcomes=counted), balance=balance or Balance(), groups=(group(),) if mismatch else ()
    )
    return judge_gate(given, min_comparisons=min_comparisons, max_rate=max_rate)


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"match": 100}, HOLDS),
        ({"match": 60, "accepted": 40}, HOLDS),
        ({"match": 99, "mismatch": 1}, HOLDS),
        ({"match": 98, "mismatch": 2}, DOES_NOT),
        ({"match": 99}, CANNOT),
        ({"match": 99, "transient": 50, "error": 50}, CANNOT),
        ({}, CANNOT),
        ({"min_comparisons": 0}, CANNOT),
        ({"match": 100, "balance": Balance(mirrored=1)}, CANNOT),
        ({"match": 50, "mismatch": 50, "balance": Balance(mirrored=1)}, CANNOT),
    ],
)
def test_what_a_gate_comes_to(given: dict[str, Any], result: GateResult) -> None:
    assert gate(**given).result is result


def test_no_mismatch_at_all_can_be_asked_for() -> None:
    assert gate(match=1_000, max_rate=0).result is HOLDS
    assert gate(match=999, mismatch=1, max_rate=0).result is DOES_NOT


def test_too_few_comparisons_are_enough_to_fail_where_the_others_cannot_make_it_good() -> None:
    assert gate(match=10, mismatch=2).result is DOES_NOT
    assert gate(match=10, mismatch=1).result is CANNOT


def test_the_conditions_say_numbers_with_their_denominators() -> None:
    found = gate(match=98, mismatch=2, balance=Balance(100, 100))

    assert [(one.name, one.standing, one.text) for one in found.conditions] == [
        ("books", Standing.HOLDS, "they balance: 100 mirrored = 100 outcomes + 0 in flight"),
        ("comparisons", Standing.HOLDS, "100, wanted 100 at least"),
        (
            "mismatch rate",
            Standing.WRONG,
            (
                "2 of 100 (2.00%) differ, wanted 1% at most; the rate is under 10.5% at 95%; 1 group: "
                "GET /v1/escrows/{id} $.data.details.purchasePrice another value (3 exchanges, 0.25%)"
            ),
        ),
    ]
    assert found.headline == "The gate does not hold for all domains."


def test_as_json_it_has_the_exit_code_and_every_condition() -> None:
    values = gate(match=200).to_json()

    assert (values["result"], values["exit_code"]) == ("holds", 0)
    assert values["mismatches"] == {"n": 0, "of": 200, "share": 0.0}
    assert 0 < values["upper"] < 0.02
    assert [one["standing"] for one in values["conditions"]] == ["holds"] * 3
