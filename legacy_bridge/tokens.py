"""Access tokens, which are signed, and refresh tokens, which are stored, one for each user agent of a user."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import jwt

from legacy_bridge.calls import Call

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=7)
EXPIRES_IN = "15m"
COOKIE = "refreshToken"
CLEARED_COOKIE = f"{COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
_REFRESH_BYTES = 40


def access_token(user: Mapping[str, Any], secret: str, now: datetime) -> str:
    """The JWT of a user row."""
    claims = {key: user[key] for key in ("id", "email", "role")}
    claims |= {"iat": int(now.timestamp()), "exp": int((now + ACCESS_LIFE).timestamp())}
    return jwt.encode(claims, secret, algorithm="HS256")


async def new_refresh_token(call: Call, user_id: str) -> str:
    """Store a new refresh token in place of the one that this user agent had; two statements."""
    token = secrets.token_hex(_REFRESH_BYTES)
    await call.database.query(
        "DELETE FROM refresh_tokens WHERE user_id = $1 AND user_agent IS NOT DISTINCT FROM $2",
        [user_id, call.user_agent],
    )
    await call.database.query(
        """
        INSERT INTO refresh_tokens (user_id, token, expires_at, ip_address, user_agent)
        VALUES ($1, $2, NOW() + INTERVAL '7 days', $3, $4)
        """,
        [user_id, token, call.remote, call.user_agent],
    )
    return token


def refresh_cookie(token: str, domain: str, now: datetime) -> str:
    """The Set-Cookie header that hands a refresh token to a browser."""
    expires = format_datetime((now + REFRESH_LIFE).astimezone(UTC), usegmt=True)
    return (
        f"{COOKIE}={token}; Max-Age={int(REFRESH_LIFE.total_seconds())}; Domain={domain}; Path=/;"
        f" Expires={expires}; HttpOnly; Secure; SameSite=Lax"
    )
