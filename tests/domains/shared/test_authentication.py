"""Who is let in, and what is written of an API key's use."""

import jwt
import pytest

from tests.domains.support import Modern, escrow, signed
from tests.support.replay import JWT_SECRET


@pytest.mark.parametrize(
    ("user", "code", "message"),
    [
        (None, "NO_AUTH_TOKEN", "No authentication token provided"),
        ("badtoken", "INVALID_TOKEN", "Invalid authentication token"),
        ("expired:agent_ann", "TOKEN_EXPIRED", "Authentication token has expired"),
        ("ghost", "USER_NOT_FOUND", "User not found"),
        ("off_olga", "ACCOUNT_DISABLED", "Account has been disabled"),
        ("apikey:nobody", "INVALID_API_KEY", "Invalid API key provided"),
        ("apikey:agent_ben", "API_KEY_EXPIRED", "API key has expired"),
        ("apikey:broker_bea", "API_KEY_DEACTIVATED", "API key has been deactivated"),
    ],
)
async def test_a_caller_who_proves_nothing_is_told_why(
    modern: Modern, user: str | None, code: str, message: str
) -> None:
    reply = await modern.send(user, "GET", "/v1/escrows")

    assert (reply.status, reply.body["error"]) == (401, {"code": code, "message": message})


async def test_the_key_of_a_disabled_user_is_deactivated(modern: Modern) -> None:
    modern.execute("UPDATE users SET is_active = false WHERE username = 'agent_ann'")

    reply = await modern.send("apikey:agent_ann", "GET", "/v1/escrows")

    assert reply.body["error"]["message"] == "User account has been deactivated"


async def test_an_api_key_wins_over_a_token(modern: Modern) -> None:
    headers = modern.credentials.headers("admin_ada") | modern.credentials.headers("apikey:agent_ben")

    reply = await modern.send(None, "GET", "/v1/escrows", headers=headers)

    assert reply.refusal == (401, "API_KEY_EXPIRED")


@pytest.mark.parametrize("header", ["Basic abc", "bearer abc", "Bearer", ""])
async def test_another_scheme_is_no_token(modern: Modern, header: str) -> None:
    reply = await modern.send(None, "GET", "/v1/escrows", headers={"Authorization": header})

    assert reply.refusal == (401, "NO_AUTH_TOKEN")


@pytest.mark.parametrize(
    ("claims", "secret", "algorithm", "code"),
    [
        (
            {"id": "c0ffee00-0000-4000-8000-000000000001"},
            "another-secret-that-is-long-enough-for-it",
            "HS256",
            "INVALID_TOKEN",
        ),
        ({"id": "c0ffee00-0000-4000-8000-000000000001"}, JWT_SECRET * 2, "HS512", "INVALID_TOKEN"),
        ({"id": "c0ffee00-0000-4000-8000-000000000001"}, "", "none", "INVALID_TOKEN"),
        ({"id": "not-a-uuid"}, JWT_SECRET, "HS256", "USER_NOT_FOUND"),
        ({"id": 5}, JWT_SECRET, "HS256", "USER_NOT_FOUND"),
        ({}, JWT_SECRET, "HS256", "USER_NOT_FOUND"),
    ],
)
async def test_a_token_must_be_signed_with_our_secret_and_name_a_user(
    modern: Modern, claims: dict[str, object], secret: str, algorithm: str, code: str
) -> None:
    token = jwt.encode(claims, secret, algorithm=algorithm)

    reply = await modern.send(None, "GET", "/v1/escrows", headers={"Authorization": f"Bearer {token}"})

    assert reply.refusal == (401, code)


async def test_the_role_is_that_of_the_database_and_not_of_the_token(modern: Modern) -> None:
    claims = {"id": "c0ffee00-0000-4000-8000-000000000004", "role": "system_admin"}
    token = jwt.encode(claims, JWT_SECRET, algorithm="HS256")

    reply = await modern.send(None, "GET", escrow(9), headers={"Authorization": f"Bearer {token}"})

    assert reply.refusal == (403, "FORBIDDEN")


async def test_the_use_of_a_key_is_written_behind_the_answer(modern: Modern) -> None:
    reply = await modern.send(
        "apikey:agent_ann", "GET", "/v1/escrows?scope=user", headers={"User-Agent": "tests"}
    )
    await modern.close()

    assert reply.query_count == 3
    assert modern.rows("SELECT count(*) FROM api_keys WHERE last_used_at > now() - interval '1 minute'") == [
        (1,)
    ]
    logged = modern.rows("SELECT endpoint, method, ip_address, user_agent FROM api_key_logs")
    assert logged == [("/v1/escrows?scope=user", "GET", "127.0.0.1", "tests")]


async def test_the_use_of_a_refused_key_is_a_security_event(modern: Modern) -> None:
    reply = await modern.send("apikey:agent_ben", "GET", "/v1/escrows")
    await modern.close()

    assert reply.query_count == 2
    events = modern.rows("SELECT event_type, success, message, request_path FROM security_events")
    assert events == [("api_key_expired", False, "API key has expired", "/v1/escrows")]
    assert modern.rows("SELECT 1 FROM api_key_logs") == []


async def test_a_shadow_copy_leaves_no_trace_of_its_key(modern: Modern) -> None:
    own = "/v1/escrows?scope=user"

    reply = await modern.send("apikey:agent_ann", "GET", own, headers=signed(own))
    await modern.close()

    assert (reply.status, reply.query_count) == (200, 2)
    assert modern.rows("SELECT 1 FROM api_key_logs") == []
    assert modern.rows("SELECT 1 FROM api_keys WHERE last_used_at IS NOT NULL") == []


async def test_a_copy_that_is_not_signed_by_the_proxy_is_no_copy(modern: Modern) -> None:
    headers = signed("/v1/escrows", secret="guessed")

    await modern.send("apikey:agent_ann", "GET", "/v1/escrows", headers=headers)
    await modern.close()

    assert modern.rows("SELECT count(*) FROM api_key_logs") == [(1,)]
