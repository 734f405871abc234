"""The health check of the listings router. `GET /v1/listings/health` itself is out of reach: `{id}` takes it (Q-15).

Its envelope is its own: always `data` and `error`, one of them null.
"""

from datetime import UTC, datetime
from typing import Any

import psycopg

from legacy_bridge.calls import Answer, Call, Handlers
from legacy_bridge.escrow_health import ask_again
from legacy_bridge.sql_errors import message_of

_CONNECTIONS = """
    SELECT COUNT(*) AS total_connections, COUNT(*) FILTER (WHERE state = 'active') AS active_queries,
           MAX(query_start) AS last_query
    FROM pg_stat_activity WHERE datname = current_database()
"""


async def check_database(call: Call) -> Answer:
    """GET /v1/listings/health/db: the database's time and version, and who else is connected to it."""
    await ask_again(call)
    try:
        found = await call.database.query("SELECT NOW() AS time, version() AS version")
        connections = await call.database.query(_CONNECTIONS)
    except psycopg.Error as error:
        code = error.sqlstate or "HEALTH_CHECK_FAILED"
        return _answer(503, None, {"code": code, "message": message_of(error)})
    shown = {"status": "connected", "database_time": found[0]["time"], "version": found[0]["version"]}
    return _answer(200, shown | {"connections": connections[0]}, None)


def _answer(status: int, data: Any, error: Any) -> Answer:
    shown = {"success": error is None, "timestamp": datetime.now(UTC), "data": data, "error": error}
    return Answer(status, shown)


HANDLERS: Handlers = {("GET", "/v1/listings/health/db"): check_database}
