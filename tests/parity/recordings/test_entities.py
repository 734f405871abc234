"""Ids of one entity on both sides: learned from creates, used in requests, taken as equal in answers."""

import json
from typing import Any

import pytest

from parity.exchange import Backend, Observation
from parity.recordings.entities import Entities, is_long
from tests.parity.recordings.factories import answered, recorded

R, L, M = (f"e5c00000-0000-4000-8000-00000000000{digit}" for digit in "123")
OTHER = "e5c00000-0000-4000-8000-0000000000ff"
CREATE = "/v1/escrows"


def learned(
    legacy: Any, modern: Any, was: Any = None, *, target: str = CREATE, status: int = 201, **headers: str
) -> Entities:
    entities = Entities()
    told = None if was is None else answered(was, status)
    entities.learn(target, answered(legacy, status, **headers), answered(modern, status), told)
    return entities


def aligned(entities: Entities, legacy: Any, modern: Any, target: str = CREATE) -> Any:
    return json.loads(entities.aligned(target, answered(legacy), answered(modern)).body)


def test_later_requests_name_the_id_of_the_side_that_they_go_to() -> None:
    entities = learned({"data": {"id": L}}, {"data": {"id": M}}, {"data": {"id": R}})
    later = recorded(
        target=f"/v1/escrows/{R}/notes?of={R}",
        headers=(("Referer", f"http://crm/{R}"),),
        json={"escrow": R, "n": OTHER},
    )

    sent = entities.request_for(Backend.MODERN, later)

    assert sent.target == f"/v1/escrows/{M}/notes?of={M}"
    assert ("Referer", f"http://crm/{M}") in sent.headers
    assert json.loads(sent.body) == {"escrow": M, "n": OTHER}
    assert entities.request_for(Backend.LEGACY, later).target == f"/v1/escrows/{L}/notes?of={L}"


def test_short_ids_are_known_by_their_collection_and_nowhere_else() -> None:
    entities = learned({"id": 7}, {"id": 9}, {"id": 5})
    later = recorded(
        target="/v1/escrows/5/notes/5?escrow_id=5&page=5&id=5",
        json={"escrowId": 5, "contactId": 5, "price": 5, "list": [{"escrow_id": "5"}]},
    )

    sent = entities.request_for(Backend.MODERN, later)

    assert sent.target == "/v1/escrows/9/notes/5?escrow_id=9&page=5&id=9"
    assert json.loads(sent.body) == {"escrowId": 9, "contactId": 5, "price": 5, "list": [{"escrow_id": "9"}]}
    assert entities.request_for(Backend.MODERN, recorded(target="/v1/contacts/5")).target == "/v1/contacts/5"


def test_ids_are_exchanged_at_once_and_not_one_after_the_other() -> None:
    entities = Entities()
    for was, legacy in ((5, 6), (6, 5)):
        entities.learn(CREATE, answered({"id": legacy}), answered({"id": legacy}), answered({"id": was}))

    sent = entities.request_for(Backend.LEGACY, recorded(target="/v1/escrows/5?escrow_id=6"))

    assert sent.target == "/v1/escrows/6?escrow_id=5"


def test_the_ids_of_one_entity_are_equal_in_answers() -> None:
    entities = learned({"data": {"id": L}}, {"data": {"id": M}})

    modern = {"data": [{"id": M, "url": f"/v1/escrows/{M}/x"}, {"id": OTHER}]}

    assert aligned(entities, {}, modern) == {"data": [{"id": L, "url": f"/v1/escrows/{L}/x"}, {"id": OTHER}]}


def test_short_ids_that_moved_by_one_are_told_apart() -> None:
    entities = Entities()
    for legacy, modern in ((1000, 1001), (1001, 1002)):
        entities.learn(CREATE, answered({"id": legacy}), answered({"id": modern}), None)

    of_legacy = {"data": [{"id": 1000}, {"id": 1001}]}
    of_modern = {"data": [{"id": 1001}, {"id": 1002}]}

    assert aligned(entities, of_legacy, of_modern) == of_legacy


