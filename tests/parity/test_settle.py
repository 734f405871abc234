"""What second answers make of a difference, one by one: it persists, legacy moved, they agree, or nobody can say."""

from typing import Any

import pytest

from parity.bodies import BOUNDS, Bounds
from parity.compare import compare
from parity.completing import Again
from parity.exchange import Backend, Exchange, Observation
from parity.legacy_twice import Noted
from parity.outcome import Aside, Comparison, Outcome
from parity.rules import RuleBook
from parity.settle import AskedAgain, Settled, settle, unsettled
from tests.parity.factories import LIST, TODAY, acceptance, by_shape, differing, exchange, observation

UUIDS = [f"5f0c2d9e-0000-4000-8000-00000000000{n}" for n in range(6)]


def settled(
    first: tuple[Any, Any],
    again: tuple[Any, Any],
    rules: RuleBook | None = None,
    plain: RuleBook | None = None,
    **options: Any,
) -> Settled:
    """Of first and second answers of (legacy, modern)."""
    book = rules or RuleBook()
    found: Exchange = exchange(*first, authoritative=options.get("authoritative", Backend.LEGACY))
    seconds = [one if isinstance(one, Observation | str) else observation(one) for one in again]
    return settle(
        found,
        compare(found, book, today=TODAY),
        Again(seconds[0], seconds[1], options.get("raced", False)),
        rules=book,
        plain=plain or book,
        today=TODAY,
        bounds=options.get("bounds", BOUNDS),
    )


@pytest.mark.parametrize("authoritative", Backend)
@pytest.mark.parametrize(
    ("first", "again", "outcome", "reason"),
    [
        ((1, 2), (1, 2), Outcome.MISMATCH, "persisted"),
        ((1, 2), (1, 3), Outcome.MISMATCH, "persisted"),
        ((1, 2), (2, 2), Outcome.TRANSIENT, "moved"),
        ((1, 2), (3, 3), Outcome.TRANSIENT, "moved"),
        ((1, 2), (3, 4), Outcome.TRANSIENT, "moved"),
        ((1, 2), (1, 1), Outcome.TRANSIENT, "agreed"),
        ((1, None), (2, None), Outcome.MISMATCH, "persisted"),
        ((1, 2), (3, 4_000), Outcome.MISMATCH, "persisted"),
    ],
)
def test_each_way_in_which_one_value_may_go(
    first: tuple[Any, Any], again: tuple[Any, Any], outcome: Outcome, reason: str, authoritative: Backend
) -> None:
    found = settled(
        ({"v": first[0]}, {"v": first[1]}), ({"v": again[0]}, {"v": again[1]}), authoritative=authoritative
    )

    assert (found.comparison.outcome, found.aside, found.reason) == (outcome, Aside.CONFIRMATIONS, reason)
    assert found.comparison.reason == ("" if outcome is Outcome.MISMATCH else reason)


def test_a_path_that_always_moves_hides_no_other() -> None:
    found = settled(
        ({"id": UUIDS[0], "price": 1}, {"id": UUIDS[1], "price": 2}),
        ({"id": UUIDS[2], "price": 1}, {"id": UUIDS[3], "price": 2}),
    )

    assert found.reason == "persisted"
    assert differing(found.comparison) == [("$.price", "value")]


def test_a_field_that_moves_in_one_row_is_judged_in_none() -> None:
    rows = [{"id": 1, "v": 1}, {"id": 2, "v": 1}]

    found = settled(
        (rows, [{"id": 1, "v": 2}, {"id": 2, "v": 9}]),
        ([{"id": 1, "v": 3}, {"id": 2, "v": 1}], [{"id": 1, "v": 4}, {"id": 2, "v": 9}]),
    )

    assert found.reason == "moved"


def test_an_item_that_came_in_between_is_data_that_moved() -> None:
    one, two = {"id": 1, "v": 1}, {"id": 2, "v": 2}

    assert settled(([one], [two, one]), ([two, one], [two, one])).reason == "moved"


def test_a_row_that_was_deleted_in_between_is_data_that_moved() -> None:
    gone = observation({"error": 1}, status=404)

    assert settled(({"id": 1}, gone), (gone, gone)).reason == "moved"


def test_accepted_differences_stay_with_a_mismatch_and_make_none() -> None:
    rules = RuleBook(acceptances=(acceptance("$.field"),))

    both = settled(({"v": 1}, {"v": 2, "field": 1}), ({"v": 1}, {"v": 2, "field": 1}), rules).comparison
    agreed = settled(({"v": 1}, {"v": 2, "field": 1}), ({"v": 1}, {"v": 1, "field": 1}), rules).comparison

    assert sorted(differing(both)) == [("$.field", "extra"), ("$.v", "value")]
    assert agreed == Comparison(Outcome.TRANSIENT, "agreed")


