"""Registration."""

from typing import Any

import pytest

from tests.legacy_bridge.support import Legacy

REGISTER = "/v1/auth/register"
NEW = {
    "email": "A.New@example.test",
    "password": "Secret & co",
    "firstName": "Ann",
    "lastName": "O'New",
    "username": "ANew",
}


async def test_a_new_user_can_sign_in_and_has_a_token_at_once(legacy: Legacy) -> None:
    reply = await legacy.send(None, "POST", REGISTER, body=NEW)
    login = await legacy.send(
        None, "POST", "/v1/auth/login", body={"username": "anew", "password": NEW["password"]}
    )
    bearer = {"Authorization": f"Bearer {reply.body['data']['token']}"}
    profile = await legacy.send(None, "GET", "/v1/auth/profile", headers=bearer)

    assert (reply.status, reply.query_count, login.status) == (201, 7, 200)
    assert profile.body["data"]["user"]["lastName"] == "O&#x27;New"


async def test_the_sample_data_never_arrives(legacy: Legacy) -> None:
    before = legacy.rows("SELECT count(*) FROM clients")

    await legacy.send(None, "POST", REGISTER, body=NEW)
    await legacy.close()

    assert legacy.rows("SELECT count(*) FROM clients") == before


@pytest.mark.parametrize(
    "body",
    [{}, NEW | {"username": ""}, NEW | {"email": 7}, NEW | {"password": ["x"]}, NEW | {"lastName": None}],
)
async def test_what_is_missing_is_said(legacy: Legacy, body: dict[str, Any]) -> None:
    reply = await legacy.send(None, "POST", REGISTER, body=body)

    assert (reply.status, reply.code, reply.query_count) == (400, "MISSING_FIELDS", 1)


@pytest.mark.parametrize("body", [NEW | {"email": "AGENT_ann@example.test"}, NEW | {"username": "Agent_Ann"}])
async def test_a_name_or_address_that_is_there_in_any_case_is_refused(
    legacy: Legacy, body: dict[str, Any]
) -> None:
    reply = await legacy.send(None, "POST", REGISTER, body=body)

    assert (reply.status, reply.code, reply.query_count) == (400, "USER_EXISTS", 3)


async def test_what_the_database_does_not_take_leaves_nothing_behind(legacy: Legacy) -> None:
    for body in (NEW | {"email": "x" * 300}, NEW | {"firstName": "a\0b"}, NEW | {"role": "r" * 60}):
        reply = await legacy.send(None, "POST", REGISTER, body=body)
        assert (reply.status, reply.code) == (500, "REGISTRATION_ERROR")

    assert legacy.rows("SELECT count(*) FROM users") == [(6,)]


@pytest.mark.parametrize(
    ("username", "available", "statements"),
    [
        ("agent_ann", [False], 1),
        ("AGENT_ANN", [False], 1),
        ("nobody", [True], 1),
        ("abc", [False], 0),
        ("a-b-c", [False], 0),
    ],
)
async def test_a_name_is_free_or_not(
    legacy: Legacy, username: str, available: list[bool], statements: int
) -> None:
    reply = await legacy.send(None, "GET", f"/v1/auth/check-username/{username}")

    assert (reply.status, reply.query_count) == (200, statements)
    assert [reply.body["data"]["available"]] == available
    assert reply.body["data"].get("username") == (username if statements else None)
