"""Access tokens, cookies and password hashes; hashing runs on a thread, so that nobody else waits for it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import bcrypt
import jwt

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=7)
EXPIRES_IN = "15m"
COOKIE = "refreshToken"
CLEARED_COOKIE = f"{COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
_COST = 10
_MAX_BYTES = 72  # bcrypt looks no further


def access_token(user: Mapping[Any, Any], secret: str, now: datetime) -> str:
    """The JWT of a user row."""
    claims = {"id": str(user["id"]), "email": user["email"], "role": user["role"]}
    claims |= {"iat": int(now.timestamp()), "exp": int((now + ACCESS_LIFE).timestamp())}
    return jwt.encode(claims, secret, algorithm="HS256")


def refresh_cookie(token: str, domain: str, now: datetime) -> str:
    """The Set-Cookie header that hands a refresh token to a browser."""
    expires = format_datetime((now + REFRESH_LIFE).astimezone(UTC), usegmt=True)
    return (
        f"{COOKIE}={token}; Max-Age={int(REFRESH_LIFE.total_seconds())}; Domain={domain}; Path=/;"
        f" Expires={expires}; HttpOnly; Secure; SameSite=Lax"
    )


async def hash_password(password: str) -> str:
    """A hash of the form that both backends read."""
    salt = bcrypt.gensalt(_COST, prefix=b"2a")
    return (await asyncio.to_thread(bcrypt.hashpw, _significant(password), salt)).decode()


async def is_password(password: str, password_hash: str) -> bool:
    """Whether the hash is of this password; a text that is no bcrypt hash is of none."""
    try:
        return await asyncio.to_thread(bcrypt.checkpw, _significant(password), password_hash.encode())
    except ValueError:
        return False


def _significant(password: str) -> bytes:
    return password.encode("utf-8", "replace")[:_MAX_BYTES]
