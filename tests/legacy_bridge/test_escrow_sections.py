"""Details, property details and notes of an escrow, where the recording shows one case of many."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy, escrow

ADA = "admin_ada"


async def test_details_are_written_by_their_own_names(legacy: Legacy) -> None:
    body = {"zillowUrl": "u", "scheduledCoeDate": None, "escrowNumber": "X", "city": "X"}

    reply = await legacy.send(ADA, "PUT", "/v1/escrows/ESC-2025-0001/details", body=body)

    changed = {key: reply.body["data"][key] for key in ("zillowUrl", "daysToClose", "escrowNumber")}
    assert changed == {"zillowUrl": "u", "daysToClose": 0, "escrowNumber": "ESC-2025-0001"}
    assert legacy.rows("SELECT version, city FROM escrows WHERE numeric_id = 1") == [(1, "Sampleville")]


async def test_details_that_postgresql_refuses_do_not_show_why(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", escrow(1) + "/details", body={"purchasePrice": "lots"})

    expected = {"code": "UPDATE_ERROR", "message": "Failed to update escrow details"}
    assert (reply.status, reply.body["error"], reply.query_count) == (500, expected, 2)


async def test_property_details_have_stand_ins(legacy: Legacy) -> None:
    legacy.execute(
        "UPDATE escrows SET property_features = NULL, property_images = '[1]', purchase_price = NULL"
    )

    shown = (await legacy.send(ADA, "GET", escrow(1) + "/property-details")).body["data"]

    named = ("features", "images", "purchasePrice", "pricePerSqft")
    assert [shown[key] for key in named] == [{}, [1], 0, None]
    assert len(shown) == 39


async def test_property_details_take_any_column_and_the_prefixed_id(legacy: Legacy) -> None:
    body = {"lotSize": 9, "gatedCommunity": True, "owner_id": None}

    reply = await legacy.send(
        ADA, "PUT", "/v1/escrows/escrow-e5c00000-0000-4000-8000-000000000001/property-details", body=body
    )

    assert (reply.body["data"]["lot_size_sqft"], reply.body["data"]["gated_community"]) == (9, True)
    assert legacy.rows("SELECT owner_id FROM escrows WHERE numeric_id = 1") == [(None,)]


async def test_property_details_of_no_escrow_are_not_found(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", "/v1/escrows/nowhere/property-details", body={"pool": True})

    assert (reply.status, reply.body["error"]["message"]) == (404, "Escrow not found")


@pytest.mark.parametrize(
    ("stored", "shown"), [(None, []), ("", []), ("no json", []), ("null", None), ("[1.0]", [1])]
)
async def test_notes_are_whatever_the_text_says(legacy: Legacy, stored: str | None, shown: Any) -> None:
    legacy.execute("UPDATE escrows SET notes = %s WHERE numeric_id = 1", [stored])

    assert (await legacy.send(ADA, "GET", escrow(1) + "/notes")).body["data"] == shown


async def test_a_note_is_added_to_those_that_are_there(legacy: Legacy) -> None:
    before = (await legacy.send(ADA, "GET", escrow(3) + "/notes")).body["data"]

    added = (await legacy.send("agent_ben", "POST", escrow(3) + "/notes", body={"note": "A/B"})).body["data"]

    after = (await legacy.send(ADA, "GET", escrow(3) + "/notes")).body["data"]
    assert after == [*before, added["note"]]
    assert added["totalNotes"] == len(after)
    note = {key: added["note"][key] for key in ("content", "type", "createdBy")}
    assert note == {"content": "A&#x2F;B", "type": "general", "createdBy": "System"}


@pytest.mark.parametrize("notes", ["null", "{}", '"text"'])
async def test_a_note_cannot_be_added_to_what_is_no_array(legacy: Legacy, notes: str) -> None:
    legacy.execute("UPDATE escrows SET notes = %s WHERE numeric_id = 1", [notes])

    reply = await legacy.send(ADA, "POST", escrow(1) + "/notes", body={"note": "x"})

    expected = {"code": "SERVER_ERROR", "message": "Failed to add note"}
    assert (reply.status, reply.body["error"]) == (500, expected)


async def test_the_type_of_a_note_is_a_string(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "POST", escrow(1) + "/notes", body={"note": "x", "type": None})

    assert reply.messages == ["Note type must be a string"]