def test_the_same_number_of_another_collection_stays() -> None:
    entities = learned({"id": 5}, {"id": 7})

    assert aligned(entities, {"contactId": 7, "n": 7}, {"contactId": 7, "n": 7}, "/v1/contacts/7") == {
        "contactId": 7,
        "n": 7,
    }
    assert aligned(entities, {"contactId": 5}, {"contactId": 8}, "/v1/contacts/8") == {"contactId": 8}


@pytest.mark.parametrize(
    ("legacy", "modern"),
    [
        ({"data": {"id": L, "ownerId": OTHER}}, {"data": {"id": L, "ownerId": M}}),
        ({"data": {"id": L, "broker": {"id": OTHER}}}, {"data": {"id": L, "broker": {"id": M}}}),
        ({"broker_id": 4}, {"broker_id": 9}),
    ],
)
def test_a_foreign_key_that_differs_is_still_a_difference(legacy: Any, modern: Any) -> None:
    entities = learned(legacy, modern)

    assert aligned(entities, legacy, modern) == modern


@pytest.mark.parametrize(
    ("legacy", "modern"),
    [
        ({"id": L}, {"id": "none"}),
        ({"id": 5}, {"id": "5"}),
        ({"id": 5}, {"id": None}),
        ({"id": True}, {"id": False}),
    ],
)
def test_ids_of_another_form_are_no_entity(legacy: Any, modern: Any) -> None:
    assert aligned(learned(legacy, modern), legacy, modern) == modern


def test_a_key_that_is_named_after_the_collection_is_its_own() -> None:
    entities = learned(
        {"data": {"contactRoleId": L}}, {"data": {"contactRoleId": M}}, target="/v1/contact-roles"
    )

    assert aligned(entities, {}, {"id": M}) == {"id": L}


def test_every_entity_of_a_list_is_learned() -> None:
    entities = learned({"data": [{"id": L}, {"id": OTHER}]}, {"data": [{"id": M}, {"id": OTHER}]})

    assert aligned(entities, {}, [M, OTHER]) == [L, OTHER]


def test_nothing_is_learned_from_a_write_that_one_side_refused() -> None:
    entities = Entities()

    assert entities.learn(CREATE, answered({"id": L}, 201), answered({"id": M}, 409), None) == []
    assert entities.learn(CREATE, answered({"id": L}, 201), Observation(error="timeout"), None) == []


def test_what_a_location_names_is_an_entity() -> None:
    entities = Entities()
    legacy, modern, was = (
        answered(None, 201, location=f"http://crm/v1/escrows/{id_}") for id_ in ("7", "9", "5")
    )

    entities.learn(CREATE, legacy, modern, was)

    assert entities.request_for(Backend.MODERN, recorded(target="/v1/escrows/5")).target == "/v1/escrows/9"
    assert entities.aligned(CREATE, legacy, modern).header("location") == "http://crm/v1/escrows/7"


def test_a_location_with_a_long_id_is_aligned() -> None:
    entities = learned({"id": L}, {"id": M})

    modern = answered({}, 201, location=f"/v1/escrows/{M}")

    assert entities.aligned(CREATE, answered({}), modern).header("location") == f"/v1/escrows/{L}"


def test_an_answer_that_cannot_be_written_anew_exactly_stays() -> None:
    entities = learned({"id": 5}, {"id": 7})
    exact = Observation(200, (), b'{"id": 7, "price": 0.1000000000000000055511151231257827}')

    assert entities.aligned(CREATE, answered({"id": 5}), exact).body == exact.body


def test_what_is_not_json_is_left_to_the_comparison() -> None:
    entities = learned({"id": 5}, {"id": 7})
    broken = Observation(200, (), b"[7,")
    packed = Observation(200, (("content-encoding", "zip"),), b"7")

    assert entities.aligned(CREATE, broken, broken).body == b"[7,"
    assert entities.aligned(CREATE, packed, packed) is packed


def test_long_ids_are_those_that_mean_nothing_else() -> None:
    assert [is_long(one) for one in (L, "507f1f77bcf86cd799439011", "5", 5, "archived", "ESC-2026-0001")] == [
        True,
        True,
        False,
        False,
        False,
        True,
    ]
