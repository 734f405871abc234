"""Who is calling: a JWT or an API key, answered with the caller as the database has them now.

An API key header wins over a Bearer token. The user row is read on every request, so a disabled account is
out at once. What a key was used for is written behind the answer; a shadow copy leaves no such trace.
"""

import hashlib
import math
import time
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
import msgspec
from cachetools import LRUCache
from jwt.types import Options
from sqlalchemy import Executable, RowMapping, bindparam, func, insert, select, update

from domains.shared.background import Background
from domains.shared.caching import Cache
from domains.shared.clock import Clock
from domains.shared.database import Database
from domains.shared.errors import UnauthenticatedError
from domains.shared.models import api_key_logs, api_keys, security_events, users
from domains.shared.permissions import Principal, Role
from domains.shared.shadow import Copy
from domains.shared.statements import count_later

_BEARER = "Bearer "
_TOKENS_KEPT = 2048
_LONGEST_KEPT = 2048
_ROW_BYTES = 600
_TARGET_LENGTH = 500
# only the signature, `exp` and `nbf` are looked at: the recorded tokens come from a library that does so
_OPTIONS: Options = {
    "verify_aud": False,
    "verify_iat": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}

_USER = select(users.c.id, users.c.email, users.c.role, users.c.is_active).where(
    users.c.id == bindparam("user_id")
)
_KEY = (
    select(
        api_keys.c.id,
        api_keys.c.team_id,
        api_keys.c.is_active,
        api_keys.c.expires_at,
        users.c.id.label("user_id"),
        users.c.email,
        users.c.role,
        users.c.is_active.label("user_is_active"),
    )
    .join_from(api_keys, users, users.c.id == api_keys.c.user_id)
    .where(api_keys.c.key_hash == bindparam("key_hash"))
)
_USED = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("key_id"))
    .values(last_used_at=func.now())
    .returning(api_keys.c.id)
    .cte("used")
)
_LOG = insert(api_key_logs).from_select(
    ["api_key_id", "endpoint", "method", "ip_address", "user_agent"],
    select(
        _USED.c.id,
        bindparam("endpoint", type_=api_key_logs.c.endpoint.type),
        bindparam("method", type_=api_key_logs.c.method.type),
        bindparam("ip_address", type_=api_key_logs.c.ip_address.type),
        bindparam("user_agent", type_=api_key_logs.c.user_agent.type),
    ),
)


class Presented(msgspec.Struct, frozen=True):
    """What a request presents of its caller, and where it came from; `copy` is what its signature proves it to be."""

    authorization: str | None
    api_key: str | None
    method: str
    target: str
    ip_address: str | None
    user_agent: str | None
    copy: Copy | None


