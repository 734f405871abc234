"""Which places of two lists of names belong together."""

import time

from hypothesis import given
from hypothesis import strategies as st

from parity.alignment import MAX_LIKENESSES, Alignment, align, by_occurrence, closest, disordered, unpaired

NAMES = st.lists(st.sampled_from("abcdef"), max_size=8)


def test_an_inserted_name_moves_nothing() -> None:
    found = align("abc", "axbc", by_place=True)

    assert found == Alignment([(0, 0), (1, 2), (2, 3)], [], [], [1], [])


def test_names_between_anchors_have_the_neighbour_of_their_place() -> None:
    found = align("abcd", "axcyd", by_place=True)

    assert (found.neighbours, found.missing, found.extra) == ([(1, 1)], [], [3])


def test_without_places_another_name_is_missing_and_extra() -> None:
    found = align("abc", "axc", by_place=False)

    assert (found.neighbours, found.missing, found.extra) == ([], [1], [1])


def test_anchors_in_another_order_are_moved_from_the_first_to_the_last() -> None:
    assert align("abcd", "acbd", by_place=True).moved == [(1, 2), (2, 1)]


@given(NAMES, NAMES)
def test_every_place_is_told_exactly_once(legacy: list[str], modern: list[str]) -> None:
    found = align(legacy, modern, by_place=True)
    pairs = found.anchors + found.neighbours

    assert sorted([left for left, _ in pairs] + found.missing) == list(range(len(legacy)))
    assert sorted([right for _, right in pairs] + found.extra) == list(range(len(modern)))
    assert all(legacy[left] == modern[right] for left, right in found.anchors)


@given(NAMES)
def test_the_same_names_in_any_order_are_all_anchors(legacy: list[str]) -> None:
    modern = sorted(legacy)

    found = align(legacy, modern, by_place=True)

    assert len(found.anchors) == len(legacy)
    assert bool(found.moved) == (legacy != modern)


def test_equal_names_are_paired_the_first_with_the_first() -> None:
    assert by_occurrence("aab", "baca") == [(0, 1), (1, 3), (2, 0)]


def test_what_is_in_no_pair_is_unpaired() -> None:
    assert unpaired(3, 2, [(0, 1)], [(2, 0)]) == ([1], [])


def test_rising_places_are_in_order_and_equal_ones_too() -> None:
    assert disordered([1, 1, 4]) == range(0)
    assert disordered([0, 2, 1, 3]) == range(1, 3)


def test_the_most_alike_are_paired_and_each_once() -> None:
    scores = {(0, 0): 1, (0, 1): 5, (1, 0): 0, (1, 1): 4}

    assert closest([0, 1], [0, 1], lambda one, other: scores[one, other]) == [(0, 1), (1, 0)]


def test_too_many_to_look_at_each_pair_are_paired_in_their_order() -> None:
    many = range(MAX_LIKENESSES)

    assert closest(many, many, lambda one, other: one - other) == list(zip(many, many, strict=True))


def test_the_time_grows_with_the_lists_and_not_with_their_square() -> None:
    legacy = [number % 50_000 for number in range(100_000)]
    started_s = time.process_time()

    align(legacy, [number + 7 for number in reversed(legacy)], by_place=True)

    assert time.process_time() - started_s < 2
