"""Signing in: with a password, or with a Google account. Five wrong passwords lock an account for half an hour."""

import math
from datetime import UTC, datetime

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import Row
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.passwords import is_password
from legacy_bridge.ports import GoogleIdentity
from legacy_bridge.security_events import SIGN_IN, record_event
from legacy_bridge.sql_errors import showing_why
from legacy_bridge.tokens import EXPIRES_IN, access_token, first_refresh_token, refresh_cookie

_MAX_FAILURES = 5
_NO_PASSWORD = "!"  # noqa: S105 - what stands for "none": it is no bcrypt hash, so it is nobody's password


async def login(call: Call) -> Answer:
    """POST /v1/auth/login."""
    name = node.either(call.body.get("email"), call.body.get("username"))
    password = call.body.get("password")
    if not (isinstance(name, str) and name and isinstance(password, str) and password):
        raise Refusal(400, "MISSING_CREDENTIALS", "Username/email and password are required")
    with showing_why("LOGIN_ERROR", "Failed to login"):
        found = await call.database.query(
            "SELECT * FROM users WHERE LOWER(email) = $1 OR LOWER(username) = $1", [name.lower()]
        )
        if not found:
            raise Refusal(401, "INVALID_CREDENTIALS", "Invalid email or password")
        user = found[0]
        _require_active(user)
        await _require_unlocked(call, user)
        if not await is_password(password, user["password_hash"]):
            await _count_failure(call, user)
            raise Refusal(401, "INVALID_CREDENTIALS", "Invalid email or password")
        return await _signed_in(call, user)


async def google(call: Call) -> Answer:
    """POST /v1/auth/google: who is new there becomes an agent here."""
    id_token = call.body.get("idToken")
    if not (isinstance(id_token, str) and id_token):
        raise Refusal(400, "MISSING_ID_TOKEN", "Google ID token is required")
    identity = await call.services.ports.google.identify(id_token)
    if identity is None:
        raise Refusal(401, "INVALID_TOKEN", "Invalid Google token")
    with failing_as("GOOGLE_AUTH_ERROR", "Google authentication failed"):
        found = await call.database.query(
            "SELECT * FROM users WHERE google_id = $1 OR LOWER(email) = $2 ORDER BY google_id IS NULL",
            [identity.google_id, identity.email.lower()],
        )
        user = found[0] if found else await _register_google(call, identity)
        _require_active(user)
        return await _signed_in(call, user)


async def _register_google(call: Call, identity: GoogleIdentity) -> Row:
    created = await call.database.query(
        """
        INSERT INTO users (email, username, password_hash, first_name, last_name, google_id, profile_picture_url)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *
        """,
        [
            identity.email.lower(),
            f"google-{identity.google_id}",
            _NO_PASSWORD,
            identity.first_name,
            identity.last_name,
            identity.google_id,
            identity.picture_url,
        ],
    )
    return created[0]


def _require_active(user: Row) -> None:
    if not user["is_active"]:
        raise Refusal(401, "ACCOUNT_DISABLED", "Your account has been disabled")


async def _require_unlocked(call: Call, user: Row) -> None:
    until, now = user["locked_until"], datetime.now(UTC)
    if until is None or until <= now:
        return
    minutes = math.ceil((until - now).total_seconds() / 60)
    message = "Account temporarily locked due to too many failed login attempts."
    await _record_failure(call, "login_locked", user, message)
    left = f"{minutes} minute{'' if minutes == 1 else 's'}"
    raise Refusal(423, "ACCOUNT_LOCKED", f"{message} Try again in {left}.", locked_until=until)


async def _count_failure(call: Call, user: Row) -> None:
    counted = await call.database.query(
        """
        UPDATE users SET
            failed_login_attempts = failed_login_attempts + 1,
            locked_until = CASE WHEN failed_login_attempts + 1 >= $2::integer
                                THEN NOW() + INTERVAL '30 minutes' ELSE locked_until END
        WHERE id = $1 RETURNING failed_login_attempts
        """,
        [user["id"], _MAX_FAILURES],
    )
    await _record_failure(call, "login_failed", user, "Invalid password")
    if counted and counted[0]["failed_login_attempts"] >= _MAX_FAILURES:
        await _record_failure(call, "account_locked", user, "Too many failed login attempts")


async def _record_failure(call: Call, event_type: str, user: Row, message: str) -> None:
    await record_event(
        call, event_type, SIGN_IN, user=user, severity="warning", success=False, message=message
    )


async def _signed_in(call: Call, user: Row) -> Answer:
    await call.database.query(
        "UPDATE users SET failed_login_attempts = 0, locked_until = NULL, last_login = NOW() WHERE id = $1",
        [user["id"]],
    )
    refresh_token = await first_refresh_token(call, user["id"])
    await record_event(call, "login_success", SIGN_IN, user=user)
    now = datetime.now(UTC)
    token = access_token(user, call.services.jwt_secret, now)
    content = {
        "user": {
            "id": user["id"],
            "email": user["email"],
            "username": user["username"],
            "firstName": user["first_name"],
            "lastName": user["last_name"],
            "role": user["role"],
            "isActive": user["is_active"],
        },
        "token": token,
        "accessToken": token,
        "refreshToken": refresh_token,
        "expiresIn": EXPIRES_IN,
        "tokenType": "Bearer",
    }
    cookie = refresh_cookie(refresh_token, call.services.cookie_domain, now)
    return Answer(
        200, {"success": True, "data": content, "message": "Login successful"}, (("Set-Cookie", cookie),)
    )


HANDLERS: Handlers = {("POST", "/v1/auth/login"): login, ("POST", "/v1/auth/google"): google}
