"""The self-test: what is caught, what passes by rule, and who is to blame for the rest."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from parity.edits import MutationKind
from parity.exchange import Exchange
from parity.outcome import Comparison, Kind, Outcome
from parity.rules import Compare, Rule, RuleBook
from parity.selftest import Fate, ShapeShare, Trial, fingerprint, is_testable, shape_share_of, trials
from tests.parity.factories import LIST, TODAY, acceptance, by_shape, exchange, observation

ROWS = {
    "rows": [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Ben"}],
    "total": 2,
    "at": "2026-01-01T00:00:00.000Z",
    "none": None,
}


def tried(rules: RuleBook, pair: Exchange | None = None, seeds: int = 12) -> list[Trial]:
    pair = pair or exchange(ROWS, ROWS)
    return [trial for seed in range(seeds) for trial in trials(pair, rules, today=TODAY, seed=str(seed))]


def missed(found: list[Trial]) -> set[tuple[str, str]]:
    return {(trial.blame, trial.example) for trial in found if trial.fate is Fate.MISSED}


def test_without_rules_every_mutation_of_every_kind_is_caught() -> None:
    found = tried(RuleBook())

    assert {trial.fate for trial in found} == {Fate.CAUGHT}
    assert {trial.kind for trial in found} == set(MutationKind)
    assert {trial.blame + trial.example for trial in found} == {""}


def test_pairs_that_are_the_same_by_rule_are_mutated_too() -> None:
    rules = RuleBook(rules=(by_shape("$.at"),))
    later = {**ROWS, "at": "2026-02-02T00:00:00.000Z"}

    found = tried(rules, exchange(ROWS, later))

    assert missed(found) == set()


def test_what_keeps_its_shape_below_a_rule_of_shape_passes_by_rule_and_the_rest_is_caught() -> None:
    found = [one for one in tried(RuleBook(rules=(by_shape("$.at"),))) if one.fate is not Fate.CAUGHT]

    assert {one.fate for one in found} == {Fate.BY_RULE}
    assert "change a value of its shape at $.at" in {one.example for one in found}
    assert {(one.kind, one.example.rpartition(" ")[2]) for one in found} == {(MutationKind.CHANGE, "$.at")}
    assert {one.blame for one in found} == {"rule $.at of * (volatile)"}


def test_an_acceptance_that_is_too_wide_is_to_blame_for_what_it_swallows() -> None:
    found = tried(RuleBook(acceptances=(acceptance("$.rows.**"),)))

    blames = {blame for blame, _ in missed(found)}
    assert blames == {"acceptance $.rows.** of * (items gain field)"}
    assert all("$.rows" in example for _, example in missed(found))


def test_of_two_acceptances_the_one_that_swallowed_it_is_to_blame() -> None:
    rules = RuleBook(acceptances=(acceptance("$.nothing"), acceptance("$.*", kind=Kind.TYPE)))

    assert {blame for blame, _ in missed(tried(rules))} == {"acceptance $.* of * (items gain field)"}


def test_one_kind_at_one_path_is_what_a_person_said_on_purpose() -> None:
    rules = RuleBook(acceptances=(acceptance("$.rows", kind=Kind.LENGTH),))

    found = tried(rules)

    assert missed(found) == set()


def test_a_status_that_was_accepted_on_purpose_passes_by_rule_and_others_do_not() -> None:
    rules = RuleBook(acceptances=(acceptance("**", legacy_status=200, modern_status=201),))

    found = Counter((one.example, one.fate) for one in tried(rules) if one.kind is MutationKind.STATUS)

    assert set(found) == {
        ("", Fate.CAUGHT),
        ("status another of its class at $status", Fate.BY_RULE),
    }


def test_an_acceptance_of_any_status_is_too_wide() -> None:
    rules = RuleBook(acceptances=(acceptance("$status"),))

    assert {blame for blame, _ in missed(tried(rules))} == {"acceptance $status of * (items gain field)"}


def test_a_rule_of_another_endpoint_is_never_to_blame() -> None:
    rules = RuleBook(rules=(by_shape("$.**", endpoint="POST *"), by_shape("$.at")))

    blames = {one.blame for one in tried(rules) if one.fate is not Fate.CAUGHT}

    assert blames == {"rule $.at of * (volatile)"}


def test_a_mutated_answer_that_cannot_be_compared_was_not_tried() -> None:
    deep: Any = 1
    for _ in range(64):
        deep = {"a": deep}

    found = tried(RuleBook(), exchange(deep, deep))

    assert {one.fate for one in found} == {Fate.CAUGHT}


@pytest.mark.parametrize(
    ("outcome", "raced", "testable"),
    [
        (Outcome.MATCH, False, True),
        (Outcome.MATCH, True, False),
        (Outcome.ACCEPTED, False, False),
        (Outcome.MISMATCH, False, False),
        (Outcome.SKIPPED, False, False),
    ],
)
def test_only_pairs_that_match_are_testable(outcome: Outcome, raced: bool, testable: bool) -> None:  # noqa: FBT001 - a case of the table
    assert is_testable(exchange(raced=raced), Comparison(outcome)) is testable


def test_the_shape_share_of_rules_of_shape_is_counted_in_values() -> None:
    rules = RuleBook(rules=(by_shape("$.at"), by_shape("$.rows[*].id")))

    assert shape_share_of(exchange(ROWS, ROWS), rules) == ShapeShare(LIST, "escrows", 7, 3)


@pytest.mark.parametrize(("body", "leaves"), [(b"one\ntwo", 1), (b"", 0)])
def test_an_answer_that_is_not_json_is_one_value(body: bytes, leaves: int) -> None:
    text = msgspec.structs.replace(observation(), headers=(("content-type", "text/plain"),), body=body)

    assert shape_share_of(exchange(text, text), RuleBook()) == ShapeShare(LIST, "escrows", leaves, 0)


def test_the_fingerprint_changes_with_what_is_said_of_an_endpoint_and_with_nothing_else() -> None:
    plain = fingerprint(RuleBook(), LIST, TODAY)
    of_others = fingerprint(RuleBook(rules=(by_shape("$.at", endpoint="POST *"),)), LIST, TODAY)
    ruled = fingerprint(RuleBook(rules=(by_shape("$.at"),)), LIST, TODAY)
    accepted = fingerprint(RuleBook(acceptances=(acceptance(),)), LIST, TODAY)
    expired = fingerprint(RuleBook(acceptances=(acceptance(expires=TODAY.replace(year=2020)),)), LIST, TODAY)

    assert plain == of_others == expired
    assert len({plain, ruled, accepted}) == 3


def test_a_rule_that_compares_by_value_is_not_to_blame() -> None:
    by_value = Rule(endpoint="*", path="$.at", compare=Compare.VALUE, reason="it is that simple")

    assert missed(tried(RuleBook(rules=(by_shape("$.at"), by_value)))) == set()
