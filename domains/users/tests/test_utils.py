"""Tokens, cookies and passwords."""

from datetime import UTC, datetime
from uuid import UUID

import jwt
import pytest

from domains.users.utils import access_token, hash_password, is_password, refresh_cookie, updating_profile

NOW = datetime(2026, 11, 23, 4, 25, 21, tzinfo=UTC)


def test_an_access_token_says_who_it_is_for_a_quarter_of_an_hour() -> None:
    secret = "synthetic-secret-of-thirty-two-bytes"

    token = access_token({"id": UUID(int=5), "email": "a@example.test", "role": "agent"}, secret, NOW)

    claims = jwt.decode(token, secret, algorithms=["HS256"], options={"verify_exp": False})
    at = int(NOW.timestamp())
    assert claims == {
        "id": str(UUID(int=5)),
        "email": "a@example.test",
        "role": "agent",
        "iat": at,
        "exp": at + 900,
    }


def test_a_refresh_token_is_handed_to_a_browser_for_a_week_and_to_no_script() -> None:
    assert refresh_cookie("abc", ".example.test", NOW) == (
        "refreshToken=abc; Max-Age=604800; Domain=.example.test; Path=/;"
        " Expires=Mon, 30 Nov 2026 04:25:21 GMT; HttpOnly; Secure; SameSite=Lax"
    )


@pytest.mark.parametrize("password", ["Synthetic-Pass-1", "é" * 60, "x" * 80])
async def test_a_password_is_known_by_its_hash_alone(password: str) -> None:
    hashed = await hash_password(password)

    assert hashed.startswith("$2a$10$")
    assert await is_password(password, hashed)
    assert not await is_password("another", hashed)
    assert not await is_password(password, "!")


def test_an_update_of_the_same_columns_of_a_profile_is_one_statement_that_is_made_once() -> None:
    first, second, other = (updating_profile(names, ()) for names in (("bio",), ("bio",), ("bio", "slug")))

    assert first is second
    assert first is not other
    assert str(first).count("UPDATE") == 1
