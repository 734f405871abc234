"""The structural walk: every difference, at its path, and one inserted item as one."""

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import BodyError
from parity.outcome import ABSENT, Kind
from parity.paths import BODY
from parity.rule import Compare, Rule, Tolerance
from parity.rules import RuleBook
from parity.walk import MAX_DIFFERENCES, how_leaves_differ, walk
from tests.parity.factories import LIST, brief, by_shape, ruled, walked

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text("ab", max_size=2),
    lambda child: (
        st.lists(child, max_size=4) | st.dictionaries(st.text("abc", max_size=2), child, max_size=4)
    ),
    max_leaves=20,
)


def items(count: int) -> list[dict[str, Any]]:
    return [{"id": f"id-{number}", "price": number * 2, "tags": ["a", "b"]} for number in range(count)]


def strict(value: Any) -> Any:
    """A form in which equal means: the same types too."""
    if isinstance(value, dict):
        return {key: strict(child) for key, child in value.items()}
    if isinstance(value, list):
        return [strict(child) for child in value]
    return (type(value).__name__, value)


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert walked(value, value) == []


@given(VALUES, VALUES)
def test_values_differ_exactly_when_the_walk_finds_something(legacy: Any, modern: Any) -> None:
    assert bool(walked(legacy, modern)) == (strict(legacy) != strict(modern))


@given(VALUES, VALUES)
def test_swapped_sides_swap_missing_and_extra(legacy: Any, modern: Any) -> None:
    kinds = {difference.kind for difference in walked(legacy, modern)}
    swapped = {difference.kind for difference in walked(modern, legacy)}

    assert bool(kinds) == bool(swapped)


@pytest.mark.parametrize(
    ("legacy", "modern"), [(1, True), (1, 1.0), (0, False), ("1", 1), (None, 0), ([], {})]
)
def test_types_are_strict(legacy: Any, modern: Any) -> None:
    assert brief(walked({"a": legacy}, {"a": modern})) == [("$.a", "type")]


def test_missing_and_extra_keys_are_told_apart() -> None:
    found = walked({"a": 1, "b": None}, {"b": None, "c": None})

    assert brief(found) == [("$.a", "missing"), ("$.c", "extra")]
    assert (found[0].modern, found[1].legacy) == (ABSENT, ABSENT)


def test_one_inserted_item_is_one_difference_and_the_length() -> None:
    legacy = items(300)
    modern = [*legacy[:5], {"id": "new"}, *legacy[5:]]

    assert brief(walked(legacy, modern)) == [("$", "length"), ("$[5]", "extra")]


def test_one_item_less_is_one_difference_and_the_length() -> None:
    legacy = items(300)

    assert brief(walked(legacy, legacy[:7] + legacy[8:])) == [("$", "length"), ("$[7]", "missing")]


def test_a_changed_item_behind_an_inserted_one_is_still_found_alone() -> None:
    legacy, modern = items(50), items(50)
    modern[20]["price"] = 99
    modern.insert(5, {"id": "new"})

    assert brief(walked(legacy, modern)) == [("$", "length"), ("$[5]", "extra"), ("$[20].price", "value")]


def test_an_item_exchanged_for_another_in_a_shifted_list_is_two_differences() -> None:
    legacy = items(30)

    assert brief(walked(legacy, [*legacy[1:], {"id": "new"}])) == [("$[0]", "missing"), ("$[29]", "extra")]


def test_items_with_other_ids_are_other_items_and_are_not_held_against_each_other() -> None:
    ours, theirs = {"id": "a", "price": 1}, {"id": "b", "price": 2}

    found = walked([ours, items(1)[0]], [theirs, items(1)[0]])

    assert [(one.kind, one.legacy, one.modern) for one in found] == [
        (Kind.MISSING, ours, ABSENT),
        (Kind.EXTRA, ABSENT, theirs),
    ]


