"""Refresh tokens and sessions."""

import asyncio

from tests.legacy_bridge.support import Legacy, Reply

REFRESH, SESSIONS, LOGOUT = "/v1/auth/refresh", "/v1/auth/sessions", "/v1/auth/logout"


async def refresh_token(legacy: Legacy) -> str:
    body = {"username": "agent_ann", "password": "Synthetic-Pass-1"}
    reply = await legacy.send(None, "POST", "/v1/auth/login", body=body)
    return str(reply.body["data"]["refreshToken"])


async def refresh(legacy: Legacy, token: str) -> Reply:
    return await legacy.send(None, "POST", REFRESH, body={"refreshToken": token})


async def test_the_next_refresh_token_is_in_the_cookie_and_a_cookie_is_enough(legacy: Legacy) -> None:
    first = await refresh(legacy, await refresh_token(legacy))
    cookie = first.headers["Set-Cookie"].partition(";")[0]

    second = await legacy.send(None, "POST", REFRESH, headers={"Cookie": cookie})

    assert (first.status, second.status) == (200, 200)
    assert list(second.body["data"]) == ["accessToken", "expiresIn"]


async def test_a_token_is_spent_once_also_by_two_at_a_time(legacy: Legacy) -> None:
    token = await refresh_token(legacy)

    replies = await asyncio.gather(*(refresh(legacy, token) for _ in range(4)))

    assert sorted(reply.status for reply in replies) == [200, 401, 401, 401]


async def test_tokens_that_do_not_hold_any_more_are_refused(legacy: Legacy) -> None:
    token = await refresh_token(legacy)
    legacy.execute("UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
    expired = await refresh(legacy, token)
    legacy.execute("UPDATE refresh_tokens SET expires_at = now() + interval '1 day'")
    legacy.execute("UPDATE users SET is_active = false WHERE username = 'agent_ann'")
    disabled = await refresh(legacy, token)

    for reply in (expired, disabled):
        assert (reply.status, reply.code, reply.query_count) == (401, "INVALID_REFRESH_TOKEN", 1)


async def test_a_token_that_is_no_text_is_nobody_s(legacy: Legacy) -> None:
    for body in ({"refreshToken": 7}, {"refreshToken": {"a": 1}}):
        reply = await legacy.send(None, "POST", REFRESH, body=body)

        assert (reply.status, reply.code, reply.query_count) == (401, "INVALID_REFRESH_TOKEN", 1)


async def test_with_a_cookie_no_session_is_the_current_one(legacy: Legacy) -> None:
    token = await refresh_token(legacy)

    without = await legacy.send("agent_ann", "GET", SESSIONS)
    with_cookie = await legacy.send("agent_ann", "GET", SESSIONS, headers={"Cookie": f"refreshToken={token}"})

    assert [one["isCurrent"] for one in without.body["data"]["sessions"]] == [True]
    assert [one["isCurrent"] for one in with_cookie.body["data"]["sessions"]] == [False]


async def test_logging_out_ends_the_session_of_the_token(legacy: Legacy) -> None:
    token = await refresh_token(legacy)

    reply = await legacy.send(None, "POST", LOGOUT, headers={"Cookie": f"refreshToken={token}"})

    assert (reply.status, reply.query_count) == (200, 1)
    assert (await refresh(legacy, token)).status == 401


async def test_anybody_may_clean_up(legacy: Legacy) -> None:
    await refresh_token(legacy)
    legacy.execute("UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")

    reply = await legacy.send(None, "POST", "/v1/auth/cleanup-tokens")

    expected = {"deletedCount": 1, "message": "Cleaned up 1 expired refresh tokens"}
    assert (reply.status, reply.body["data"]) == (200, expected)
