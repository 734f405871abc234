"""The signed-in user's account."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

PROFILE = "/v1/auth/profile"
ANN = "agent_ann"


async def test_an_api_key_does_not_open_an_account(legacy: Legacy) -> None:
    reply = await legacy.send("apikey:agent_ann", "GET", PROFILE)

    assert (reply.status, reply.code, reply.query_count) == (401, "NO_AUTH_TOKEN", 0)


async def test_verifying_a_token_shows_the_profile(legacy: Legacy) -> None:
    verified = await legacy.send(ANN, "GET", "/v1/auth/verify")
    profile = await legacy.send(ANN, "GET", PROFILE)

    assert (verified.status, verified.query_count) == (200, 2)
    assert verified.body == profile.body


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?requiredRole=broker", {"authorized": False, "userRole": "agent", "requiredRole": "broker"}),
        ("", {"authorized": False, "userRole": "agent"}),
    ],
)
async def test_another_role_is_not_the_user_s(legacy: Legacy, query: str, expected: dict[str, Any]) -> None:
    reply = await legacy.send(ANN, "GET", f"/v1/auth/verify-role{query}")

    who = {"userId": "c0ffee00-0000-4000-8000-000000000003", "email": "agent_ann@example.test"}
    assert (reply.status, reply.body["data"]) == (200, expected | who)


async def test_null_empties_numbers_alone_and_unknown_fields_are_ignored(legacy: Legacy) -> None:
    body = {"homeCity": None, "homeLat": None, "role": "system_admin", "timezone": "UTC"}

    reply = await legacy.send(ANN, "PUT", PROFILE, body=body)

    shown = [reply.body["data"][name] for name in ("home_city", "home_lat", "role")]
    assert shown == ["Exampleton", None, "agent"]
    assert legacy.rows("SELECT timezone FROM users WHERE username = 'agent_ann'") == [("UTC",)]


async def test_a_new_password_is_the_only_one(legacy: Legacy) -> None:
    body = {"currentPassword": "Synthetic-Pass-1", "newPassword": "It's new"}

    changed = await legacy.send(ANN, "PUT", PROFILE, body=body)

    assert (changed.status, changed.query_count) == (200, 4)
    for password, status in (("It's new", 200), ("Synthetic-Pass-1", 401)):
        login = {"username": ANN, "password": password}
        assert (await legacy.send(None, "POST", "/v1/auth/login", body=login)).status == status


async def test_a_wrong_password_keeps_the_other_fields_from_being_stored(legacy: Legacy) -> None:
    body = {"currentPassword": 7, "newPassword": "x", "firstName": "Changed"}

    reply = await legacy.send(ANN, "PUT", PROFILE, body=body)

    assert (reply.status, reply.code) == (400, "INVALID_CURRENT_PASSWORD")
    assert legacy.rows("SELECT first_name FROM users WHERE username = 'agent_ann'") == [("Ann",)]


async def test_a_value_that_the_database_does_not_take_is_its_error(legacy: Legacy) -> None:
    reply = await legacy.send(ANN, "PUT", PROFILE, body={"searchRadiusMiles": "far"})

    assert (reply.status, reply.code) == (500, "UPDATE_ERROR")
