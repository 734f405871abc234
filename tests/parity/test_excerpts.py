"""What a difference keeps of its values: no less than its sample shows, and no parsed document."""

import json
import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.compare import compare
from parity.excerpts import MAX_KEPT, with_excerpts
from parity.outcome import ABSENT, Comparison, Difference, Excerpt, Kind
from parity.paths import BODY
from parity.redact import MAX_NODES, Redactor
from parity.rules import RuleBook
from parity.value_shapes import shape_text
from tests.parity.factories import TODAY, exchange

REDACTOR = Redactor(b"k" * 32)
MANY = list(range(MAX_NODES))
# large parts in any place, so that what is kept ends within, before and behind an object or a list
VALUES = st.recursive(
    st.sampled_from([None, True, 7, 1.5, "word", "", MANY, {f"k{number}": number for number in MANY}]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=5),
    max_leaves=12,
)


def missing(value: Any, *steps: str) -> Difference:
    return Difference((*BODY, *steps), Kind.MISSING, value, ABSENT)


def counted(value: Any) -> int:
    if isinstance(value, Excerpt):
        value = value.beginning
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + sum(map(counted, value)) if isinstance(value, list) else 1


@given(VALUES)
def test_an_excerpt_is_shown_as_the_whole_value_would_be(value: Any) -> None:
    whole = missing(value, "a")

    (kept,) = with_excerpts([whole])

    assert json.dumps(REDACTOR.sides(kept)[0]) == json.dumps(REDACTOR.sides(whole)[0])
    assert shape_text(kept.legacy) == shape_text(value)
    assert counted(kept.legacy) <= MAX_NODES


def test_what_a_sample_shows_whole_is_kept_as_it_is() -> None:
    differences = (missing({"id": 1, "tags": ["a", None]}, "a"), missing([], "b"), missing("x" * 9_000, "c"))

    assert with_excerpts(differences) == differences


def test_where_it_is_too_much_only_the_first_difference_of_a_group_keeps_what_is_inside() -> None:
    one, again, *more = [
        Difference((*BODY, number), Kind.EXTRA, ABSENT, {"id": number, "tags": [number] * 20})
        for number in range(MAX_KEPT // 20)
    ]
    other = missing({"id": 5, "tags": ["a"]}, "a")

    assert with_excerpts([one, again, other]) == (one, again, other)
    assert with_excerpts([one, again, *more, other]) == (
        one,
        *(msgspec.structs.replace(difference, modern=Excerpt({}, 2)) for difference in (again, *more)),
        other,
    )


def test_the_differences_of_one_exchange_keep_a_bounded_number_of_values() -> None:
    letters = [chr(ord("a") + number // 26) + chr(ord("a") + number % 26) for number in range(600)]

    kept = with_excerpts([missing(MANY, letter) for letter in letters])

    assert sum(counted(one.legacy) - 1 for one in kept) <= MAX_KEPT
    assert kept[0].legacy == Excerpt(MANY[:-1], MAX_NODES)
    assert kept[-1].legacy.size == MAX_NODES


def large(number: int) -> list[Any]:
    return [[number, place] for place in range(4_000)]


@pytest.mark.parametrize(
    ("legacy", "modern"),
    [
        (large, lambda number: {"rows": number}),
        (lambda number: {"rows": large(number), "n": 1}, lambda _: {"n": 2}),
        (lambda number: [{"rows": large(number)[:50]}] * 80, lambda _: []),
    ],
    ids=["another type", "missing", "missing items"],
)
def test_what_is_held_of_many_large_bodies_does_not_grow_with_them(legacy: Any, modern: Any) -> None:
    pairs = [exchange(legacy(number), modern(number)) for number in range(4)]
    held: list[Comparison] = [compare(pairs[0], RuleBook(), today=TODAY)]

    tracemalloc.start()
    try:
        held += [compare(pair, RuleBook(), today=TODAY) for pair in pairs[1:]]
        size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert all(one.mismatches for one in held)
    assert size < 60_000 * 3 < peak
