"""The health checks below the escrows."""

from tests.legacy_bridge.support import Legacy


async def test_the_database_is_named_with_its_time(legacy: Legacy) -> None:
    reply = await legacy.send("agent_ann", "GET", "/v1/escrows/health/db")

    [(name,)] = legacy.rows("SELECT current_database()")
    assert (reply.status, reply.query_count, reply.body["data"]["database"]) == (200, 3, name)
    assert list(reply.body["data"]) == ["connected", "database", "serverTime"]


async def test_who_asks_is_named_whatever_the_way_in(legacy: Legacy) -> None:
    replies = [
        await legacy.send(user, "GET", "/v1/escrows/health/auth")
        for user in ("agent_ann", "apikey:agent_ann")
    ]

    assert replies[0].body["data"] == replies[1].body["data"]
    assert replies[0].body["data"]["user"] == "agent_ann@example.test"


async def test_the_health_of_escrows_itself_is_taken_for_an_id(legacy: Legacy) -> None:
    admin = await legacy.send("admin_ada", "GET", "/v1/escrows/health")
    other = await legacy.send("agent_ann", "GET", "/v1/escrows/health")

    assert (admin.status, other.status) == (404, 403)
