"""What each backend made anew for one write belongs together: ids, moments, rows. Whatever else differs, differs."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from parity.exchange import Observation, RowPair
from parity.rehearsing import COMPARED, NO_WRITE_SET, NONE_TOLD, NOT_FOUND, Found, Prepared, Wanted, prepare
from parity.write_sets import NO_DATABASE
from tests.parity.factories import observation

MADE = datetime(2026, 11, 29, 2, 55, 50, tzinfo=UTC), datetime(2026, 11, 29, 2, 55, 54, tzinfo=UTC)
OURS, THEIRS = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"
"""Legacy's id and modern's of what was made."""
OTHER = "33333333-0000-4000-8000-000000000003"
AT = "2026-11-29T02:55:52.136Z"
LATER = "2026-11-29T02:55:53.001Z"
TARGET = "/v1/contacts"


def answer(**data: Any) -> Observation:
    """A contact was made."""
    return observation({"data": data}, status=201)


def entry(op: str, key: Any, row: Any, table: str = "contacts") -> dict[str, Any]:
    return {"table": table, "op": op, "key": key, "columns": [], "row": row}


def prepared(
    legacy: Observation, modern: Observation, *entries: dict[str, Any], target: str = TARGET
) -> Prepared:
    return prepare(target, legacy, modern, json.dumps(entries), MADE)


def test_made_ids_and_moments_of_the_answers_are_taken_as_legacys() -> None:
    legacy = answer(id=OURS, created_at=AT, city="Newtown")
    modern = answer(id=THEIRS, created_at=LATER, city="Oldtown")

    found = prepared(legacy, modern, entry("insert", THEIRS, {"id": THEIRS}))

    assert json.loads(found.modern.body) == {"data": {"id": OURS, "created_at": AT, "city": "Oldtown"}}


def test_an_id_of_another_field_was_made_when_it_is_the_key_of_a_new_row() -> None:
    made = prepared(
        answer(lead={"client_id": OURS}),
        answer(lead={"client_id": THEIRS}),
        entry("insert", THEIRS, {"id": THEIRS}, "clients"),
        target="/v1/leads/5/convert",
    )
    not_made = prepared(answer(client_id=OURS), answer(client_id=THEIRS), target="/v1/leads/5/convert")

    assert (json.loads(made.modern.body)["data"], made.wanted[0].key) == (
        {"lead": {"client_id": OURS}},
        (OURS,),
    )
    assert json.loads(not_made.modern.body)["data"] == {"client_id": THEIRS}


def test_a_new_row_is_sought_by_the_id_that_legacy_gave_and_speaks_of_it() -> None:
    found = prepared(
        answer(id=OURS),
        answer(id=THEIRS),
        entry("insert", THEIRS, {"id": THEIRS, "log": f"made {THEIRS}"}),
        entry("insert", [THEIRS, "r"], {"contact": THEIRS, "role": "r"}, "roles"),
        entry("update", OTHER, {"id": OTHER}),
        entry("delete", "d", None),
    )

    assert found.wanted == (
        Wanted("contacts", (OURS,), {"id": OURS, "log": f"made {OURS}"}, is_certain=True, is_new=True),
        Wanted("roles", (OURS, "r"), {"contact": OURS, "role": "r"}, is_certain=True, is_new=True),
        Wanted("contacts", (OTHER,), {"id": OTHER}, is_certain=True),
        Wanted("contacts", ("d",), None, is_certain=True),
    )


def test_ids_that_are_numbers_belong_together_too() -> None:
    found = prepared(answer(id=58), answer(id=57), entry("insert", 57, {"id": 57, "n": 57}))
    (wanted,) = found.wanted

    (pair,), counts = found.with_rows([Found({"id": 58, "n": 57}, {}, frozenset({"id"}))])

    assert (wanted.key, counts) == ((58,), {COMPARED: 1})
    assert pair == RowPair("contacts", {"id": 58, "n": 57}, {"id": 58, "n": 57})


def test_a_new_row_that_no_answer_names_is_not_taken_for_another_one() -> None:
    numbered = prepared(answer(id=OURS), answer(id=OURS), entry("insert", 57, {"id": 57}, "log"))
    random = prepared(answer(id=OURS), answer(id=OURS), entry("insert", THEIRS, {"id": THEIRS}, "log"))

    assert (numbered.wanted, numbered.with_rows([])) == ((), ((), {NOT_FOUND: 1}))
    assert random.with_rows([Found(None)]) == ((), {NOT_FOUND: 1})


def test_a_row_that_legacy_has_not_written_is_seen_where_its_key_is_known() -> None:
    found = prepared(
        answer(id=OURS),
        answer(id=THEIRS),
        entry("insert", THEIRS, {"id": THEIRS}),
        entry("update", "u", {"id": "u"}),
    )

    pairs, counts = found.with_rows([Found(None), Found(None)])

    assert [(one.legacy, one.modern) for one in pairs] == [(None, {"id": OURS}), (None, {"id": "u"})]
    assert counts == {COMPARED: 2}


def test_rows_are_brought_to_one_form_with_legacys_moments_and_what_a_database_makes() -> None:
    types = {"id": "uuid", "n": "int4", "price": "numeric", "at": "timestamptz", "note": "text"}
    legacy = {"id": OURS, "n": 8, "price": 5, "at": "2026-11-29T02:55:52.136+00:00", "note": f"at {AT}"}
    modern = {"id": THEIRS, "n": 7, "price": "5.00", "at": LATER, "note": f"at {LATER}"}
    found = prepared(answer(id=OURS), answer(id=THEIRS), entry("insert", THEIRS, modern))

    (pair,), _ = found.with_rows([Found(legacy, types, frozenset({"id", "n"}))])

    assert pair.legacy == {"id": OURS, "n": 8, "price": 5, "at": AT, "note": f"at {AT}"}
    assert pair.modern == pair.legacy


@pytest.mark.parametrize(
    ("old", "new"),
    [("2026-11-20T00:00:00.000Z", LATER), (None, LATER), (AT, "2026-11-29T04:55:52.136Z")],
)
def test_a_moment_that_only_one_side_made_differs(old: str | None, new: str) -> None:
    found = prepared(answer(id=OURS), answer(id=OURS), entry("update", OURS, {"at": new}))

    (pair,), _ = found.with_rows([Found({"at": old}, {"at": "timestamptz"})])

    assert pair.legacy != pair.modern


def test_what_a_database_makes_is_the_same_only_in_new_rows_and_in_one_form() -> None:
    updated = prepared(answer(id=OURS), answer(id=OURS), entry("update", OURS, {"n": 7}))
    other_form = prepared(answer(id=OURS), answer(id=THEIRS), entry("insert", THEIRS, {"n": "seven"}))
    row = Found({"n": 8}, {}, frozenset({"n"}))

    for one in (updated, other_form):
        (pair,), _ = one.with_rows([row])
        assert pair.legacy != pair.modern


def test_a_second_row_like_the_one_that_the_answer_names_is_held_against_it() -> None:
    first = {"id": THEIRS, "name": "Wren", "tags": ["a"], "at": AT}
    second = first | {"id": OTHER, "at": LATER}
    unlike = first | {"id": "x"}

    found = prepared(
        answer(id=OURS),
        answer(id=THEIRS),
        entry("insert", OTHER, second),
        entry("insert", THEIRS, first),
        entry("insert", "x", unlike | {"name": "Robin"}),
        entry("insert", "y", {"id": "y"}, "log"),
    )

    assert found.pairs == (
        RowPair("contacts", first, first, is_again=True),
        RowPair("contacts", first, first | {"name": "Robin"}, is_again=True),
    )


def test_rows_that_the_answers_name_are_as_many_as_they_say() -> None:
    legacy, modern = (
        observation({"data": [{"id": f"{side}-0000001"}, {"id": f"{side}-0000002"}]})
        for side in ("legacy", "modern")
    )

    found = prepared(
        *(legacy, modern),
        *(entry("insert", f"modern-000000{n}", {"id": f"modern-000000{n}", "a": 1}) for n in (1, 2)),
    )

    assert (found.pairs, [one.key for one in found.wanted]) == (
        (),
        [("legacy-0000001",), ("legacy-0000002",)],
    )


def test_what_modern_answers_to_have_made_and_does_not_write_is_missing() -> None:
    nowhere = prepared(answer(id=OURS), answer(id=THEIRS))
    elsewhere = prepared(
        answer(id=OURS), answer(id=THEIRS), entry("update", "e", {"notes": f'[{{"id":"{THEIRS}"}}]'})
    )
    cut = prepared(answer(id=OURS), answer(id=THEIRS), {"truncated": 3})
    refused = prepared(observation({}, status=409), observation({}, status=409))

    assert nowhere.pairs == (RowPair("contacts", {"id": OURS}),)
    assert (elsewhere.pairs, cut.pairs, refused.pairs) == ((), (), ())
    assert (nowhere.counts[NONE_TOLD], refused.counts[NONE_TOLD]) == (1, 0)


def test_why_rows_are_not_compared_is_counted() -> None:
    untold = prepare(TARGET, answer(id=OURS), answer(id=OURS), None, MADE)
    unread = prepare(TARGET, answer(id=OURS), answer(id=OURS), "no set", MADE)
    blind = prepared(answer(id=OURS), answer(id=OURS), entry("update", OURS, {}), entry("update", OTHER, {}))

    assert untold.with_rows([]) == unread.with_rows([]) == ((), {NO_WRITE_SET: 1})
    assert blind.with_rows([NO_DATABASE] * 2) == ((), {NO_DATABASE: 2})


def test_answers_that_are_no_json_are_compared_as_they_are() -> None:
    modern = observation(b"<html>")

    assert prepared(observation(b"plain"), modern).modern == modern
