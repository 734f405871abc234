"""The handlers of contact roles, where the recording shows one case of many."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

ANN = "agent_ann"
CLIENT_ROLE = "401e0000-0000-4000-8000-000000000003"
CONTACT_2 = "/v1/contacts/0c000000-0000-4000-8000-000000000002"


async def test_the_active_roles_are_listed_in_their_order(legacy: Legacy) -> None:
    legacy.execute("UPDATE contact_roles SET is_active = false WHERE role_name = 'lead_seller'")

    reply = await legacy.send(ANN, "GET", "/v1/contact-roles")

    assert (reply.status, reply.query_count, reply.body["count"]) == (200, 2, 5)
    assert [row["role_name"] for row in reply.body["data"]][:2] == ["lead_buyer", "client"]


async def test_a_role_is_found_or_missing_or_an_error(legacy: Legacy) -> None:
    found = await legacy.send(ANN, "GET", f"/v1/contact-roles/{CLIENT_ROLE}")
    missing = await legacy.send(ANN, "GET", "/v1/contact-roles/deadbeef-0000-4000-8000-000000000000")
    malformed = await legacy.send(ANN, "GET", "/v1/contact-roles/nope")

    assert (found.status, found.body["data"]["role_name"]) == (200, "client")
    assert (missing.status, missing.code, "timestamp" in missing.body) == (404, "NOT_FOUND", True)
    assert (malformed.status, malformed.code) == (500, "INTERNAL_ERROR")


async def test_a_created_role_keeps_what_was_sent(legacy: Legacy) -> None:
    body = {"role_name": "x", "display_name": "X", "required_fields": ["email"], "sort_order": 4, "id": 5}

    reply = await legacy.send(ANN, "POST", "/v1/contact-roles", body=body)

    assert (reply.body["data"]["required_fields"], reply.body["data"]["sort_order"]) == (["email"], 4)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"role_name": "x"}, 400, "VALIDATION_ERROR"),
        ({"role_name": "x", "display_name": "X", "color": "much too long"}, 500, "INTERNAL_ERROR"),
        ({"role_name": "client", "display_name": "X"}, 409, "DUPLICATE_ROLE"),
    ],
)
async def test_a_role_that_cannot_be_is_refused(
    legacy: Legacy, body: dict[str, Any], status: int, code: str
) -> None:
    reply = await legacy.send(ANN, "POST", "/v1/contact-roles", body=body)

    assert (reply.status, reply.code) == (status, code)


async def test_a_removed_role_is_kept_inactive(legacy: Legacy) -> None:
    other = f"{CONTACT_2}/roles/401e0000-0000-4000-8000-000000000004"

    removed = await legacy.send("agent_ben", "DELETE", other)
    left = await legacy.send(ANN, "GET", f"{CONTACT_2}/roles")
    last = await legacy.send(ANN, "DELETE", f"{CONTACT_2}/roles/{CLIENT_ROLE}")

    assert (removed.status, left.body["count"], last.status) == (200, 1, 400)
    kept = legacy.rows(
        "SELECT is_active, archived_at IS NULL FROM contact_role_assignments WHERE contact_id::text = %s"
        " ORDER BY is_primary",
        [CONTACT_2[-36:]],
    )
    assert kept == [(False, False), (True, True)]


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "/roles", None),
        ("POST", "/roles", {"role_id": "x"}),
        ("PUT", "/roles/primary", {"role_id": "x"}),
        ("DELETE", "/roles/x", None),
    ],
)
async def test_a_malformed_contact_is_an_error_of_the_server(
    legacy: Legacy, method: str, tail: str, body: Any
) -> None:
    reply = await legacy.send(ANN, method, f"/v1/contacts/nope{tail}", body=body)

    assert (reply.status, reply.code) == (500, "INTERNAL_ERROR")
