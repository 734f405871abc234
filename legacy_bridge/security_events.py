"""The log of who came in and who did not; nobody waits for it."""

from collections.abc import Mapping
from typing import Any

from legacy_bridge.calls import Call
from legacy_bridge.database import Row

SIGN_IN = "authentication"
ACCOUNT = "account"
API_KEY = "api_key"


async def record_event(
    call: Call,
    event_type: str,
    category: str,
    *,
    user: Row | None = None,
    severity: str = "info",
    success: bool = True,
    message: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """One statement; `user` gives id, email and username, as far as it has them."""
    known = user or {}
    await call.database.query_unawaited(
        """
        INSERT INTO security_events (event_type, event_category, severity, user_id, email, username, ip_address,
                                     user_agent, request_path, request_method, success, message, metadata)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        [
            *(event_type, category, severity),
            *(known.get("id"), known.get("email"), known.get("username")),
            *(call.remote, call.user_agent, call.target, call.method),
            *(success, message, metadata),
        ],
    )
