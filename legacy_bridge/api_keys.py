"""A user's API keys: shown once, stored as a digest."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any

from legacy_bridge import node
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.database import send
from legacy_bridge.errors import Refusal
from legacy_bridge.failures import failing_as
from legacy_bridge.security_events import API_KEY, record_event

_KEY_BYTES = 32
_KEYS = """
    SELECT id, name, key_prefix, scopes, last_used_at, expires_at, is_active, created_at
    FROM api_keys WHERE user_id = $1 ORDER BY created_at DESC
"""
_ONCE = "API key created successfully. Save this key securely - it will not be shown again."


async def list_keys(call: Call) -> Answer:
    """GET /v1/api-keys."""
    with failing_as("LIST_FAILED", "Failed to list API keys"):
        rows = await call.database.query(_KEYS, [call.user.id])
    return _done(200, rows)


async def create_key(call: Call) -> Answer:
    """POST /v1/api-keys."""
    name = call.body.get("name")
    if not node.truthy(name):
        raise Refusal(400, "VALIDATION_ERROR", "API key name is required")
    days = call.body.get("expiresInDays")
    key = secrets.token_hex(_KEY_BYTES)
    digest = hashlib.sha256(key.encode()).hexdigest()
    with failing_as("CREATE_FAILED", "Failed to create API key"):
        async with call.database.transaction() as connection:
            users = await send(connection, "SELECT team_id FROM users WHERE id = $1", [call.user.id])
            rows = await send(
                connection,
                """
                INSERT INTO api_keys (user_id, team_id, name, key_hash, key_prefix, expires_at)
                VALUES ($1, $2, $3, $4, $5, NOW() + $6::integer * INTERVAL '1 day')
                RETURNING id, name, key_prefix, scopes, expires_at, created_at
                """,
                [
                    *(call.user.id, users[0]["team_id"] if users else None),
                    *(name, digest, f"{key[:8]}...{key[-4:]}", days if node.truthy(days) else None),
                ],
            )
        await record_event(call, "api_key_created", API_KEY, user=_user(call), metadata={"name": name})
    return _done(201, rows[0] | {"key": key}, message=_ONCE)


async def revoke_key(call: Call) -> Answer:
    """PUT /v1/api-keys/{id}/revoke: the key stays in the list."""
    with failing_as("REVOKE_FAILED", "Failed to revoke API key"):
        await call.database.query(_KEYS, [call.user.id])
        revoked = await call.database.query(
            "UPDATE api_keys SET is_active = false, updated_at = NOW() WHERE id = $1 AND user_id = $2 RETURNING id",
            [call.id, call.user.id],
        )
        if not revoked:
            raise _not_found("revoke")
        await record_event(call, "api_key_revoked", API_KEY, user=_user(call), metadata={"id": call.id})
    return _done(200, {"success": True, "message": "API key revoked successfully"})


async def delete_key(call: Call) -> Answer:
    """DELETE /v1/api-keys/{id}."""
    with failing_as("DELETE_FAILED", "Failed to delete API key"):
        deleted = await call.database.query(
            "DELETE FROM api_keys WHERE id = $1 AND user_id = $2 RETURNING id", [call.id, call.user.id]
        )
    if not deleted:
        raise _not_found("delete")
    return _done(200, {"success": True, "message": "API key deleted successfully"})


def _user(call: Call) -> dict[str, Any]:
    return {"id": call.user.id, "email": call.user.email}


def _not_found(verb: str) -> Refusal:
    return Refusal(404, "NOT_FOUND", f"API key not found or you do not have permission to {verb} it")


def _done(status: int, content: Any, **extra: str) -> Answer:
    return Answer(status, {"success": True, "data": content, **extra, "timestamp": datetime.now(UTC)})


HANDLERS: Handlers = {
    ("GET", "/v1/api-keys"): list_keys,
    ("POST", "/v1/api-keys"): create_key,
    ("PUT", "/v1/api-keys/{id}/revoke"): revoke_key,
    ("DELETE", "/v1/api-keys/{id}"): delete_key,
}
