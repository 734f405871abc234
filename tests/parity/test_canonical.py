"""Canonical bytes: equal means the same."""

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from parity.canonical import canonical, differing, same
from parity.errors import BodyError
from tests.parity.test_walk import VALUES, strict


@given(VALUES, VALUES)
def test_equal_bytes_are_equal_values_of_the_same_types(one: Any, other: Any) -> None:
    assert canonical(one) != canonical(other) or strict(one) == strict(other)


@given(VALUES)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    assert same(value, copy.deepcopy(value))


def test_the_order_of_keys_is_none_of_theirs() -> None:
    assert same({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1})


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0, False), ([1], [1.0]), (Decimal("1.5"), "1.5"), (2**70, float(2**70))],
)
def test_values_that_python_takes_for_equal_are_not_the_same(one: Any, other: Any) -> None:
    assert not same(one, other)


def test_what_the_encoder_does_not_take_has_bytes_too() -> None:
    assert canonical("\ud800") == canonical("\ud800")
    assert canonical(["\ud800", Decimal("1.5")]) != canonical(["\ud800", "1.5"])


def test_what_is_nested_beyond_the_stack_is_a_reason() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]

    with pytest.raises(BodyError, match="too_deep"):
        canonical(deep)


def test_differing_places_are_those_of_other_values_and_all_where_a_type_is_another() -> None:
    items: list[Any] = [{"n": number} for number in range(20)]
    changed = [*items[:5], {"n": -1}, *items[6:]]

    assert list(differing(items, changed)) == [5]
    assert list(differing(items, [*changed[:19], {"n": 19.0}])) == list(range(20))
    assert list(differing(items[:3], items[:2])) == [0, 1]


def test_members_that_are_one_value_are_not_looked_at_and_the_others_are() -> None:
    shared = {"n": Decimal("1.50")}
    one = {"a": shared, "b": 1}

    assert same(one, {"b": 1, "a": shared})
    assert not same(one, {"b": True, "a": shared})
    assert not same(one, {"b": 1, "a": {"n": Decimal("1.5")}})
    assert list(differing([shared] * 9, [shared] * 9)) == []
    assert list(differing([shared] * 9, [*[shared] * 8, {"n": 2}])) == [8]
