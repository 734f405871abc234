"""The rules of accounts: signing in and out, refreshing, registering, passwords."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from domains.shared.house import GoogleIdentity
from domains.users.utils import COOKIE
from tests.domains.support import Modern, Reply, serving, signed
from tests.support.replay import JWT_SECRET

LOGIN = "/v1/auth/login"
REFRESH = "/v1/auth/refresh"
GOOGLE = "/v1/auth/google"
REGISTER = "/v1/auth/register"
PROFILE = "/v1/auth/profile"
ANN = {"email": "Agent_Ann@example.test", "password": "Synthetic-Pass-1"}
WRONG = ANN | {"password": "wrong"}
NOVA = {
    "email": "Nova@example.test",
    "password": "Synthetic-Pass-3",
    "firstName": "Nova",
    "lastName": "Newby",
    "username": "NovaNewby",
}


class Google:
    """A Google that knows three people."""

    async def identify(self, id_token: str) -> GoogleIdentity | None:
        known = {
            "ann": GoogleIdentity("g-1", "AGENT_ANN@example.test"),
            "new": GoogleIdentity("g-2", "New@example.test", "Nu", "Wen", "https://example.test/p.png"),
            "olga": GoogleIdentity("g-3", "off_olga@example.test"),
        }
        return known.get(id_token)


@pytest.fixture
async def modern(seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
    """The modern backend with a Google at its port."""
    async with serving(seeded_database, contract, google=Google()) as running:
        yield running


async def signed_in(modern: Modern, body: object = ANN) -> Reply:
    reply = await modern.send(None, "POST", LOGIN, body)
    assert reply.status == 200
    return reply


def events(modern: Modern) -> list[tuple[object, ...]]:
    return modern.rows(
        "SELECT event_type, username, success, message, request_path FROM security_events ORDER BY created_at, success"
    )


async def test_signing_in_is_two_statements_and_leaves_a_session_and_an_event(modern: Modern) -> None:
    reply = await signed_in(modern)

    data = reply.body["data"]
    assert reply.query_count == 2
    assert jwt.decode(data["token"], JWT_SECRET, algorithms=["HS256"])["role"] == "agent"
    assert reply.headers["Set-Cookie"].startswith(f"{COOKIE}={data['refreshToken']}; Max-Age=604800;")
    assert modern.rows("SELECT token FROM refresh_tokens") == [(data["refreshToken"],)]
    assert events(modern) == [("login_success", "agent_ann", True, None, LOGIN)]


async def test_a_user_agent_has_one_session_of_a_user(modern: Modern) -> None:
    first, second = await signed_in(modern), await signed_in(modern)

    assert first.body["data"]["refreshToken"] != second.body["data"]["refreshToken"]
    assert modern.rows("SELECT count(*) FROM refresh_tokens") == [(1,)]


async def test_five_wrong_passwords_lock_an_account(modern: Modern) -> None:
    refused = [(await modern.send(None, "POST", LOGIN, WRONG)).refusal for _ in range(5)]
    locked = await modern.send(None, "POST", LOGIN, ANN)

    assert refused == [(401, "INVALID_CREDENTIALS")] * 5
    assert locked.refusal == (423, "ACCOUNT_LOCKED")
    assert "Try again in 30 minutes." in locked.body["error"]["message"]
    assert datetime.fromisoformat(locked.body["error"]["locked_until"]) > datetime.now(UTC)
    told = [event[0] for event in events(modern)]
    assert told.count("login_failed") == 5
    assert (told.count("account_locked"), told[-1]) == (1, "login_locked")


async def test_a_success_forgets_the_failures(modern: Modern) -> None:
    await modern.send(None, "POST", LOGIN, WRONG)

    await signed_in(modern)

    assert modern.rows("SELECT failed_login_attempts FROM users WHERE username = 'agent_ann'") == [(0,)]


async def test_a_refresh_token_is_spent_once(modern: Modern) -> None:
    token = (await signed_in(modern)).body["data"]["refreshToken"]

    first = await modern.send(None, "POST", REFRESH, {"refreshToken": token})
    replayed = await modern.send(None, "POST", REFRESH, {"refreshToken": token})
    next_token = first.headers["Set-Cookie"].split(";")[0].split("=")[1]
    second = await modern.send(None, "POST", REFRESH, headers={"Cookie": f"{COOKIE}={next_token}"})

    assert (first.status, first.query_count, set(first.body["data"])) == (
        200,
        1,
        {"accessToken", "expiresIn"},
    )
    assert replayed.refusal == (401, "INVALID_REFRESH_TOKEN")
    assert second.status == 200


async def test_a_disabled_user_refreshes_nothing(modern: Modern) -> None:
    token = (await signed_in(modern)).body["data"]["refreshToken"]
    modern.execute("UPDATE users SET is_active = false WHERE username = 'agent_ann'")

    reply = await modern.send(None, "POST", REFRESH, {"refreshToken": token})

    assert reply.refusal == (401, "INVALID_REFRESH_TOKEN")
    assert modern.rows("SELECT revoked_at FROM refresh_tokens") == [(None,)]


async def test_signing_out_ends_a_session_and_everywhere_ends_all(modern: Modern) -> None:
    token = (await signed_in(modern)).body["data"]["refreshToken"]
    before = await modern.send("agent_ann", "GET", "/v1/auth/sessions", headers={"Cookie": f"{COOKIE}=x"})

    await modern.send(None, "POST", "/v1/auth/logout", {"refreshToken": token})
    after = await modern.send("agent_ann", "GET", "/v1/auth/sessions")
    await signed_in(modern)
    everywhere = await modern.send("agent_ann", "POST", "/v1/auth/logout-all")

    assert [session["isCurrent"] for session in before.body["data"]["sessions"]] == [False]
    assert after.body["data"] == {"sessions": []}
    assert everywhere.headers["Set-Cookie"].startswith(f"{COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970")
    assert modern.rows("SELECT count(*) FROM refresh_tokens WHERE revoked_at IS NULL") == [(0,)]


async def test_only_a_system_admin_cleans_up_expired_tokens(modern: Modern) -> None:
    await signed_in(modern)
    modern.execute("UPDATE refresh_tokens SET expires_at = NOW() - INTERVAL '1 day'")

    refused = await modern.send("agent_ann", "POST", "/v1/auth/cleanup-tokens")
    done = await modern.send("admin_ada", "POST", "/v1/auth/cleanup-tokens")

    assert refused.refusal == (403, "FORBIDDEN")
    assert done.body["data"] == {"deletedCount": 1, "message": "Cleaned up 1 expired refresh tokens"}


async def test_whoever_registers_is_an_agent_and_signs_in_with_their_password(modern: Modern) -> None:
    reply = await modern.send(None, "POST", REGISTER, NOVA | {"role": "system_admin"})

    signed = await signed_in(modern, {"username": "novanewby", "password": "Synthetic-Pass-3"})
    assert (reply.status, reply.query_count) == (201, 2)
    assert reply.body["data"]["user"]["role"] == "agent"
    assert signed.body["data"]["user"]["role"] == "agent"
    assert (await modern.send(None, "POST", REGISTER, NOVA)).refusal == (400, "USER_EXISTS")


async def test_google_signs_in_who_is_known_and_registers_who_is_not(modern: Modern) -> None:
    known = await modern.send(None, "POST", GOOGLE, {"idToken": "ann"})
    new = await modern.send(None, "POST", GOOGLE, {"idToken": "new"})
    again = await modern.send(None, "POST", GOOGLE, {"idToken": "new"})

    assert known.body["data"]["user"]["username"] == "agent_ann"
    assert new.body["data"]["user"]["role"] == "agent"
    assert again.body["data"]["user"] == new.body["data"]["user"]
    assert (await modern.send(None, "POST", GOOGLE, {"idToken": "olga"})).refusal == (401, "ACCOUNT_DISABLED")
    assert (await modern.send(None, "POST", GOOGLE, {"idToken": "?"})).refusal == (401, "INVALID_TOKEN")
    assert (await modern.send(None, "POST", GOOGLE, {})).refusal == (400, "MISSING_ID_TOKEN")


async def test_nobody_signs_in_with_the_password_of_a_google_account(modern: Modern) -> None:
    await modern.send(None, "POST", GOOGLE, {"idToken": "new"})

    reply = await modern.send(None, "POST", LOGIN, {"email": "new@example.test", "password": "!"})

    assert reply.refusal == (401, "INVALID_CREDENTIALS")


async def test_a_password_changes_only_with_the_current_one(modern: Modern) -> None:
    body = {"newPassword": "Synthetic-Pass-2", "currentPassword": "Synthetic-Pass-1"}

    missing = await modern.send("agent_ann", "PUT", PROFILE, {"newPassword": "x"})
    wrong = await modern.send("agent_ann", "PUT", PROFILE, body | {"currentPassword": "x"})
    done = await modern.send("agent_ann", "PUT", PROFILE, body)

    assert missing.refusal == (400, "MISSING_CURRENT_PASSWORD")
    assert wrong.refusal == (400, "INVALID_CURRENT_PASSWORD")
    assert (done.status, done.query_count) == (200, 3)
    assert [event[:2] for event in events(modern)] == [("password_changed", "agent_ann")]
    await signed_in(modern, ANN | {"password": "Synthetic-Pass-2"})


async def test_a_field_that_does_not_fit_is_named_and_nothing_is_stored(modern: Modern) -> None:
    reply = await modern.send("agent_ann", "PUT", PROFILE, {"firstName": "A", "homeState": "California"})

    assert (reply.status, reply.faults) == (400, ["homeState"])
    assert modern.rows("SELECT first_name FROM users WHERE username = 'agent_ann'") == [("Ann",)]


@pytest.mark.parametrize("text", ["\ud800", "\u0000", "'; DROP TABLE users; --", "x" * 100_000])
async def test_no_text_is_a_fault_of_the_server(modern: Modern, text: str) -> None:
    bodies = [
        (LOGIN, {"email": text, "password": text}),
        (REFRESH, {"refreshToken": text}),
        (REGISTER, NOVA | {"username": text}),
        (GOOGLE, {"idToken": text}),
    ]

    statuses = [(await modern.send(None, "POST", path, body)).status for path, body in bodies]

    assert [status for status in statuses if status >= 500] == []
    assert modern.rows("SELECT count(*) > 5 FROM users") == [(True,)]


async def test_a_rehearsed_change_of_a_password_changes_nothing(modern: Modern) -> None:
    raw = b'{"newPassword": "Synthetic-Pass-2", "currentPassword": "Synthetic-Pass-1"}'
    marks = signed(PROFILE, method="PUT", body=raw) | {
        "X-Crossfade-Shadow": "rehearse",
        "Content-Type": "application/json",
    }

    reply = await modern.send("agent_ann", "PUT", PROFILE, raw=raw, headers=marks)

    assert reply.status == 200
    assert "security_events" in reply.headers["X-Write-Set"]
    assert events(modern) == []
    await signed_in(modern)