def test_items_whose_ids_are_made_anew_or_repeat_are_held_against_each_other() -> None:
    ours, theirs = {"id": "a", "price": 1}, {"id": "b", "price": 2}
    made_anew = walked([ours, ours | {"id": "c"}], [theirs, theirs | {"id": "d"}], "$[*].id")
    repeated = walked([ours, ours], [theirs | {"id": "a"}] * 2)

    assert [one.kind for one in made_anew] == [Kind.VALUE, Kind.VALUE]
    assert [one.kind for one in repeated] == [Kind.VALUE, Kind.VALUE]


def test_the_same_items_in_another_order_are_one_difference_in_order() -> None:
    legacy = items(4)
    found = walked(legacy, [legacy[2], legacy[1], legacy[0], legacy[3]])

    assert brief(found) == [("$", "order")]
    assert (found[0].legacy, found[0].modern) == (["id-0", "id-1", "id-2"], ["id-2", "id-1", "id-0"])


def test_a_change_in_a_list_of_another_order_is_found_too() -> None:
    legacy, modern = items(3), list(reversed(items(3)))
    modern[0]["price"] = 99

    assert brief(walked(legacy, modern)) == [("$", "order"), ("$[2].price", "value")]


def test_order_counts_repeats() -> None:
    assert brief(walked([1, 1, 2], [1, 2, 2])) == [("$[1]", "value")]


def test_a_shape_rule_lets_values_differ_and_nothing_else() -> None:
    old = {"id": "e5c00000-0000-4000-8000-000000000001", "at": "2026-01-01T00:00:00.000Z", "n": 3}
    new = {"id": "e5c00000-0000-4000-8000-000000000002", "at": "2026-01-02T00:00:00.000Z", "n": 4}

    assert walked(old, new, "$.*") == []
    assert brief(walked(old, new | {"id": None}, "$.*")) == [("$.id", "type")]
    assert brief(walked(old, new | {"id": "7"}, "$.*")) == [("$.id", "value")]
    assert brief(walked(old, {"id": old["id"], "n": 3}, "$.*")) == [("$.at", "missing")]
    assert brief(walked(old, new | {"n": 4_000_000}, "$.*")) == [("$.n", "length")]


def test_trimming_looks_through_shape_rules() -> None:
    legacy = [{"at": "2026-01-01", "n": number} for number in range(20)]
    modern = [{"at": "2026-01-02", "n": number} for number in range(20)]
    modern.insert(3, {"at": "2026-01-02", "n": 99})

    assert brief(walked(legacy, modern, "$[*].at")) == [("$", "length"), ("$[3]", "extra")]


def test_a_list_by_shape_may_grow_by_a_class_but_not_from_nothing() -> None:
    assert walked([{"a": 1}], [{"a": 1}, {"a": 2}], "$") == []
    assert brief(walked([{"a": 1}], [{"a": 1}, {"b": 2}], "$")) == [
        ("$[1].a", "missing"),
        ("$[1].b", "extra"),
    ]
    assert brief(walked([], [{"a": 1}], "$")) == [("$", "length")]


def test_no_more_differences_are_kept_than_the_bound() -> None:
    legacy = {f"k{number}": 0 for number in range(5_000)}

    assert len(walked(legacy, dict.fromkeys(legacy, 1))) == MAX_DIFFERENCES


def test_nested_lists_do_not_multiply_the_work() -> None:
    legacy: Any = 1
    modern: Any = 2
    for _ in range(60):
        legacy, modern = [legacy, 1], [modern, 1]
    started_s = time.process_time()

    assert len(walked(legacy, modern)) == 1
    assert time.process_time() - started_s < 1


def test_long_lists_with_nothing_in_common_end_in_time() -> None:
    started_s = time.process_time()

    walked(list(range(50_000)), list(range(1, 50_001)))
    walked([{"a": [number]} for number in range(3_000)], [{"a": [-number - 1]} for number in range(3_000)])

    assert time.process_time() - started_s < 3


