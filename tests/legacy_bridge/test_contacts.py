"""The handlers of contacts, where the recording shows one case of many."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

ANN = "agent_ann"
OWN = "/v1/contacts/0c000000-0000-4000-8000-000000000003"


async def listed(legacy: Legacy, query: str) -> Any:
    reply = await legacy.send(ANN, "GET", f"/v1/contacts?{query}")
    assert reply.status == 200, reply.body
    return reply.body["pagination"]["total"], [row["first_name"] for row in reply.body["data"]]


async def test_lists_leave_out_archived_contacts_unless_only_they_are_asked_for(legacy: Legacy) -> None:
    before, _ = await listed(legacy, "archived=false")

    await legacy.send(ANN, "PATCH", f"{OWN}/archive")

    assert (await listed(legacy, ""))[0] == before - 1
    assert "Dahlia" in (await listed(legacy, "archived=true&limit=100"))[1]


async def test_pages_are_given_by_offset(legacy: Legacy) -> None:
    total, everybody = await listed(legacy, "limit=100")
    reply = await legacy.send(ANN, "GET", f"/v1/contacts?limit=3&offset={total - 3}")

    assert [row["first_name"] for row in reply.body["data"]] == everybody[-3:]
    assert reply.body["pagination"] == {"total": total, "limit": 3, "offset": total - 3, "hasMore": False}


@pytest.mark.parametrize("query", ["limit=abc", "limit=-1", "offset=x"])
async def test_numbers_that_are_none_are_an_error_of_the_server(legacy: Legacy, query: str) -> None:
    reply = await legacy.send(ANN, "GET", f"/v1/contacts?{query}")

    expected = {"code": "INTERNAL_ERROR", "message": "Failed to list contacts"}
    assert (reply.status, reply.body["error"], reply.query_count) == (500, expected, 2)


async def test_words_are_searched_whatever_signs_they_have(legacy: Legacy) -> None:
    assert (await listed(legacy, "search=tamberlyn%20%26%20works!"))[1] == ["Ember", "Indigo"]


async def test_a_search_joins_its_conditions(legacy: Legacy) -> None:
    found = [
        (await legacy.send(ANN, "GET", f"/v1/contacts/search?{query}")).body["count"]
        for query in ("role=client", "role=client&name=cedar", "role=client&name=cedar&email=nobody")
    ]

    assert found == [2, 1, 0]


async def test_a_search_with_a_limit_of_words_fails(legacy: Legacy) -> None:
    reply = await legacy.send(ANN, "GET", "/v1/contacts/search?limit=x")

    assert reply.body["error"] == {"code": "INTERNAL_ERROR", "message": "Failed to search contacts"}


@pytest.mark.parametrize(
    ("method", "tail", "body", "message"),
    [
        ("GET", "", None, "Failed to get contact"),
        ("PUT", "", {"phone": "1"}, "Failed to update contact"),
        ("PATCH", "/archive", None, "Failed to archive contact"),
        ("PATCH", "/unarchive", None, "Failed to unarchive contact"),
        ("DELETE", "", None, "Failed to delete contact"),
    ],
)
async def test_a_malformed_id_is_an_error_of_the_server(
    legacy: Legacy, method: str, tail: str, body: Any, message: str
) -> None:
    reply = await legacy.send(ANN, method, f"/v1/contacts/nope{tail}", body=body)

    assert (reply.status, reply.body["error"]) == (500, {"code": "INTERNAL_ERROR", "message": message})


async def test_an_admin_sees_only_their_own_contacts_too(legacy: Legacy) -> None:
    assert (await legacy.send("admin_ada", "GET", OWN)).status == 404


async def test_an_update_changes_what_it_knows_and_nothing_else(legacy: Legacy) -> None:
    body: dict[str, Any] = {"phone": None, "user_id": None, "tags": [], "first_name": "D<"}

    reply = await legacy.send(ANN, "PUT", OWN, body=body)

    row = reply.body["data"]
    assert (row["phone"], row["tags"], row["full_name"]) == (None, [], "D&lt; Brindlefox")
    assert row["user_id"] == "c0ffee00-0000-4000-8000-000000000003"
