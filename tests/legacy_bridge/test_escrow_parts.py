"""The parts of an escrow in JSON columns, where the recording shows one case of many."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy, escrow

ADA = "admin_ada"
CONTACT = "0c000000-0000-4000-8000-000000000002"


async def _put(legacy: Legacy, part: str, body: Any, number: int = 1) -> Any:
    reply = await legacy.send(ADA, "PUT", f"{escrow(number)}/{part}", body=body)
    assert (reply.status, reply.query_count) == (200, 3), reply.body
    return reply.body.get("data")


async def test_people_are_merged_and_only_ids_of_contacts_are_shown(legacy: Legacy) -> None:
    people = {"seller": None, "appraiser": {"name": "x"}, "lender": "deadbeef-0000-4000-8000-000000000000"}

    stored = await _put(legacy, "people", people)
    shown = await legacy.send(ADA, "GET", escrow(1) + "/people")

    assert stored == people | {"buyer": CONTACT, "escrowOfficer": "0c000000-0000-4000-8000-000000000005"}
    assert list(shown.body["data"]) == ["buyer", "escrowOfficer"]


async def test_a_person_that_is_no_uuid_is_an_error_of_the_server(legacy: Legacy) -> None:
    await _put(legacy, "people", {"lender": "Lena"})

    reply = await legacy.send(ADA, "GET", escrow(1) + "/people")

    expected = {"code": "SERVER_ERROR", "message": "Failed to fetch escrow people"}
    assert (reply.status, reply.body["error"], reply.query_count) == (500, expected, 3)


async def test_an_object_over_a_timeline_hides_what_was_stored(legacy: Legacy) -> None:
    shown = await _put(legacy, "timeline", {"inspection": "2027-01-01"})

    assert shown[0]["date"] == "2025-08-02T00:00:00.000Z"
    [(stored,)] = legacy.rows("SELECT timeline FROM escrows WHERE numeric_id = 1")
    assert set(stored) == {"0", "1", "inspection"}


async def test_an_array_over_a_timeline_is_an_object_too(legacy: Legacy) -> None:
    await _put(legacy, "timeline", [{"label": "New", "date": "2027-01-01", "completed": False}])

    [(stored,)] = legacy.rows("SELECT timeline FROM escrows WHERE numeric_id = 1")
    assert [stored[key]["label"] for key in ("0", "1")] == ["New", "Close of Escrow"]


@pytest.mark.parametrize(
    ("body", "column", "value"),
    [
        ({"purchasePrice": 5, "netCommission": None}, "purchase_price", 5),
        ({"agentSplit": 7, "agent1099Income": 0}, "my_commission", 7),
        ({"agent1099Income": None, "agentNet": 3}, "my_commission", 3),
        ({"agentSplit": None}, "my_commission", 0),
        ({"agentNet": 3}, "my_commission", 7470),
    ],
)
async def test_some_financials_are_columns_too(
    legacy: Legacy, body: dict[str, Any], column: str, value: int
) -> None:
    await _put(legacy, "financials", body)

    assert legacy.rows(f"SELECT {column} FROM escrows WHERE numeric_id = 1") == [(value,)]


async def test_a_text_that_postgresql_cannot_keep_is_an_error_of_the_server(legacy: Legacy) -> None:
    for text in ("\0", "\ud800"):
        reply = await legacy.send(ADA, "PUT", escrow(1) + "/checklist-loan", body={"le": text})

        expected = {"code": "SERVER_ERROR", "message": "Failed to update loan checklist"}
        assert (reply.status, reply.body["error"]) == (500, expected)


async def test_financials_that_are_no_number_are_an_error_of_the_server(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", escrow(1) + "/financials", body={"purchasePrice": "lots"})

    expected = {"code": "SERVER_ERROR", "message": "Failed to update escrow financials"}
    assert (reply.status, reply.body["error"], reply.query_count) == (500, expected, 3)
    assert legacy.ear.heard() == ()


async def test_one_checklist_item_is_set_with_its_note(legacy: Legacy) -> None:
    path = escrow(4) + "/checklist"

    reply = await legacy.send(ADA, "PATCH", path, body={"item": "pets.cat.x", "value": "1", "note": "<b>"})

    assert (reply.body, reply.query_count) == ({"success": True, "data": {}}, 3)
    stored = {"pets": {"cat": "1", "cat_note": "&lt;b&gt;"}}
    assert legacy.rows("SELECT checklists FROM escrows WHERE numeric_id = 4") == [(stored,)]
    [told] = legacy.ear.heard()
    assert told["data"] | {"timestamp": ""} == {
        "escrowId": "e5c00000-0000-4000-8000-000000000004",
        "type": "checklist:updated",
        "category": "pets",
        "field": "cat",
        "value": "1",
        "timestamp": "",
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"item": "loan", "value": True}, 400, "INVALID_ITEM"),
        ({"item": ".le", "value": True}, 400, "INVALID_ITEM"),
        ({"item": ["loan.le"], "value": True}, 500, "SERVER_ERROR"),
        ({"item": "odd.le", "value": True}, 500, "SERVER_ERROR"),
        ({"item": "loan.le", "value": 2, "note": 5}, 400, "VALIDATION_ERROR"),
    ],
)
async def test_a_strange_checklist_item_is_refused(
    legacy: Legacy, body: dict[str, Any], status: int, code: str
) -> None:
    legacy.execute("""UPDATE escrows SET checklists = '{"odd": "text"}' WHERE numeric_id = 1""")

    reply = await legacy.send(ADA, "PATCH", escrow(1) + "/checklist", body=body)

    assert (reply.status, reply.code) == (status, code)


async def test_strange_checklists_are_written_over_and_kept(legacy: Legacy) -> None:
    legacy.execute("""UPDATE escrows SET checklists = '["a", {"b": 1}]' WHERE numeric_id = 1""")

    await _put(legacy, "checklist-house", {"emd": True})

    stored = {"0": "a", "1": {"b": 1}, "house": {"emd": True}}
    assert legacy.rows("SELECT checklists FROM escrows WHERE numeric_id = 1") == [(stored,)]


async def test_documents_are_replaced_and_their_texts_escaped_at_the_top_only(legacy: Legacy) -> None:
    stored = await _put(legacy, "documents", ["<b>", {"name": "<b>"}, None])
    emptied = await _put(legacy, "documents", [])

    assert stored == ["&lt;b&gt;", {"name": "<b>"}, None]
    assert emptied == []


async def test_documents_without_a_body_are_refused(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", escrow(1) + "/documents")

    assert reply.messages == ["Documents must be an array"]


async def test_a_change_is_told_to_everybody(legacy: Legacy) -> None:
    for part, body in (("people", {}), ("timeline", {}), ("financials", {}), ("documents", [])):
        await _put(legacy, part, body, number=6)

    told = [(event["room"], event["event"], event["data"]["type"]) for event in legacy.ear.heard()]
    assert told == [
        ("*", "escrow:updated", f"{part}:updated")
        for part in ("people", "timeline", "financials", "documents")
    ]
