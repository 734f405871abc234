"""Which items of lists are held against each other: by a key, as a multiset, by their ids."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from parity.outcome import Kind
from parity.pairing import MAX_SHOWN
from parity.rule import Compare, Rule, Tolerance
from tests.parity.factories import brief, by_shape, ruled, walked


def keyed(path: str = "$", key: str = "id", sort: Sequence[str] | None = None) -> Rule:
    fields = None if sort is None else tuple((name,) for name in sort)
    return by_shape(path, compare=Compare.KEYED, key=(key,), sort=fields)


def unordered(path: str = "$") -> Rule:
    return by_shape(path, compare=Compare.UNORDERED)


DEALS = [
    {"no": 1, "closing": "2026-12-01", "price": 10},
    {"no": 2, "closing": "2026-12-01", "price": 20},
    {"no": 3, "closing": "2026-11-01", "price": 30},
]


def test_items_of_a_keyed_list_are_paired_by_the_key_wherever_they_stand() -> None:
    changed = [DEALS[1], DEALS[2] | {"price": 31}, DEALS[0]]

    assert brief(ruled(DEALS, changed, keyed(key="no", sort=[]))) == [("$[2].price", "value")]


def test_items_with_equal_sort_keys_may_change_places() -> None:
    swapped = [DEALS[1], DEALS[0], DEALS[2]]

    assert ruled(DEALS, swapped, keyed(key="no", sort=["closing"])) == []


def test_items_with_other_sort_keys_may_not_change_places() -> None:
    (found,) = ruled(DEALS, [DEALS[0], DEALS[2], DEALS[1]], keyed(key="no", sort=["closing"]))

    assert (found.path, found.kind) == ("$", Kind.ORDER)
    assert (found.legacy, found.modern) == (DEALS[1:], [DEALS[2], DEALS[1]])


def test_without_a_sort_key_every_item_of_a_keyed_list_keeps_its_place() -> None:
    assert brief(ruled(DEALS, [DEALS[1], DEALS[0], DEALS[2]], keyed(key="no"))) == [("$", "order")]


def test_a_keyed_item_that_one_side_alone_has_is_missing_or_extra() -> None:
    other = {"no": 4, "closing": "2026-10-01", "price": 40}

    found = ruled(DEALS, [other, *DEALS[:2]], keyed(key="no", sort=["closing"]))

    assert brief(found) == [("$[0]", "extra"), ("$[2]", "missing")]


def test_items_with_the_same_key_are_paired_in_their_order_and_counted() -> None:
    twice = [{"id": "a", "n": 1}, {"id": "a", "n": 2}]

    assert ruled(twice, twice, keyed()) == []
    assert brief(ruled(twice, twice[:1], keyed())) == [("$", "length"), ("$[1]", "missing")]


def test_keys_of_other_types_are_other_keys() -> None:
    assert brief(ruled([{"id": 1}], [{"id": True}], keyed())) == [("$[0]", "missing"), ("$[0]", "extra")]


@given(st.lists(st.integers(0, 3), max_size=8), st.randoms())
def test_an_unordered_list_is_the_same_in_any_order(items: list[int], chance: Any) -> None:
    shuffled = chance.sample(items, len(items))

    assert ruled(items, shuffled, unordered()) == []


@given(st.lists(st.integers(0, 2), max_size=6), st.lists(st.integers(0, 2), max_size=6))
def test_an_unordered_list_counts_how_often_an_item_is_there(legacy: list[int], modern: list[int]) -> None:
    assert bool(ruled(legacy, modern, unordered())) == (sorted(legacy) != sorted(modern))


def test_what_is_left_of_an_unordered_list_is_paired_with_what_is_most_alike() -> None:
    legacy = [{"a": 1, "b": 2, "c": 3}, {"a": 7, "b": 8, "c": 9}, {"a": 0}]
    modern = [{"a": 0}, {"a": 7, "b": 8, "c": 0}, {"a": 1, "b": 0, "c": 3}]

    assert brief(ruled(legacy, modern, unordered())) == [("$[0].b", "value"), ("$[1].c", "value")]


def test_items_of_an_unordered_list_pass_for_one_another_where_the_rules_let_them() -> None:
    legacy = [{"at": "2026-01-01", "n": number, "tags": ["x", "y"]} for number in range(5)]
    modern = [{"at": "2026-02-02", "n": number, "tags": ["y", "x"]} for number in reversed(range(5))]

    assert ruled(legacy, modern, unordered(), by_shape("$[*].at"), unordered("$[*].tags")) == []


def test_an_item_of_an_unordered_list_that_the_rules_do_not_let_pass_is_told() -> None:
    legacy = [{"at": "2026-01-01", "n": number} for number in range(3)]
    modern = [legacy[2], {"at": None, "n": 1}, {"at": "2026-02-02", "n": 0}]

    assert brief(ruled(legacy, modern, unordered(), by_shape("$[*].at"))) == [("$[1].at", "type")]


def test_numbers_within_a_tolerance_pass_for_one_another_the_small_with_the_small() -> None:
    rule = by_shape("$", compare=Compare.TOLERANCE, tolerance=Tolerance(absolute=Decimal(1)))

    assert ruled([10, 12, 14], [15, 13, 11], unordered(), rule) == []
    assert brief(ruled([10, 12, 14], [16, 13, 11], unordered(), rule)) == [("$[2]", "value")]


def test_what_is_left_of_long_lists_is_paired_by_its_order() -> None:
    legacy = [{"n": number} for number in range(60)]
    modern = [{"n": number + 100} for number in range(60)]

    assert len(ruled(legacy, modern, unordered())) == 60


def test_a_key_may_be_a_field_of_a_field_and_one_that_is_not_there_is_a_key_too() -> None:
    legacy: list[Any] = [{"owner": {"id": 1}, "n": 1}, {"owner": None}, 7]
    rule = by_shape("$", compare=Compare.KEYED, key=("owner", "id"), sort=())

    assert ruled(legacy, [legacy[1], legacy[0], 7], rule) == []
    assert brief(ruled(legacy, [{"owner": None}, {"owner": {"id": 1}, "n": 2}, 7], rule)) == [
        ("$[0].n", "value")
    ]


def test_a_difference_in_order_shows_no_more_than_the_bound() -> None:
    legacy = [{"id": f"id-{number}"} for number in range(500)]

    (found,) = walked(legacy, legacy[::-1])

    assert (len(found.legacy), found.modern[0]) == (MAX_SHOWN, "id-499")
