"""What items are recognised by."""

from typing import Any

import pytest

from parity.item_names import by_size, have_same_ids, ids_of, key_of, likeness, names_of, values_of
from parity.paths import path_glob
from parity.rule import Compare, Rule, Tolerance
from parity.rule_tree import NO_RULES, Node, RuleTree
from tests.parity.factories import by_shape

PLAIN = NO_RULES.at(("$",))


def ruled_by(*rules: Rule) -> Node:
    return RuleTree([(path_glob(rule.path), rule) for rule in rules]).at(("$",))


def test_items_with_an_id_each_are_recognised_by_it() -> None:
    assert ids_of([{"id": "a"}, {"id": 1}], range(2), PLAIN) == ["a", (1,)]


@pytest.mark.parametrize(
    "items", [[{"id": "a"}, {"id": "a"}], [{"id": "a"}, {}], [{"id": True}], [{"id": None}], [7]]
)
def test_items_without_an_id_of_their_own_are_not(items: list[Any]) -> None:
    assert ids_of(items, range(len(items)), PLAIN) is None


def test_ids_that_each_backend_makes_are_none() -> None:
    assert ids_of([{"id": "a"}], range(1), ruled_by(by_shape("$[*].id"))) is None


def test_items_have_the_same_ids_where_each_place_has_one_and_the_same() -> None:
    legacy: list[Any] = [{"id": 1}, {"id": "a"}, {"id": None}, 7]

    assert have_same_ids(legacy, [{"id": 1}, {"id": "a", "n": 1}, {"id": None}, 7], [0, 1], PLAIN)
    assert not have_same_ids(legacy, [{"id": True}], [0], PLAIN)
    assert not have_same_ids(legacy, legacy, [2], PLAIN)
    assert not have_same_ids(legacy, legacy, [3], PLAIN)
    assert not have_same_ids(legacy, legacy, [0], ruled_by(by_shape("$[*].id")))


def test_a_key_has_its_type_and_one_that_is_not_there_is_one() -> None:
    assert key_of({"a": {"b": 1}}, ["a", "b"]) != key_of({"a": {"b": 1.0}}, ["a", "b"])
    assert key_of({}, ["a"]) == key_of([], ["a", "b"])
    assert key_of({"a": [1, {"b": 2}]}, ["a"]) == key_of({"a": [1, {"b": 2}]}, ["a"])
    assert values_of({"a": 1, "b": 2}, [["a"], ["b"]]) == (key_of(1, []), key_of(2, []))


def test_names_of_whole_items_are_strict_in_types() -> None:
    legacy, modern = names_of([1, True, 1.0], [1.0, 1, True], 0, None)

    assert len({*legacy, *modern}) == 3
    assert sorted(map(str, legacy)) == sorted(map(str, modern))


def test_what_rules_let_differ_has_no_part_in_a_name() -> None:
    node = ruled_by(
        by_shape("$[*].at"),
        by_shape("$[*].tags", compare=Compare.UNORDERED),
        by_shape("$[*].n", compare=Compare.TOLERANCE, tolerance=Tolerance()),
        by_shape("$[*].log"),
    )
    one = {"at": "2026-01-01", "tags": ["a", "b"], "n": 1, "log": ["x"], "name": "Ann"}
    other = {"at": "2026-02-02", "tags": ["b", "a"], "n": 2, "log": [], "name": "Ann"}

    legacy, modern = names_of([one], [other], 0, node)

    assert legacy == modern
    assert names_of([one], [other | {"at": None}], 0, node)[1] != legacy
    assert names_of([one], [other | {"name": "Ben"}], 0, node)[1] != legacy


def test_places_are_ordered_by_the_length_of_the_items() -> None:
    assert by_size([100, 7, 30, 20], [0, 1, 2, 3]) == [1, 3, 2, 0]


def test_likeness_counts_shared_fields() -> None:
    assert likeness({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 2}) == 1
    assert likeness([1], [1]) == 0
