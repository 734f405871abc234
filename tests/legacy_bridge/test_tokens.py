"""Tokens and the cookie that carries one."""

from datetime import UTC, datetime

import jwt

from legacy_bridge.tokens import access_token, refresh_cookie

NOW = datetime(2026, 11, 23, 4, 25, 21, 500, tzinfo=UTC)


def test_the_cookie_is_the_recorded_one() -> None:
    cookie = refresh_cookie("0f" * 40, ".crm.example.test", NOW)

    assert cookie == (
        f"refreshToken={'0f' * 40}; Max-Age=604800; Domain=.crm.example.test; Path=/;"
        " Expires=Mon, 30 Nov 2026 04:25:21 GMT; HttpOnly; Secure; SameSite=Lax"
    )


def test_an_access_token_holds_the_claims_of_the_recording() -> None:
    user = {"id": "7", "email": "a@example.test", "role": "agent", "password_hash": "secret"}

    token = access_token(user, "a secret of at least thirty-two bytes", NOW)

    claims = jwt.decode(token, options={"verify_signature": False})
    issued_at = int(NOW.timestamp())
    assert claims == {
        "id": "7",
        "email": "a@example.test",
        "role": "agent",
        "iat": issued_at,
        "exp": issued_at + 900,
    }
