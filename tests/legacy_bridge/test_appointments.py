"""Appointments, where the recording shows one case of many."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

ADA = "admin_ada"
BATCH = "/v1/appointments/batch-delete"
BODY = {"title": "T", "appointmentDate": "2027-02-04", "startTime": "09:00"}


def appointment(number: int) -> str:
    """The path of the seeded appointment of that number."""
    return f"/v1/appointments/{identity(number)}"


def identity(number: int) -> str:
    """The id of the seeded appointment of that number."""
    return f"a9900000-0000-4000-8000-{number:012}"


@pytest.mark.parametrize(
    ("query", "pagination"),
    [
        ("limit=7&page=2", {"currentPage": 2, "totalPages": 9, "totalCount": 57, "limit": 7}),
        ("limit=0", {"currentPage": 1, "totalPages": None, "totalCount": 57, "limit": 0}),
        ("status=completed", {"currentPage": 1, "totalPages": 0, "totalCount": 0, "limit": 20}),
        ("endDate=2025-05-10", {"currentPage": 1, "totalPages": 1, "totalCount": 2, "limit": 20}),
    ],
)
async def test_lists_count_their_pages(legacy: Legacy, query: str, pagination: dict[str, Any]) -> None:
    reply = await legacy.send(ADA, "GET", f"/v1/appointments?{query}")

    assert reply.body["data"]["pagination"] == pagination


@pytest.mark.parametrize(
    ("query", "details", "query_count"),
    [
        ("page=abc", 'invalid input syntax for type bigint: "NaN"', 3),
        ("limit=abc", 'invalid input syntax for type bigint: "abc"', 3),
        ("limit=-1", "LIMIT must not be negative", 3),
        ("page=0", "OFFSET must not be negative", 3),
        ("endDate=soon", 'invalid input syntax for type date: "soon"', 2),
    ],
)
async def test_a_list_that_postgresql_refuses_shows_why(
    legacy: Legacy, query: str, details: str, query_count: int
) -> None:
    reply = await legacy.send(ADA, "GET", f"/v1/appointments?{query}")

    expected = {"code": "FETCH_ERROR", "message": "Failed to fetch appointments", "details": details}
    assert (reply.status, reply.body["error"], reply.query_count) == (500, expected, query_count)


async def test_default_lists_of_agents_are_empty_and_those_of_brokers_fail(legacy: Legacy) -> None:
    agent = await legacy.send("agent_ann", "GET", "/v1/appointments")
    broker = await legacy.send("broker_bea", "GET", "/v1/appointments")

    assert agent.body["data"]["appointments"] == []
    assert broker.body["error"]["details"] == "User is not associated with a broker"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"title": ""}, 400, "VALIDATION_ERROR"),
        ({"startTime": ""}, 400, "MISSING_FIELDS"),
        ({"duration": "480"}, 201, ""),
        ({"duration": 481}, 400, "VALIDATION_ERROR"),
        ({"endDate": "soon"}, 400, "VALIDATION_ERROR"),
        ({"appointmentType": "meeting"}, 201, ""),
        ({"appointmentType": None}, 400, "VALIDATION_ERROR"),
        ({"start_time": "soon", "end_time": "09:00"}, 201, ""),
        ({"start_time": "09:00", "end_time": "09:00"}, 400, "BUSINESS_RULE_VIOLATION"),
        ({"appointmentDate": "2027-02-31"}, 500, "CREATE_ERROR"),
        ({"clientId": "x"}, 500, "CREATE_ERROR"),
    ],
)
async def test_a_creation_is_checked_in_part(
    legacy: Legacy, change: dict[str, Any], status: int, code: str
) -> None:
    reply = await legacy.send(ADA, "POST", "/v1/appointments", body=BODY | change)

    assert (reply.status, reply.code) == (status, code)


async def test_only_a_creation_is_refused_for_a_past_day(legacy: Legacy) -> None:
    today = datetime.now(UTC).date()
    yesterday = {"appointment_date": str(today - timedelta(days=1))}

    refused = await legacy.send(ADA, "POST", "/v1/appointments", body=BODY | yesterday)
    created = await legacy.send(ADA, "POST", "/v1/appointments", body=BODY | {"appointment_date": str(today)})
    updated = await legacy.send(ADA, "PUT", appointment(1), body=yesterday)

    assert [reply.status for reply in (refused, created, updated)] == [400, 201, 200]


async def test_the_creator_does_not_own_what_it_created(legacy: Legacy) -> None:
    created = (await legacy.send("apikey:agent_ann", "POST", "/v1/appointments", body=BODY)).body["data"]

    seen = await legacy.send("agent_ann", "GET", f"/v1/appointments/{created['id']}")

    assert (created["owner_id"], created["agent_id"][-1]) == (None, "3")
    assert created["team_id"] == "aaaaaaaa-0000-4000-8000-000000000001"
    assert seen.status == 403
    assert [event["room"].split("-")[0] for event in legacy.ear.heard()] == ["team", "user"]


@pytest.mark.parametrize(
    ("body", "status", "code", "query_count"),
    [
        ({"title": "X", "version": None}, 409, "VERSION_CONFLICT", 3),
        ({"title": "X", "version": "abc"}, 500, "UPDATE_ERROR", 2),
        ({"title": ""}, 400, "VALIDATION_ERROR", 1),
        ({"version": 1}, 400, "NO_UPDATES", 1),
        ({"start_time": "25:99"}, 500, "UPDATE_ERROR", 2),
    ],
)
async def test_an_update_is_refused(
    legacy: Legacy, body: dict[str, Any], status: int, code: str, query_count: int
) -> None:
    reply = await legacy.send(ADA, "PUT", appointment(1), body=body)

    assert (reply.status, reply.code, reply.query_count) == (status, code, query_count)
    assert legacy.rows("SELECT version FROM appointments WHERE id = %s", [identity(1)]) == [(1,)]


async def test_an_unknown_appointment_with_a_version_is_not_found(legacy: Legacy) -> None:
    reply = await legacy.send(ADA, "PUT", appointment(999), body={"title": "X", "version": 1})

    assert (reply.status, reply.query_count) == (404, 3)


async def test_an_archived_appointment_is_out_of_reach_until_it_is_deleted(legacy: Legacy) -> None:
    steps = (
        ("DELETE", ""),
        ("PUT", "/archive"),
        ("PUT", "/archive"),
        ("POST", "/cancel"),
        ("POST", "/complete"),
        ("GET", ""),
        ("DELETE", ""),
        ("DELETE", ""),
    )

    statuses = [(await legacy.send(ADA, method, appointment(14) + tail)).status for method, tail in steps]

    assert statuses == [400, 200, 404, 404, 404, 404, 200, 404]


async def test_an_id_that_is_no_uuid_is_an_error_of_the_server_for_admins_only(legacy: Legacy) -> None:
    for method, tail, code in (
        ("GET", "", "FETCH_ERROR"),
        ("PUT", "/archive", "ARCHIVE_ERROR"),
        ("POST", "/cancel", "CANCEL_ERROR"),
        ("POST", "/complete", "COMPLETE_ERROR"),
        ("DELETE", "", "DELETE_ERROR"),
    ):
        admin = await legacy.send(ADA, method, f"/v1/appointments/x{tail}")
        agent = await legacy.send("agent_ann", method, f"/v1/appointments/x{tail}")

        assert (admin.status, admin.code, agent.status) == (500, code, 403)


async def test_a_batch_is_deleted_whole_or_not_at_all(legacy: Legacy) -> None:
    mixed = await legacy.send(ADA, "POST", BATCH, body={"ids": [identity(20), identity(21)]})
    broken = await legacy.send(ADA, "POST", BATCH, body={"ids": [identity(20), "x"]})
    numbers = await legacy.send(ADA, "POST", BATCH, body={"ids": [5]})

    assert mixed.body["error"]["message"] == f"Some appointments are not archived: {identity(21)}"
    assert (broken.status, broken.code, broken.query_count) == (500, "DELETE_ERROR", 4)
    assert numbers.messages == ["Each ID must be a string"]
    assert legacy.rows("SELECT count(*) FROM appointments") == [(60,)]