@pytest.mark.parametrize(
    ("again", "reason"),
    [
        (("shadow_limit", {"v": 2}), "shadow_limit"),
        (({"v": 1}, "body_too_large"), "body_too_large"),
        ((Observation(error="refused"), {"v": 2}), "legacy_refused"),
        (({"v": 1}, Observation(error="timeout")), "modern_timeout"),
        ((observation({}, status=503), {"v": 2}), "legacy_status"),
        (({"v": 1}, observation({}, status=429)), "modern_status"),
        ((observation({}, status=401), observation({}, status=401)), "legacy_status"),
        ((observation(b'{"v": NaN}'), {"v": 2}), "not_a_number"),
    ],
)
def test_a_second_asking_that_says_nothing_leaves_the_mismatch_and_says_why(
    again: tuple[Any, Any], reason: str
) -> None:
    found = settled(({"v": 1}, {"v": 2}), again)

    assert (found.comparison.outcome, found.aside, found.reason) == (
        Outcome.MISMATCH,
        Aside.UNCONFIRMED,
        reason,
    )
    assert differing(found.comparison) == [("$.v", "value")]


def test_a_write_in_between_proves_no_mismatch_and_no_noise() -> None:
    lasting = settled(({"v": 1}, {"v": 2}), ({"v": 1}, {"v": 2}), raced=True)
    moved = settled(({"v": 1}, {"v": 2}), ({"v": 3}, {"v": 4}), raced=True)
    matching = settled(({"v": 1}, {"v": 1}), ({"v": 3}, {"v": 4}), raced=True)

    assert (lasting.aside, lasting.reason, lasting.comparison.outcome) == (
        Aside.UNCONFIRMED,
        "write_overlapped",
        Outcome.MISMATCH,
    )
    assert (moved.reason, matching.reason) == ("moved", "write_overlapped")
    assert [one.twice for one in (lasting, moved, matching)] == [None] * 3


def test_a_match_that_was_asked_again_stays_one_and_tells_of_legacy() -> None:
    same = settled(({"v": 1}, {"v": 1}), ({"v": 1}, {"v": 1}))
    differed = settled(({"v": 1}, {"v": 1}), ({"v": 2}, {"v": 1}))

    assert (same.comparison.outcome, same.aside, same.reason) == (
        Outcome.MATCH,
        Aside.NOISE_CHECKS,
        "same",
    )
    assert (differed.comparison.outcome, differed.reason) == (Outcome.MATCH, "differed")
    assert differed.twice is not None
    assert differed.twice.paths == {"$.v": Noted("integer", False)}


def test_noise_is_seen_through_the_rule_that_it_gave_itself() -> None:
    bodies = [{"id": UUIDS[n]} for n in range(4)]
    rules = RuleBook(rules=(by_shape("$.id"),))

    found = settled((bodies[0], bodies[1]), (bodies[2], bodies[3]), rules, plain=RuleBook())

    assert found.comparison.outcome is Outcome.MATCH
    assert found.twice is not None
    assert list(found.twice.paths) == ["$.id"]


def test_another_shape_at_a_noisy_path_is_a_mismatch() -> None:
    rules = RuleBook(rules=(by_shape("$.id"),))

    found = settled(
        ({"id": UUIDS[0]}, {"id": "none"}), ({"id": UUIDS[1]}, {"id": "none"}), rules, plain=RuleBook()
    )

    assert (found.comparison.outcome, found.reason) == (Outcome.MISMATCH, "persisted")


def test_what_was_asked_again_is_counted_by_endpoint_aside_and_reason() -> None:
    beside = AskedAgain()
    settled_one = settled(({"v": 1}, {"v": 2}), ({"v": 1}, {"v": 2}))

    beside.add(LIST, settled_one)
    beside.add(LIST, unsettled(Comparison(Outcome.MISMATCH), "rate"))
    beside.add(LIST, unsettled(Comparison(Outcome.MATCH), "busy"))

    assert beside.counts == {
        (LIST, "confirmations", "persisted"): 1,
        (LIST, "unconfirmed", "rate"): 1,
        (LIST, "noise_checks", "busy"): 1,
    }
    assert beside.twice == [settled_one.twice]


def test_second_answers_of_too_many_values_settle_nothing() -> None:
    many = list(range(60))

    found = settled(([1], [2]), (many, [2]), bounds=Bounds(max_values=20))

    assert (found.comparison.outcome, found.reason) == (Outcome.MISMATCH, "too_many_values")
