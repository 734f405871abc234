"""Who is asking: an API key, which wins, or a JWT. The user row is read on every request."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import jwt
import psycopg
from aiohttp import web

from legacy_bridge.database import Database, Row
from legacy_bridge.errors import Refusal
from legacy_bridge.rate_limits import client_of

_BEARER = "Bearer "
_ALGORITHMS = ("HS256",)
# jsonwebtoken looks at the signature, `exp` and `nbf` only.
_UNCHECKED = {
    "verify_aud": False,
    "verify_iat": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}

USER_QUERY = "SELECT id, email, first_name, last_name, role, is_active FROM users WHERE id = $1"
"""What is asked about the user of every token."""


class Auth(StrEnum):
    """Whom a router lets in."""

    KEY_OR_TOKEN = "key_or_token"  # noqa: S105 - a word, not a secret
    """An API key, which wins, or a JWT."""
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    """A JWT; an API key is not looked at."""
    NONE = "none"
    """Everybody."""


@dataclass(frozen=True, slots=True)
class User:
    """The user of a request.

    `team_id` is known with an API key only, and only the creation of a row uses it: every check of the legacy
    backend reads another field that is never set, so its team is always unknown (Q-20).
    """

    id: str
    role: str | None
    team_id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    by_key: bool = False


ANONYMOUS = User("", None)
"""Whoever calls an endpoint that asks nobody who they are."""


async def authenticate(
    request: web.Request, database: Database, jwt_secret: str, auth: Auth, *, is_copy: bool
) -> User:
    """The user of a request; raises Refusal. A shadow copy leaves no trace in the key's bookkeeping."""
    if auth is Auth.NONE:
        return ANONYMOUS
    try:
        api_key = request.headers.get("X-API-Key") or request.headers.get("API-Key")
        if api_key and auth is Auth.KEY_OR_TOKEN:
            return await _by_api_key(request, database, api_key, is_copy=is_copy)
        authorization = request.headers.get("Authorization", "")
        if authorization.startswith(_BEARER):
            return await _by_token(database, authorization.removeprefix(_BEARER), jwt_secret)
    except psycopg.Error as error:
        raise Refusal(500, "AUTH_ERROR", "Authentication failed") from error
    raise Refusal(401, "NO_AUTH_TOKEN", "No authentication token provided")


def claims_of(token: str, jwt_secret: str) -> dict[str, Any]:
    """What a valid token says; raises Refusal."""
    try:
        claims: dict[str, Any] = jwt.decode(token, jwt_secret, algorithms=_ALGORITHMS, options=_UNCHECKED)  # type: ignore[arg-type]  # the options are a TypedDict only for checkers
    except jwt.ExpiredSignatureError as error:
        raise Refusal(401, "TOKEN_EXPIRED", "Authentication token has expired") from error
    except jwt.ImmatureSignatureError as error:
        raise Refusal(500, "AUTH_ERROR", "Authentication failed") from error
    except jwt.InvalidTokenError as error:
        raise Refusal(401, "INVALID_TOKEN", "Invalid authentication token") from error
    return claims


async def _by_token(database: Database, token: str, jwt_secret: str) -> User:
    claims = claims_of(token, jwt_secret)
    found = await database.query(USER_QUERY, [claims.get("id")])
    if not found:
        raise Refusal(401, "USER_NOT_FOUND", "User not found")
    if not found[0]["is_active"]:
        raise Refusal(401, "ACCOUNT_DISABLED", "Account has been disabled")
    row = found[0]
    return User(
        row["id"],
        row["role"],
        email=row["email"],
        first_name=row["first_name"],
        last_name=row["last_name"],
    )


async def _by_api_key(request: web.Request, database: Database, api_key: str, *, is_copy: bool) -> User:
    found = await database.query(
        """
        SELECT k.id AS api_key_id, k.user_id, k.team_id, k.scopes, k.expires_at, k.is_active,
               u.email, u.first_name, u.last_name, u.role, u.is_active AS user_is_active, t.name AS team_name
        FROM api_keys k
        JOIN users u ON u.id = k.user_id
        LEFT JOIN teams t ON t.team_id = k.team_id
        WHERE k.key_hash = $1
        """,
        [hashlib.sha256(api_key.encode("utf-8", "surrogateescape")).hexdigest()],
    )
    key = found[0] if found else None
    if refusal := _key_refusal(key):
        if not is_copy:
            await _log_refused_key(request, database, api_key, refusal, known=key is not None)
        raise refusal
    assert key is not None  # noqa: S101 - an unknown key was refused above
    if not is_copy:
        await database.query_unawaited(
            "UPDATE api_keys SET last_used_at = CURRENT_TIMESTAMP WHERE id = $1", [key["api_key_id"]]
        )
        await database.query_unawaited(
            """
            INSERT INTO api_key_logs (api_key_id, endpoint, method, status_code, ip_address, user_agent)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [key["api_key_id"], request.raw_path, request.method, None, *_origin(request)],
        )
    return User(
        key["user_id"],
        key["role"],
        key["team_id"],
        key["email"],
        key["first_name"],
        key["last_name"],
        by_key=True,
    )


def _key_refusal(key: Row | None) -> Refusal | None:
    if key is None:
        return Refusal(401, "INVALID_API_KEY", "Invalid API key provided")
    if not key["is_active"]:
        return Refusal(401, "API_KEY_DEACTIVATED", "API key has been deactivated")
    if not key["user_is_active"]:
        return Refusal(401, "API_KEY_DEACTIVATED", "User account has been deactivated")
    if key["expires_at"] and key["expires_at"] < datetime.now(UTC):
        return Refusal(401, "API_KEY_EXPIRED", "API key has expired")
    return None


async def _log_refused_key(
    request: web.Request, database: Database, api_key: str, refusal: Refusal, *, known: bool
) -> None:
    expired = refusal.error["code"] == "API_KEY_EXPIRED"
    await database.query_unawaited(
        """
        INSERT INTO security_events (event_type, event_category, severity, ip_address, user_agent, request_path,
                                     request_method, success, message, metadata)
        VALUES ($1, 'api_key', 'warning', $2, $3, $4, $5, false, $6, $7)
        """,
        [
            "api_key_expired" if expired else "api_key_used",
            *_origin(request),
            request.raw_path,
            request.method,
            refusal.error["message"],
            None if known else {"key_prefix": api_key[:8]},
        ],
    )


def _origin(request: web.Request) -> tuple[str, str | None]:
    return client_of(request), request.headers.get("User-Agent")
