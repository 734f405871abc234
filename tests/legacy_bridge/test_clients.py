"""The handlers of clients, where the recording shows one case of many."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

ADA = "admin_ada"


def client(number: int) -> str:
    return f"c1000000-0000-4000-8000-{number:012}"


def path(number: int, tail: str = "") -> str:
    return f"/v1/clients/{client(number)}{tail}"


def contact(number: int) -> str:
    return f"0c000000-0000-4000-8000-{number + 100:012}"


async def total(legacy: Legacy, query: str) -> int:
    reply = await legacy.send(ADA, "GET", f"/v1/clients?{query}")
    assert reply.status == 200, reply.body
    return int(reply.body["data"]["pagination"]["totalCount"])


async def test_lists_show_active_clients_unless_asked(legacy: Legacy) -> None:
    counts = [await total(legacy, f"status={status}") for status in ("active", "inactive", "archived", "all")]

    assert counts == [48, 16, 16, 80]
    assert await total(legacy, "") == 48
    assert await total(legacy, "status=") == 80
    assert await total(legacy, "search=CEDAR") == await total(legacy, "search=cedar") == 4


async def test_the_default_list_of_a_broker_fails(legacy: Legacy) -> None:
    reply = await legacy.send("broker_bea", "GET", "/v1/clients")

    details = "User is not associated with a broker"
    expected = {"code": "FETCH_ERROR", "message": "Failed to fetch clients", "details": details}
    assert (reply.status, reply.body["error"], reply.query_count) == (500, expected, 1)


async def test_a_created_client_has_a_contact_without_a_user(legacy: Legacy) -> None:
    body = {"firstName": "A", "lastName": "B", "tags": ["x", 'y"z'], "notes": "<n>", "addressCity": "C"}

    reply = await legacy.send("apikey:agent_ann", "POST", "/v1/clients", body=body)

    made = reply.body["data"]
    columns = "user_id, contact_type, tags, notes, city"
    rows = legacy.rows(f"SELECT {columns} FROM contacts WHERE id = %s", [made["contact_id"]])
    assert (reply.status, reply.query_count) == (201, 7)
    assert rows == [(None, "buyer", ["x", 'y"z'], "&lt;n&gt;", "C")]
    team = legacy.rows("SELECT team_id::text, owner_id FROM clients WHERE id = %s", [made["id"]])
    assert team == [("aaaaaaaa-0000-4000-8000-000000000001", None)]


async def test_what_postgresql_refuses_leaves_no_contact_behind(legacy: Legacy) -> None:
    body = {"firstName": "Half", "lastName": "Stored", "clientType": "Referral"}

    reply = await legacy.send(ADA, "POST", "/v1/clients", body=body)

    assert (reply.status, reply.code) == (500, "CREATE_ERROR")
    assert legacy.rows("SELECT 1 FROM contacts WHERE first_name = 'Half'") == []


@pytest.mark.parametrize(
    "body",
    [{"email": "nope"}, {"phone": 5}, {"clientType": "Alien"}, {"lastName": ""}, {"status": None}],
)
async def test_an_update_checks_what_it_takes(legacy: Legacy, body: dict[str, Any]) -> None:
    reply = await legacy.send(ADA, "PUT", path(10), body=body)

    assert (reply.status, reply.messages) == (400, ["Invalid value"])


async def test_an_update_of_both_tables_is_undone_by_an_old_version(legacy: Legacy) -> None:
    body = {"firstName": "New", "status": "inactive", "version": 7}

    refused = await legacy.send(ADA, "PUT", path(10), body=body)
    first_name = legacy.rows("SELECT first_name FROM contacts WHERE id = %s", [contact(10)])
    taken = await legacy.send(ADA, "PUT", path(10), body=body | {"version": 1})

    assert (refused.status, refused.query_count) == (409, 7)
    assert (refused.body["error"]["currentVersion"], refused.body["error"]["attemptedVersion"]) == (1, 7)
    assert first_name != [("New",)]
    assert (taken.status, taken.query_count, taken.body["data"]["version"]) == (200, 7, 2)


async def test_a_version_that_is_no_number_is_an_error_of_the_server(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", path(10), body={"status": "active", "version": "x"})

    details = 'invalid input syntax for type integer: "x"'
    expected = {"code": "UPDATE_ERROR", "message": "Failed to update client", "details": details}
    assert (reply.status, reply.body["error"]) == (500, expected)


async def test_the_first_note_stands_alone(legacy: Legacy) -> None:
    legacy.execute("UPDATE contacts SET notes = NULL WHERE id = %s", [contact(12)])

    reply = await legacy.send("agent_ben", "POST", path(12, "/notes"), body={"content": "Hi"})

    assert reply.body["data"]["notes"].startswith("Hi - 2")


@pytest.mark.parametrize(
    ("method", "tail", "body", "code"),
    [
        ("GET", "", None, "FETCH_ERROR"),
        ("PUT", "", {"status": "active"}, "UPDATE_ERROR"),
        ("PUT", "/archive", None, "ARCHIVE_ERROR"),
        ("POST", "/notes", {"content": "x"}, "NOTE_ERROR"),
        ("PATCH", "/tags", {"tags": []}, "TAGS_ERROR"),
        ("DELETE", "", None, "DELETE_ERROR"),
    ],
)
async def test_a_malformed_id_is_an_error_of_the_server(
    legacy: Legacy, method: str, tail: str, body: Any, code: str
) -> None:
    reply = await legacy.send(ADA, method, f"/v1/clients/nope{tail}", body=body)

    assert (reply.status, reply.code) == (500, code)


async def test_a_deleted_client_takes_its_contact_along(legacy: Legacy) -> None:
    await legacy.send(ADA, "DELETE", path(15))

    assert legacy.rows("SELECT 1 FROM contacts WHERE id = %s", [contact(15)]) == []


async def test_a_batch_leaves_contacts_behind(legacy: Legacy) -> None:
    reply = await legacy.send("agent_ben", "POST", "/v1/clients/batch-delete", body={"ids": [client(4)]})

    assert (reply.status, reply.body["deletedIds"]) == (200, [client(4)])
    assert legacy.rows("SELECT 1 FROM contacts WHERE id = %s", [contact(4)]) == [(1,)]
