"""Who is asking: every refusal of the recording, and the bookkeeping of API keys."""

import time
from typing import Any

import jwt
import pytest

from legacy_bridge.permissions import ADMIN
from tests.legacy_bridge.support import Legacy, signed
from tests.support.replay import JWT_SECRET

LIST = "/v1/escrows?scope=user&limit=1"
ANN = "apikey:agent_ann"


@pytest.mark.parametrize(
    ("user", "headers", "code", "query_count"),
    [
        (None, {}, "NO_AUTH_TOKEN", 0),
        (None, {"Authorization": "Basic c3ludGhldGlj"}, "NO_AUTH_TOKEN", 0),
        ("badtoken", {}, "INVALID_TOKEN", 0),
        ("expired:agent_ann", {}, "TOKEN_EXPIRED", 0),
        ("ghost", {}, "USER_NOT_FOUND", 1),
        ("off_olga", {}, "ACCOUNT_DISABLED", 1),
        (None, {"X-API-Key": "0" * 64}, "INVALID_API_KEY", 2),
        ("apikey:agent_ben", {}, "API_KEY_EXPIRED", 2),
        ("apikey:broker_bea", {}, "API_KEY_DEACTIVATED", 2),
    ],
)
async def test_who_is_not_known_is_refused(
    legacy: Legacy, user: str | None, headers: dict[str, str], code: str, query_count: int
) -> None:
    reply = await legacy.send(user, "GET", LIST, headers=headers)

    assert (reply.status, reply.code, reply.query_count) == (401, code, query_count)


async def test_the_key_of_a_disabled_user_is_refused(legacy: Legacy) -> None:
    legacy.execute("UPDATE users SET is_active = false WHERE username = 'agent_ann'")

    reply = await legacy.send(ANN, "GET", LIST)

    expected = {"code": "API_KEY_DEACTIVATED", "message": "User account has been deactivated"}
    assert (reply.status, reply.body["error"]) == (401, expected)


async def test_an_api_key_wins_over_a_token(legacy: Legacy) -> None:
    token = legacy.credentials.headers("admin_ada")

    reply = await legacy.send(None, "GET", LIST, headers=token | {"API-Key": "0" * 64})

    assert reply.code == "INVALID_API_KEY"


@pytest.mark.parametrize(
    ("claims", "algorithm", "expected"),
    [
        ({"id": "c0ffee00-0000-4000-8000-000000000001"}, "HS512", (401, "INVALID_TOKEN")),
        ({"id": "not-a-uuid"}, "HS256", (500, "AUTH_ERROR")),
        ({"id": "c0ffee00-0000-4000-8000-000000000001", "nbf": 9_999_999_999}, "HS256", (500, "AUTH_ERROR")),
        ({}, "HS256", (401, "USER_NOT_FOUND")),
    ],
)
@pytest.mark.filterwarnings(
    "ignore::jwt.warnings.InsecureKeyLengthWarning"
)  # the other algorithm wants a longer secret
async def test_a_token_of_another_kind_is_refused(
    legacy: Legacy, claims: dict[str, Any], algorithm: str, expected: tuple[int, str]
) -> None:
    token = jwt.encode(claims | {"exp": int(time.time()) + 60}, JWT_SECRET, algorithm=algorithm)

    reply = await legacy.send(None, "GET", LIST, headers={"Authorization": f"Bearer {token}"})

    assert (reply.status, reply.code) == expected


async def test_an_unsigned_token_is_refused(legacy: Legacy) -> None:
    token = jwt.encode({"id": "c0ffee00-0000-4000-8000-000000000001", "role": ADMIN}, "", algorithm="none")

    reply = await legacy.send(None, "GET", LIST, headers={"Authorization": f"Bearer {token}"})

    assert reply.code == "INVALID_TOKEN"


async def test_the_use_of_a_key_is_written_down_without_anybody_waiting(legacy: Legacy) -> None:
    reply = await legacy.send(ANN, "GET", LIST)
    await legacy.close()

    assert reply.query_count == 7
    assert legacy.rows("SELECT endpoint, method FROM api_key_logs") == [(LIST, "GET")]
    assert legacy.rows("SELECT count(*) FROM api_keys WHERE last_used_at IS NOT NULL") == [(1,)]


async def test_a_refused_key_is_written_down_as_a_security_event(legacy: Legacy) -> None:
    await legacy.send("apikey:agent_ben", "GET", LIST)
    await legacy.send(None, "GET", LIST, headers={"X-API-Key": "feedbeef" * 8})
    await legacy.close()

    events = legacy.rows("SELECT event_type, message, metadata FROM security_events ORDER BY event_type")
    assert events == [
        ("api_key_expired", "API key has expired", None),
        ("api_key_used", "Invalid API key provided", {"key_prefix": "feedbeef"}),
    ]


async def test_a_shadow_copy_writes_nothing_down(legacy: Legacy) -> None:
    reply = await legacy.send(ANN, "GET", LIST, headers=signed(LIST))
    await legacy.send("apikey:agent_ben", "GET", LIST, headers=signed(LIST))
    await legacy.close()

    assert (reply.status, reply.query_count) == (200, 5)
    assert legacy.rows("SELECT 1 FROM api_key_logs UNION ALL SELECT 1 FROM security_events") == []
    assert legacy.rows("SELECT 1 FROM api_keys WHERE last_used_at IS NOT NULL") == []


async def test_a_wrong_signature_changes_nothing(legacy: Legacy) -> None:
    reply = await legacy.send(ANN, "GET", LIST, headers=signed(LIST, secret="another"))

    assert reply.query_count == 7