class Authenticator:
    """Tells who a request comes from; raises UnauthenticatedError with the code of the recorded API."""

    def __init__(
        self, database: Database, background: Background, *, jwt_secret: str, clock: Clock, cache: Cache
    ) -> None:
        self._database = database
        self._background = background
        self._cache = cache
        self._claims: LRUCache[str, Mapping[str, Any]] = LRUCache(_TOKENS_KEPT)
        self._secret = jwt_secret
        self._clock = clock

    async def authenticate(self, presented: Presented, seen: Hashable = ()) -> Principal:
        """The caller, whose row must have seen that much."""
        if presented.api_key:
            return await self._by_key(presented.api_key, presented, seen)
        if presented.authorization and presented.authorization.startswith(_BEARER):
            return await self._by_token(presented.authorization.removeprefix(_BEARER), seen)
        raise UnauthenticatedError("NO_AUTH_TOKEN", "No authentication token provided")

    async def _by_token(self, token: str, seen: Hashable) -> Principal:
        claims = self._verified(token)
        user = None
        if (user_id := _uuid(claims.get("id"))) is not None:
            user = await self._row(_USER, {"user_id": user_id}, seen)
        if user is None:
            raise UnauthenticatedError("USER_NOT_FOUND", "User not found")
        if not user["is_active"]:
            raise UnauthenticatedError("ACCOUNT_DISABLED", "Account has been disabled")
        return Principal(user["id"], user["email"], Role.of(user["role"]))

    async def _by_key(self, api_key: str, presented: Presented, seen: Hashable) -> Principal:
        key_hash = hashlib.sha256(api_key.encode("utf-8", "surrogateescape")).hexdigest()
        key = await self._row(_KEY, {"key_hash": key_hash}, seen)
        verdict = _verdict(key, self._clock())
        if presented.copy is None:
            # counted here, because it is this request's, though the answer does not wait for it
            count_later(1)
            await self._background.run("api_key_bookkeeping", self._write_use(key, verdict, presented))
        if isinstance(verdict, UnauthenticatedError):
            raise verdict
        return verdict

    def _verified(self, token: str) -> Mapping[str, Any]:
        """The claims of a token; a signature is checked once, and the time at every use."""
        claims = self._claims.get(token)
        now_s = time.time()
        if claims is None or now_s >= claims.get("exp", math.inf):
            claims = claims_of(token, self._secret)
            if isinstance(claims.get("exp"), int) and len(token) <= _LONGEST_KEPT:
                self._claims[token] = claims
        return claims

    async def _row(
        self, statement: Executable, values: Mapping[str, Any], seen: Hashable
    ) -> RowMapping | None:
        """The one row, as it was a moment ago if nothing was written to its domain since."""

        async def read() -> RowMapping | None:
            return next(iter(await self._database.run(statement, values)), None)

        if not self._cache.is_on:
            return await read()
        key = ("caller", *values.items(), seen)
        row: RowMapping | None
        row, _ = await self._cache.get(key, read, lambda found: None if found is None else _ROW_BYTES)
        return row

    async def _write_use(
        self, key: RowMapping | None, verdict: Principal | UnauthenticatedError, presented: Presented
    ) -> None:
        """One statement: the key was used, or was refused."""
        origin = {"ip_address": presented.ip_address, "user_agent": presented.user_agent}
        target = presented.target[:_TARGET_LENGTH]
        if key is not None and isinstance(verdict, Principal):
            used = {"key_id": key["id"], "endpoint": target, "method": presented.method}
            await self._database.run(_LOG, used | origin)
        elif isinstance(verdict, UnauthenticatedError):
            expired = verdict.code == "API_KEY_EXPIRED"
            refused = insert(security_events).values(
                event_type="api_key_expired" if expired else "api_key_used",
                event_category="api_key",
                severity="warning",
                success=False,
                message=verdict.message,
                request_path=target,
                request_method=presented.method,
                api_key_id=None if key is None else key["id"],
                **origin,
            )
            await self._database.run(refused)


def claims_of(token: str, secret: str) -> Mapping[str, Any]:
    """What a valid token says; raises UnauthenticatedError."""
    try:
        return jwt.decode(token, secret, algorithms=["HS256"], options=_OPTIONS)
    except jwt.ExpiredSignatureError:
        raise UnauthenticatedError("TOKEN_EXPIRED", "Authentication token has expired") from None
    except jwt.InvalidTokenError:
        raise UnauthenticatedError("INVALID_TOKEN", "Invalid authentication token") from None


def _verdict(key: RowMapping | None, now: datetime) -> Principal | UnauthenticatedError:
    if key is None:
        return UnauthenticatedError("INVALID_API_KEY", "Invalid API key provided")
    if not key["is_active"]:
        return UnauthenticatedError("API_KEY_DEACTIVATED", "API key has been deactivated")
    if not key["user_is_active"]:
        return UnauthenticatedError("API_KEY_DEACTIVATED", "User account has been deactivated")
    if key["expires_at"] is not None and key["expires_at"] < now:
        return UnauthenticatedError("API_KEY_EXPIRED", "API key has expired")
    role = Role.of(key["role"])
    return Principal(key["user_id"], key["email"], role, key_team_id=key["team_id"], by_key=True)


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
