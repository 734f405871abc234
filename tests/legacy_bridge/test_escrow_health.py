"""The health checks below the escrows."""

from tests.legacy_bridge.support import Legacy


async def test_the_database_is_named_with_its_time(legacy: Legacy) -> None:
    reply = await legacy.send("agent_ann", "GET", "/v1/escrows/health/db")

    [(name,)] = legacy.rows("SELECT current_database()")
    assert (reply.status, reply.query_count, reply.body["data"]["database"]) == (200, 3, name)
    assert list(reply.body["data"]) == ["connected", "database", "serverTime"]


async def test_who_asks_is_named_and_how_where_it_is_known(legacy: Legacy) -> None:
    by_token, by_key = [
        await legacy.send(user, "GET", "/v1/escrows/health/auth")
        for user in ("agent_ann", "apikey:agent_ann")
    ]

    assert list(by_token.body["data"]) == ["authenticated", "user", "userId", "role"]
    assert by_token.body["data"]["user"] == "agent_ann@example.test"
    assert by_key.body["data"] == by_token.body["data"] | {
        "teamId": "aaaaaaaa-0000-4000-8000-000000000001",
        "authMethod": "api_key",
    }
    assert (by_token.query_count, by_key.query_count) == (2, 6)


async def test_the_health_of_escrows_itself_is_taken_for_an_id(legacy: Legacy) -> None:
    admin = await legacy.send("admin_ada", "GET", "/v1/escrows/health")
    other = await legacy.send("agent_ann", "GET", "/v1/escrows/health")

    assert (admin.status, other.status) == (404, 403)
