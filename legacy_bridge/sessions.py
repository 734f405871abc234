"""What follows on a sign-in: new access tokens for a refresh token, the list of sessions, the ends of them."""

from datetime import UTC, datetime

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.security_events import SIGN_IN, record_event
from legacy_bridge.tokens import (
    CLEARED_COOKIE,
    COOKIE,
    EXPIRES_IN,
    access_token,
    next_refresh_token,
    refresh_cookie,
)


async def refresh(call: Call) -> Answer:
    """POST /v1/auth/refresh: the token is spent, and the next one is in the cookie only."""
    token = _refresh_token(call)
    if not token:
        raise Refusal(401, "NO_REFRESH_TOKEN", "No refresh token provided")
    invalid = Refusal(401, "INVALID_REFRESH_TOKEN", "Invalid or expired refresh token")
    with failing_as("REFRESH_ERROR", "Failed to refresh token"):
        users = await call.database.query(
            """
            SELECT u.id, u.email, u.role FROM refresh_tokens t JOIN users u ON u.id = t.user_id
            WHERE t.token = $1 AND t.revoked_at IS NULL AND t.expires_at > NOW() AND u.is_active
            """,
            [token],
        )
        if not users:
            raise invalid
        user = users[0]
        next_token = await next_refresh_token(call, user["id"], token)
        if next_token is None:
            raise invalid
        await record_event(call, "token_refresh", SIGN_IN, user=user)
    now = datetime.now(UTC)
    content = {"accessToken": access_token(user, call.services.jwt_secret, now), "expiresIn": EXPIRES_IN}
    cookie = refresh_cookie(next_token, call.services.cookie_domain, now)
    return Answer(200, {"success": True, "data": content}, (("Set-Cookie", cookie),))


async def list_sessions(call: Call) -> Answer:
    """GET /v1/auth/sessions. Without a cookie every session is the current one."""
    with failing_as("GET_SESSIONS_ERROR", "Failed to retrieve sessions"):
        rows = await call.database.query(
            """
            SELECT id, created_at, expires_at, ip_address, user_agent, device_info FROM refresh_tokens
            WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > NOW() ORDER BY created_at DESC
            """,
            [call.user.id],
        )
    # the cookie is compared with a column that is not selected
    is_current = not call.cookies.get(COOKIE)
    sessions = [
        {
            "id": row["id"],
            "createdAt": row["created_at"],
            "expiresAt": row["expires_at"],
            "ipAddress": row["ip_address"],
            "userAgent": row["user_agent"],
            "deviceInfo": row["device_info"],
            "isCurrent": is_current,
        }
        for row in rows
    ]
    return Answer(200, {"success": True, "data": {"sessions": sessions}})


async def logout(call: Call) -> Answer:
    """POST /v1/auth/logout, with or without a token."""
    if token := _refresh_token(call):
        with failing_as("LOGOUT_ERROR", "Failed to logout"):
            await call.database.query(
                "UPDATE refresh_tokens SET revoked_at = NOW() WHERE token = $1 AND revoked_at IS NULL",
                [token],
            )
    return _ended("Logged out successfully")


async def logout_all(call: Call) -> Answer:
    """POST /v1/auth/logout-all."""
    with failing_as("LOGOUT_ALL_ERROR", "Failed to logout from all devices"):
        await call.database.query(
            "UPDATE refresh_tokens SET revoked_at = NOW() WHERE user_id = $1 AND revoked_at IS NULL",
            [call.user.id],
        )
    return _ended("Logged out from all devices successfully")


async def clean_up_tokens(call: Call) -> Answer:
    """POST /v1/auth/cleanup-tokens, for anybody (Q-05)."""
    with failing_as("CLEANUP_ERROR", "Failed to cleanup expired tokens"):
        deleted = await call.database.query(
            "DELETE FROM refresh_tokens WHERE expires_at < NOW() RETURNING id"
        )
    count = len(deleted)
    content = {"deletedCount": count, "message": f"Cleaned up {count} expired refresh tokens"}
    return Answer(200, {"success": True, "data": content, "timestamp": datetime.now(UTC)})


def _refresh_token(call: Call) -> str | None:
    """The token of the cookie, which wins, or of the body; what is no string is nobody's token."""
    token = node.either(call.cookies.get(COOKIE), call.body.get("refreshToken"))
    return node.text(token) if node.truthy(token) else None


def _ended(message: str) -> Answer:
    return Answer(200, {"success": True, "message": message}, (("Set-Cookie", CLEARED_COOKIE),))


HANDLERS: Handlers = {
    ("POST", "/v1/auth/refresh"): refresh,
    ("GET", "/v1/auth/sessions"): list_sessions,
    ("POST", "/v1/auth/logout"): logout,
    ("POST", "/v1/auth/logout-all"): logout_all,
    ("POST", "/v1/auth/cleanup-tokens"): clean_up_tokens,
}
