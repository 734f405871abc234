"""The handlers of leads, where the recording shows one case of many."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

ADA = "admin_ada"


def lead(number: int) -> str:
    return f"1ead0000-0000-4000-8000-{number:012}"


def path(number: int, tail: str = "") -> str:
    return f"/v1/leads/{lead(number)}{tail}"


async def total(legacy: Legacy, query: str, user: str = ADA) -> int:
    reply = await legacy.send(user, "GET", f"/v1/leads?{query}")
    assert reply.status == 200, reply.body
    return int(reply.body["data"]["pagination"]["totalCount"])


async def test_everybody_sees_every_lead(legacy: Legacy) -> None:
    users = ("admin_ada", "agent_ann", "agent_ben", "broker_bea", "owner_otto", "apikey:agent_ann")

    assert [await total(legacy, "", user) for user in users] == [76] * 6
    assert await total(legacy, "leadStatus=New", "agent_ann") == await total(legacy, "leadStatus=New") > 0
    assert await total(legacy, "search=LEAD64.yarrowdale") == 1


async def test_a_private_lead_is_shown_to_its_owner_and_to_admins(legacy: Legacy) -> None:
    legacy.execute(
        "UPDATE data_access_control SET resource_type = 'lead', resource_id = %s WHERE resource_type = 'client'",
        [lead(24)],
    )

    replies = [await legacy.send(user, "GET", path(24)) for user in ("agent_ann", ADA, "agent_ben")]

    assert [reply.status for reply in replies] == [200, 200, 403]
    assert replies[2].query_count == 2


async def test_a_granted_lead_that_is_not_private_is_shown(legacy: Legacy) -> None:
    legacy.execute(
        "UPDATE data_access_control SET resource_type = 'lead', resource_id = %s WHERE resource_type = 'client'",
        [lead(10)],
    )

    reply = await legacy.send("agent_ben", "GET", path(10))

    assert (reply.status, reply.query_count) == (200, 4)


async def test_a_creation_that_postgresql_refuses_shows_why(legacy: Legacy) -> None:
    body = {"firstName": "x" * 101, "lastName": "Y"}

    reply = await legacy.send(ADA, "POST", "/v1/leads", body=body)

    details = "value too long for type character varying(100)"
    expected = {"code": "CREATE_ERROR", "message": "Failed to create lead", "details": details}
    assert (reply.status, reply.body["error"]) == (500, expected)


@pytest.mark.parametrize("body", [{"lead_score": 101}, {"lead_score": "-1"}, {"budget_range": " "}])
async def test_business_rules_look_at_snake_case(legacy: Legacy, body: dict[str, Any]) -> None:
    updated = await legacy.send(ADA, "PUT", path(9), body=body)
    created = await legacy.send(ADA, "POST", "/v1/leads", body={"firstName": "A", "lastName": "B"} | body)

    assert (updated.code, created.code) == ("BUSINESS_RULE_VIOLATION", "BUSINESS_RULE_VIOLATION")


async def test_a_version_alone_updates_nothing(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", path(9), body={"version": 1})

    assert (reply.status, reply.code) == (400, "NO_UPDATES")


async def test_an_archived_lead_is_missing_whatever_its_version(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", path(20), body={"notes": "x", "version": 9})

    assert (reply.status, reply.code, reply.query_count) == (404, "NOT_FOUND", 3)


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        ({"activityType": "Call", "notes": "Hi"}, "Call: Hi"),
        ({"activityType": None, "notes": ""}, "null: Contact made"),
        ({"activityType": ["a", "b"], "notes": {}}, "a,b: [object Object]"),
        ({"notes": "Hi"}, "undefined: Hi"),
    ],
)
async def test_an_activity_is_text_in_the_notes(legacy: Legacy, body: dict[str, Any], notes: str) -> None:
    reply = await legacy.send(ADA, "POST", path(12, "/activities"), body=body)

    assert reply.body["data"]["notes"] == notes


async def test_a_converted_lead_is_a_buyer_with_a_contact(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "POST", path(13, "/convert"))
    shown = await legacy.send(ADA, "GET", f"/v1/clients/{reply.body['data']['client']['id']}")

    kept = {key: shown.body["data"][key] for key in ("client_type", "first_name", "email", "notes", "tags")}
    assert kept == {
        "client_type": "buyer",
        "first_name": "Quill",
        "email": "lead13.quartzby@example.test",
        "notes": "Converted from lead. Original notes: Lead note 13",
        "tags": None,
    }


@pytest.mark.parametrize(
    ("method", "tail", "body", "code"),
    [
        ("GET", "", None, "FETCH_ERROR"),
        ("PUT", "", {"notes": "x"}, "UPDATE_ERROR"),
        ("PUT", "/archive", None, "ARCHIVE_ERROR"),
        ("POST", "/activities", {}, "ACTIVITY_ERROR"),
        ("POST", "/convert", None, "CONVERT_ERROR"),
        ("DELETE", "", None, "DELETE_ERROR"),
    ],
)
async def test_a_malformed_id_shows_the_error_of_postgresql(
    legacy: Legacy, method: str, tail: str, body: Any, code: str
) -> None:
    reply = await legacy.send(ADA, method, f"/v1/leads/nope{tail}", body=body)

    assert (reply.status, reply.code) == (500, code)
    assert reply.body["error"]["details"] == 'invalid input syntax for type uuid: "nope"'


async def test_a_batch_deletes_all_or_nothing(legacy: Legacy) -> None:
    target = "/v1/leads/batch-delete"

    mixed = await legacy.send("agent_ben", "POST", target, body={"ids": [lead(20), lead(21), lead(22)]})
    left = legacy.rows("SELECT count(*) FROM leads")
    malformed = await legacy.send(ADA, "POST", target, body={"ids": ["x"]})
    archived = await legacy.send(ADA, "POST", target, body={"ids": [lead(20), lead(40), lead(999)]})

    assert mixed.body["error"]["message"] == f"Some leads are not archived: {lead(21)}, {lead(22)}"
    assert left == [(80,)]
    assert (malformed.status, malformed.code) == (500, "DELETE_ERROR")
    assert archived.body["deletedIds"] == [lead(20), lead(40)]
