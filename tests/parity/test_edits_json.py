"""Edits of JSON bodies: one place differs, and only that."""

import json
from random import Random
from typing import Any

import pytest

from parity.edits import Edit, MutationKind
from parity.edits_json import MAX_PLACES, editors_of, places, replaced, written
from parity.outcome import Kind
from tests.parity.factories import brief, walked

ROWS = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Ben"}, {"id": 3, "name": "Cleo"}]
ANSWER = {"rows": ROWS, "total": 3, "at": "2026-01-01T00:00:00.000Z", "none": None, "empty": [], "ok": True}


def edits_of(value: Any, seed: int = 0) -> list[Edit]:
    rng = Random(seed)
    return [edit for editor in editors_of(value) if (edit := editor(rng)) is not None]


@pytest.mark.parametrize("seed", range(8))
def test_every_edit_differs_from_the_answer_where_it_says_and_in_a_kind_that_it_says(seed: int) -> None:
    for edit in edits_of(ANSWER, seed):
        found = walked(ANSWER, json.loads(edit.body))

        if edit.kind is MutationKind.EQUIVALENT:
            assert found == []
        else:
            assert any(
                one.steps[: len(edit.steps)] == edit.steps[: len(one.steps)]
                and (one.kind in edit.expects or len(one.steps) != len(edit.steps))
                for one in found
            ), (edit, brief(found))


def test_an_equivalent_edit_has_other_bytes() -> None:
    body = written({"ä": 1, "b": [1, 2]})

    equivalent = [edit for edit in edits_of({"ä": 1, "b": [1, 2]}) if edit.kind is MutationKind.EQUIVALENT]

    assert len(equivalent) == 3
    assert all(edit.body != body and json.loads(edit.body) == json.loads(body) for edit in equivalent)


def test_an_item_that_is_dropped_is_one_less() -> None:
    dropped = next(edit for edit in edits_of([1, 2, 3]) if edit.what == "an item")

    assert len(json.loads(dropped.body)) == 2
    assert dropped.expects == {Kind.MISSING, Kind.LENGTH}


def test_only_items_that_differ_change_places() -> None:
    assert [edit for edit in edits_of([1, 1, 1]) if edit.kind is MutationKind.REORDER] == []
    assert [json.loads(edit.body) for edit in edits_of([1, 2]) if edit.kind is MutationKind.REORDER] == [
        [2, 1]
    ]


def test_one_is_not_true_when_items_are_told_apart() -> None:
    reordered = [edit for edit in edits_of([1, True]) if edit.kind is MutationKind.REORDER]

    assert [json.loads(edit.body) for edit in reordered] == [[True, 1]]


def test_a_large_answer_is_looked_at_in_part() -> None:
    assert len(list(places(list(range(3 * MAX_PLACES))))) == MAX_PLACES


def test_every_value_is_a_place_once() -> None:
    found = [place.steps for place in places({"a": [1, {"b": 2}]})]

    assert sorted(map(str, found)) == sorted(
        map(str, [("$",), ("$", "a"), ("$", "a", 0), ("$", "a", 1), ("$", "a", 1, "b")])
    )


def test_a_value_is_replaced_without_a_change_of_the_answer_itself() -> None:
    answer = {"a": [1, {"b": 2}]}

    changed = replaced(answer, ["a", 1, "b"], 3)

    assert (changed, answer) == ({"a": [1, {"b": 3}]}, {"a": [1, {"b": 2}]})
