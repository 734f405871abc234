"""Outcomes, kinds, and what a difference says of itself."""

from parity.outcome import ABSENT, Comparison, Difference, Kind, Outcome
from tests.parity.factories import acceptance


def test_the_outcomes_are_those_of_the_glossary() -> None:
    assert [outcome.value for outcome in Outcome] == [
        "match",
        "accepted",
        "mismatch",
        "transient",
        "shed",
        "timeout",
        "error",
        "skipped",
    ]


def test_a_difference_knows_its_path_with_and_without_indices() -> None:
    difference = Difference(("$", "data", 3, "id"), Kind.MISSING, 1, ABSENT)

    assert (difference.path, difference.folded, difference.accepted_by) == (
        "$.data[3].id",
        "$.data[*].id",
        "",
    )


def test_an_acceptance_is_named_by_its_quirk_and_reason_once() -> None:
    assert acceptance(quirk="Q-16", reason="items gain field").label == "Q-16: items gain field"
    assert acceptance(quirk="Q-16", reason="Q-16: items gain field").label == "Q-16: items gain field"
    assert acceptance(quirk="", reason="agreed with sales").label == "agreed with sales"


def test_what_is_accepted_is_no_mismatch() -> None:
    open_one = Difference(("$", "a"), Kind.VALUE, 1, 2)
    accepted = Difference(("$", "b"), Kind.VALUE, 1, 2, acceptance())

    assert Comparison(Outcome.MISMATCH, "", (accepted, open_one)).mismatches == (open_one,)
