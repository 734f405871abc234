"""Access tokens, cookies and password hashes, hashed on a thread, so that nobody else waits; a profile's update, security events."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

import bcrypt
import jwt
from sqlalchemy import (
    BindParameter,
    FromClause,
    Select,
    Table,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from domains.shared.models import security_events, users
from domains.shared.requests import Origin
from domains.users.models import user_profiles, user_settings

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=7)
EXPIRES_IN = "15m"
COOKIE = "refreshToken"
CLEARED_COOKIE = f"{COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
_COST = 10
_MAX_TARGET = 500
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


def noted(
    user: FromClause,
    event_type: str,
    category: str,
    *,
    failure: str | None = None,
    has_metadata: bool = False,
) -> ReturningInsert[Any]:
    """The security event of each row of `user` (id, email, username): a success, or a failure and its sentence.

    Where the request came from comes as parameters (`noted_of`), and so does `noted_metadata` where it has some.
    """
    values = {
        "event_type": event_type,
        "event_category": category,
        "severity": "info" if failure is None else "warning",
        "success": failure is None,
        "message": failure,
    }
    told: list[Any] = [literal(value, security_events.c[name].type) for name, value in values.items()]
    given = [name.removeprefix("noted_") for name in noted_of(Origin())] + ["metadata"] * has_metadata
    told += [bindparam(f"noted_{name}", type_=security_events.c[name].type) for name in given]
    who = (user.c.id, user.c.email, user.c.username)
    names = ["user_id", "email", "username", *values, *given]
    made = insert(security_events).from_select(names, select(*who, *told))
    return made.returning(security_events.c.id)


def noted_of(origin: Origin) -> dict[str, Any]:
    """The parameters of `noted`, which are not named like a column, because that would be written, too."""
    return {
        "noted_ip_address": origin.ip_address,
        "noted_user_agent": origin.user_agent,
        "noted_request_path": origin.target[:_MAX_TARGET],
        "noted_request_method": origin.method,
    }


_CALLER: BindParameter[Any] = bindparam("caller", type_=users.c.id.type)
_NOW = func.now()


@lru_cache
def updating_profile(profile_names: tuple[str, ...], settings_names: tuple[str, ...]) -> Select[Any]:
    """All of a caller after an update of these columns; made once, which takes longer than to run it."""
    profile = _written(user_profiles, profile_names, "profile")
    settings = _written(user_settings, settings_names, "settings")
    # of columns of one name the last one is shown, at the place of the first one
    columns = {column.name: column for part in (users, profile, settings) for column in part.c}
    del columns["password_hash"]
    joined = users.outerjoin(profile, profile.c.user_id == users.c.id).outerjoin(
        settings, settings.c.user_id == users.c.id
    )
    return select(*columns.values()).select_from(joined).where(users.c.id == _CALLER)


def _written(table: Table, names: tuple[str, ...], part: str) -> FromClause:
    """The table, or its row after these changes, where there are some; who has no row there gets none."""
    if not names:
        return table
    values = {name: bindparam(f"{part}_{name}", type_=table.c[name].type) for name in names}
    changed = update(table).where(table.c.user_id == _CALLER).values(**values, updated_at=_NOW)
    return changed.returning(table).cte(part)
