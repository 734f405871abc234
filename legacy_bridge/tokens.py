"""Access tokens, which are signed, and refresh tokens, which are stored, one for each user agent of a user."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import jwt

from legacy_bridge.calls import Call
from legacy_bridge.database import send

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=7)
EXPIRES_IN = "15m"
COOKIE = "refreshToken"
CLEARED_COOKIE = f"{COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
_REFRESH_BYTES = 40
_STORE = """
    INSERT INTO refresh_tokens (user_id, token, expires_at, ip_address, user_agent, device_info)
    VALUES ($1, $2, NOW() + INTERVAL '7 days', $3, $4, $5)
"""


def access_token(user: Mapping[str, Any], secret: str, now: datetime) -> str:
    """The JWT of a user row."""
    claims = {key: user[key] for key in ("id", "email", "role")}
    claims |= {"iat": int(now.timestamp()), "exp": int((now + ACCESS_LIFE).timestamp())}
    return jwt.encode(claims, secret, algorithm="HS256")


async def first_refresh_token(call: Call, user_id: str) -> str:
    """Store a new refresh token in place of those that this user agent had; two statements."""
    token, agent = secrets.token_hex(_REFRESH_BYTES), _agent(call)
    await call.database.query(
        "DELETE FROM refresh_tokens WHERE user_id = $1 AND user_agent = $2 AND expires_at > NOW()",
        [user_id, agent],
    )
    device = {"browser": agent, "ip": call.remote}
    await call.database.query(_STORE, [user_id, token, call.remote, agent, device])
    return token


async def next_refresh_token(call: Call, user_id: str, spent: str) -> str | None:
    """Store a new refresh token in place of the one that is spent with it; None where somebody else was faster."""
    token = secrets.token_hex(_REFRESH_BYTES)
    async with call.database.transaction() as connection:
        if not await send(connection, "DELETE FROM refresh_tokens WHERE token = $1 RETURNING id", [spent]):
            return None
        await send(connection, _STORE, [user_id, token, call.remote, _agent(call), None])
    return token


def _agent(call: Call) -> str:
    return call.user_agent or "Unknown"


def refresh_cookie(token: str, domain: str, now: datetime) -> str:
    """The Set-Cookie header that hands a refresh token to a browser."""
    expires = format_datetime((now + REFRESH_LIFE).astimezone(UTC), usegmt=True)
    return (
        f"{COOKIE}={token}; Max-Age={int(REFRESH_LIFE.total_seconds())}; Domain={domain}; Path=/;"
        f" Expires={expires}; HttpOnly; Secure; SameSite=Lax"
    )
