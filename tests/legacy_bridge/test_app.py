"""The application around the handlers: routes, headers, health."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from legacy_bridge.app import create_app
from legacy_bridge.errors import DatabaseError
from tests.legacy_bridge.support import Legacy, bare_database, escrow


async def test_health_needs_no_database(legacy: Legacy) -> None:
    reply = await legacy.send(None, "GET", "/health")

    assert (reply.status, reply.body, reply.query_count) == (200, {"backend": "legacy"}, 0)


async def test_an_unknown_route_of_the_domain_asks_who_it_is_first(legacy: Legacy) -> None:
    for method, target in (("GET", escrow(1) + "/bogus"), ("PATCH", escrow(1)), ("DELETE", "/v1/escrows")):
        anonymous = await legacy.send(None, method, target)
        known = await legacy.send("agent_ann", method, target)

        assert (anonymous.status, anonymous.code) == (401, "NO_AUTH_TOKEN")
        assert (known.status, known.body["error"]["message"], known.query_count) == (
            404,
            "Endpoint not found",
            1,
        )
        assert list(known.body) == ["success", "error", "timestamp"]


async def test_an_unknown_route_elsewhere_asks_nobody(legacy: Legacy) -> None:
    reply = await legacy.send(None, "GET", "/v1/escrowsx")

    assert (reply.status, reply.code, reply.query_count) == (404, "NOT_FOUND", 0)


async def test_a_trailing_slash_is_the_same_route(legacy: Legacy) -> None:
    reply = await legacy.send("admin_ada", "GET", escrow(1) + "/")

    assert reply.body["data"]["details"]["escrowNumber"] == "ESC-2025-0001"


async def test_every_answer_says_how_long_the_database_took(legacy: Legacy) -> None:
    reply = await legacy.send("admin_ada", "GET", escrow(1))

    duration_ms = float(reply.headers["Server-Timing"].removeprefix("db;dur="))
    assert 0 < duration_ms < 10_000


async def test_what_nobody_foresaw_is_an_answer_too(legacy: Legacy) -> None:
    reply = await legacy.send("admin_ada", "GET", f"/v1/escrows?page={'9' * 5000}")

    assert (reply.status, reply.code) == (500, "INTERNAL_ERROR")


async def test_a_database_without_the_tables_is_an_error_of_the_server(database_url: str) -> None:
    with bare_database(database_url) as bare:
        app = create_app(database_url=bare, jwt_secret="x" * 32, pool_size=1)
        async with (
            TestClient(TestServer(app)) as client,
            client.get("/v1/escrows", headers={"X-API-Key": "k"}) as answer,
        ):
            body = await answer.json()

    assert (answer.status, body["error"]["code"]) == (500, "AUTH_ERROR")


async def test_an_application_without_a_database_does_not_start() -> None:
    app = create_app(database_url="postgresql://nobody@127.0.0.1:1/none", jwt_secret="x")

    with pytest.raises(DatabaseError, match="the database refuses"):
        await TestServer(app).start_server()