def test_what_is_nested_beyond_the_stack_is_refused() -> None:
    legacy: Any = 1
    modern: Any = 2
    for _ in range(5_000):
        legacy, modern = {"a": legacy}, {"a": modern}

    with pytest.raises(BodyError, match="too_deep"):
        walked(legacy, modern)


def test_the_kinds_that_a_walk_finds_are_those_of_bodies() -> None:
    found = walked({"a": 1, "b": [1, 2], "c": "x", "d": [1]}, {"b": [2, 1], "c": 1, "d": [], "e": 1})

    assert {difference.kind for difference in found} == {
        Kind.MISSING,
        Kind.ORDER,
        Kind.TYPE,
        Kind.LENGTH,
        Kind.EXTRA,
    }


def test_a_shuffled_list_with_a_change_is_one_difference_in_order_and_the_change() -> None:
    legacy = [{"name": f"n{number}", "price": number} for number in range(40)]
    modern = list(reversed(legacy))
    modern[7] = modern[7] | {"price": -1}

    assert brief(walked(legacy, modern)) == [("$", "order"), ("$[32].price", "value")]


def test_ids_in_another_order_with_one_exchanged_are_told_apart() -> None:
    legacy = items(6)
    modern = [legacy[2], legacy[0], {"id": "new"}, *legacy[3:]]

    assert brief(walked(legacy, modern)) == [("$", "order"), ("$[1]", "missing"), ("$[2]", "extra")]


def unordered(path: str = "$") -> Rule:
    return by_shape(path, compare=Compare.UNORDERED)


def test_a_rule_of_lists_does_not_hold_for_the_lists_below() -> None:
    legacy = [{"id": 1, "tags": ["a", "b"]}]

    assert brief(ruled(legacy, [{"id": 1, "tags": ["b", "a"]}], unordered())) == [("$[0].tags", "order")]


def test_a_rule_for_everything_is_bounded_and_still_sees_what_it_must() -> None:
    legacy = [{"id": number, "tags": [number]} for number in range(3_000)]
    modern = [{"id": number, "tags": [-number]} for number in reversed(range(3_000))]

    assert ruled(legacy, modern, unordered("**"), by_shape("**")) == []
    assert brief(ruled(legacy, [*modern[:-1], {"id": "0", "tags": []}], unordered("**"), by_shape("**")))


def test_a_walk_that_would_take_too_long_says_so() -> None:
    legacy = [{"at": "2026-01-01", "n": [number]} for number in range(400)]
    modern = [{"at": "2026-01-02", "n": [-number]} for number in range(400)]
    rules = RuleBook(rules=(unordered(), by_shape("$[*].at"))).for_endpoint(LIST).tree

    with pytest.raises(BodyError, match="too_costly"):
        walk(legacy, modern, BODY, rules, max_visits=10_000)


def test_a_difference_below_what_may_be_nested_is_a_reason_and_one_above_it_a_difference() -> None:
    legacy: Any = 1
    for _ in range(100):
        legacy = [legacy]

    with pytest.raises(BodyError, match="too_deep"):
        walked({"a": legacy}, {"a": [legacy]})
    assert brief(walked({"a": legacy, "b": 1}, {"a": legacy, "b": 2})) == [("$.b", "value")]


def test_unicode_forms_are_values() -> None:
    assert brief(walked({"name": "Jos\u00e9"}, {"name": "Jose\u0301"})) == [("$.name", "value")]


def test_big_integers_are_exact() -> None:
    assert brief(walked([2**80], [2**80 + 1])) == [("$[0]", "value")]


def test_leaves_within_a_tolerance_are_no_difference() -> None:
    rule = by_shape("$", compare=Compare.TOLERANCE, tolerance=Tolerance(absolute=Decimal(1)))

    assert how_leaves_differ(1, 2, rule) is None
    assert how_leaves_differ(1, 3, rule) is Kind.VALUE
    assert brief(ruled([1], [1.0], rule)) == [("$[0]", "type")]
