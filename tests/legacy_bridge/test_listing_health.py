"""The health check below the listings.

Its two volatile values stand in endpoints.md ("Volatile values"); the others are facts of the public source.
"""

from pathlib import Path

import psycopg

from tests.legacy_bridge.support import Legacy, running

PATH = "/v1/listings/health/db"


async def test_the_database_is_described_in_an_envelope_of_its_own(legacy: Legacy) -> None:
    reply = await legacy.send("agent_ann", "GET", PATH)

    [(version,)] = legacy.rows("SELECT version()")
    assert (reply.status, reply.query_count) == (200, 4)
    assert list(reply.body) == ["success", "timestamp", "data", "error"]
    assert list(reply.body["data"]) == ["status", "database_time", "version", "connections"]
    assert (reply.body["error"], reply.body["data"]["version"]) == (None, version)
    assert list(reply.body["data"]["connections"]) == ["total_connections", "active_queries", "last_query"]
    assert int(reply.body["data"]["connections"]["total_connections"]) >= 1


async def test_a_key_is_looked_up_twice_too(legacy: Legacy) -> None:
    reply = await legacy.send("apikey:agent_ann", "GET", PATH)

    assert (reply.status, reply.query_count) == (200, 8)


async def test_what_is_wrong_stands_where_the_data_would(seeded_database: str, contract: Path) -> None:
    with psycopg.connect(seeded_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA broken")
        connection.execute(
            "CREATE FUNCTION broken.version() RETURNS text LANGUAGE sql AS 'SELECT (1 / 0)::text'"
        )
        connection.execute(
            "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = broken, pg_catalog, public',"
            " current_database()); END$$"
        )
        try:
            async with running(seeded_database, contract) as legacy:
                reply = await legacy.send("agent_ann", "GET", PATH)
        finally:
            connection.execute(
                "DO $$BEGIN EXECUTE format('ALTER DATABASE %I RESET search_path', current_database()); END$$"
            )
            connection.execute("DROP SCHEMA broken CASCADE")

    assert (reply.status, reply.body["success"], reply.body["data"]) == (503, False, None)
    assert reply.body["error"] == {"code": "22012", "message": "division by zero"}
