"""The health checks of the escrows router. `GET /v1/escrows/health` itself is out of reach: `{id}` takes it (Q-15)."""

from datetime import UTC, datetime
from typing import Any

import psycopg

from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.errors import Refusal
from legacy_bridge.sql_errors import message_of


async def check_authentication(call: Call) -> Answer:
    """GET /v1/escrows/health/auth: who is asking."""
    await ask_again(call)
    user = call.user
    who = {"authenticated": True, "user": user.email, "userId": user.id}
    if user.by_key:  # a token says neither
        return _healthy(who | {"teamId": user.team_id, "role": user.role, "authMethod": "api_key"})
    return _healthy(who | {"role": user.role})


async def check_database(call: Call) -> Answer:
    """GET /v1/escrows/health/db: whether the database answers, its name and its time."""
    await ask_again(call)
    try:
        found = await call.database.query("SELECT NOW() AS now, current_database() AS name")
    except psycopg.Error as error:
        raise Refusal(
            500, "DB_CONNECTION_FAILED", "Database connection failed", details=message_of(error)
        ) from error
    return _healthy({"connected": True, "database": found[0]["name"], "serverTime": found[0]["now"]})


async def ask_again(call: Call) -> None:
    """The router asks who it is before the health checks, and so do they."""
    if call.ask_again is not None:
        await call.ask_again()


def _healthy(data: dict[str, Any]) -> Answer:
    return Answer(200, {"success": True, "data": data, "timestamp": datetime.now(UTC)})


HANDLERS: Handlers = {
    ("GET", "/v1/escrows/health/auth"): check_authentication,
    ("GET", "/v1/escrows/health/db"): check_database,
}
