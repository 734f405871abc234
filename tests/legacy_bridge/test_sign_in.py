"""Signing in."""

from pathlib import Path
from typing import Any

import jwt
import pytest

from legacy_bridge.ports import GoogleIdentity, Ports
from tests.legacy_bridge.support import Legacy, Reply, running
from tests.support.replay import JWT_SECRET

LOGIN = "/v1/auth/login"
GOOGLE = "/v1/auth/google"
PASSWORD = "Synthetic-Pass-1"


async def sign_in(legacy: Legacy, password: str = PASSWORD) -> Reply:
    return await legacy.send(None, "POST", LOGIN, body={"username": "agent_ann", "password": password})


class Google:
    """Vouches for the tokens it was given."""

    def __init__(self, **identities: GoogleIdentity) -> None:
        self._identities = identities

    async def identify(self, id_token: str) -> GoogleIdentity | None:
        """Whom it was told."""
        return self._identities.get(id_token)


async def test_the_token_says_who_it_is_for_a_quarter_of_an_hour(legacy: Legacy) -> None:
    reply = await sign_in(legacy)

    claims = jwt.decode(reply.body["data"]["accessToken"], JWT_SECRET, algorithms=["HS256"])
    assert claims.pop("exp") - claims.pop("iat") == 900
    assert claims == {
        "id": "c0ffee00-0000-4000-8000-000000000003",
        "email": "agent_ann@example.test",
        "role": "agent",
    }


async def test_one_user_agent_has_one_refresh_token(legacy: Legacy) -> None:
    for agent in ("one", "one", "other"):
        await legacy.send(
            None,
            "POST",
            LOGIN,
            body={"email": "agent_ann@example.test", "password": PASSWORD},
            headers={"User-Agent": agent, "X-Forwarded-For": "1.2.3.4" + "5" * 60},
        )

    stored = legacy.rows("SELECT user_agent, length(ip_address) FROM refresh_tokens ORDER BY user_agent")
    assert stored == [("one", 45), ("other", 45)]


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "a", "password": ""}, {"email": 7, "password": "x"}, {"username": "a", "password": 1}],
)
async def test_without_name_or_password_nobody_is_looked_up(legacy: Legacy, body: dict[str, Any]) -> None:
    reply = await legacy.send(None, "POST", LOGIN, body=body)

    assert (reply.status, reply.code, reply.query_count) == (400, "MISSING_CREDENTIALS", 0)


async def test_a_success_forgets_the_failures(legacy: Legacy) -> None:
    await sign_in(legacy, "wrong")
    await sign_in(legacy)

    assert legacy.rows("SELECT failed_login_attempts FROM users WHERE username = 'agent_ann'") == [(0,)]


async def test_a_lock_ends_by_itself(legacy: Legacy) -> None:
    for _ in range(5):
        await sign_in(legacy, "wrong")
    locked = await sign_in(legacy)
    legacy.execute("UPDATE users SET locked_until = now() - interval '1 second' WHERE username = 'agent_ann'")

    unlocked = await sign_in(legacy)

    assert (locked.status, locked.code, unlocked.status) == (423, "ACCOUNT_LOCKED", 200)


async def test_what_the_database_does_not_take_is_its_error(legacy: Legacy) -> None:
    reply = await legacy.send(None, "POST", LOGIN, body={"email": "a\0b", "password": "x"})

    assert (reply.status, reply.code) == (500, "LOGIN_ERROR")


async def test_google_signs_in_who_is_known_and_registers_who_is_not(
    seeded_database: str, contract: Path
) -> None:
    google = Google(
        ann=GoogleIdentity("g-3", "Agent_Ann@example.test"),
        new=GoogleIdentity("g-9", "New@example.test", "New", "Comer"),
        off=GoogleIdentity("g-6", "off_olga@example.test"),
    )
    async with running(seeded_database, contract, ports=Ports(google=google)) as legacy:
        tokens = ("ann", "new", "new", "off", "forged")
        replies = [await legacy.send(None, "POST", GOOGLE, body={"idToken": token}) for token in tokens]

        names = [reply.body["data"]["user"]["username"] for reply in replies[:3]]
        assert names == ["agent_ann", "google-g-9", "google-g-9"]
        assert "Set-Cookie" in replies[0].headers
        assert [(reply.status, reply.code) for reply in replies[3:]] == [
            (401, "ACCOUNT_DISABLED"),
            (401, "INVALID_TOKEN"),
        ]
        assert legacy.rows("SELECT role FROM users WHERE google_id = 'g-9'") == [("agent",)]
