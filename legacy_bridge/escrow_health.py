"""The health checks of the escrows router. `GET /v1/escrows/health` itself is out of reach: `{id}` takes it (Q-15)."""

from datetime import UTC, datetime
from typing import Any

import psycopg

from legacy_bridge.auth import USER_QUERY
from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.errors import Refusal
from legacy_bridge.sql_errors import message_of


async def check_authentication(call: Call) -> Answer:
    """GET /v1/escrows/health/auth: who is asking."""
    await _authenticate_again(call)
    user = call.user
    return _healthy({"authenticated": True, "user": user.email, "userId": user.id, "role": user.role})


async def check_database(call: Call) -> Answer:
    """GET /v1/escrows/health/db: whether the database answers, its name and its time."""
    await _authenticate_again(call)
    try:
        found = await call.database.query("SELECT NOW() AS now, current_database() AS name")
    except psycopg.Error as error:
        raise Refusal(
            500, "DATABASE_ERROR", "Database connection failed", details=message_of(error)
        ) from error
    return _healthy({"connected": True, "database": found[0]["name"], "serverTime": found[0]["now"]})


async def _authenticate_again(call: Call) -> None:
    """The router asks who it is before these checks, and so do they."""
    await call.database.query(USER_QUERY, [call.user.id])


def _healthy(data: dict[str, Any]) -> Answer:
    return Answer(200, {"success": True, "data": data, "timestamp": datetime.now(UTC)})


HANDLERS: Handlers = {
    ("GET", "/v1/escrows/health/auth"): check_authentication,
    ("GET", "/v1/escrows/health/db"): check_database,
}
