"""What a rule says of itself."""

import pytest

from parity.rule import Compare, Rule
from tests.parity.factories import by_shape


@pytest.mark.parametrize(
    ("rule", "rank"),
    [
        (by_shape("$", endpoint="GET /v1/escrows", learned=True), -1),
        (by_shape("$", endpoint="GET /v1/escrows", group="lists"), 0),
        (by_shape("$", endpoint="GET /v1/*"), 1),
        (by_shape("$", endpoint="GET /v1/escrows"), 2),
    ],
)
def test_the_more_special_a_scope_is_the_stronger_is_its_rule(rule: Rule, rank: int) -> None:
    assert rule.rank == rank


def test_rules_of_the_same_meaning_may_have_other_reasons_and_paths() -> None:
    assert by_shape("$.a", reason="x").same_meaning(by_shape("$.b"))
    assert not by_shape("$.a").same_meaning(by_shape("$.a", compare=Compare.VALUE))


def test_where_a_rule_stands_is_no_part_of_what_it_says() -> None:
    assert repr(by_shape("$.a", source="a.toml: rules[1]")) == repr(
        by_shape("$.a", source="b.toml: rules[2]")
    )
    assert by_shape("$.a", source="a.toml: rules[1]") == by_shape("$.a")


@pytest.mark.parametrize("compare", Compare)
def test_two_ways_of_comparing_are_of_lists(compare: Compare) -> None:
    assert by_shape("$", compare=compare).of_lists == (compare in ("keyed", "unordered"))
