"""Conditions as sentences with their numbers."""

import pytest

from parity.conditions import Condition, Share, Standing, books, comparisons, groups, named, rate_text, some
from parity.tally import Balance
from tests.parity.reports import group


def test_a_share_says_its_denominator() -> None:
    assert Share(3, 1_204).text == "3 of 1,204 (0.25%)"
    assert Share(0, 0).text == "0 of 0"
    assert Share(1, 4).to_json() == {"n": 1, "of": 4, "share": 0.25}


@pytest.mark.parametrize(
    ("n", "of", "is_over"), [(1, 100, False), (2, 100, True), (0, 0, False), (1, 0, True)]
)
def test_a_share_is_over_a_limit_only_when_it_is_larger(n: int, of: int, *, is_over: bool) -> None:
    assert Share(n, of).is_over(0.01) is is_over


def test_books_that_do_not_balance_withhold_everything() -> None:
    assert books(Balance(10, 9, 1)) == Condition(
        "books", Standing.HOLDS, "they balance: 10 mirrored = 9 outcomes + 1 in flight"
    )
    unbalanced = books(Balance(10, 9))
    assert unbalanced.standing is Standing.MISSING
    assert unbalanced.text == "THE BOOKS DO NOT BALANCE: 1 mirrored request without an outcome"


@pytest.mark.parametrize(
    ("n", "standing"), [(99, Standing.MISSING), (100, Standing.HOLDS), (101, Standing.HOLDS)]
)
def test_enough_is_as_many_as_are_wanted(n: int, standing: Standing) -> None:
    assert comparisons(n, 100) == Condition("comparisons", standing, f"{n}, wanted 100 at least")


def test_open_groups_are_wrong_beyond_what_is_allowed_and_the_largest_are_named() -> None:
    found = [group(path=f"$.{letter}", n=9) for letter in "abcd"]

    assert groups([], 0).standing is Standing.HOLDS
    assert groups(found, 4).standing is Standing.HOLDS
    wrong = groups(found, 0)
    assert wrong.standing is Standing.WRONG
    assert wrong.text.startswith(
        "4 open difference groups: GET /v1/escrows/{id} $.a another value (9 exchanges"
    )
    assert wrong.text.endswith(" and 1 more")
    assert "$.d" not in wrong.text


def test_a_group_is_named_by_where_what_and_how_often() -> None:
    assert named(group()) == (
        "GET /v1/escrows/{id} $.data.details.purchasePrice another value (3 exchanges, 0.25%)"
    )


def test_a_list_names_three() -> None:
    assert some(["a", "b"]) == "a; b"
    assert some("abcde") == "a; b; c and 2 more"


@pytest.mark.parametrize(
    ("value", "text"), [(1, "100%"), (0.001, "0.1%"), (0.000123456, "0.0123%"), (0, "0%"), (1e-8, "1e-06%")]
)
def test_a_small_rate_is_not_rounded_to_nothing(value: float, text: str) -> None:
    assert rate_text(value) == text
