"""The socket.io server, heard with the JavaScript client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from legacy_bridge.database import Database, Statements, statements
from legacy_bridge.events import EVERYBODY, Event
from legacy_bridge.sockets import SocketServer
from tests.legacy_bridge.support import Legacy, escrow, running
from tests.support.javascript import JavaScriptSocket
from tests.support.replay import JWT_SECRET

ADA = "c0ffee00-0000-4000-8000-000000000001"
ANN = "c0ffee00-0000-4000-8000-000000000003"
BROKER_1 = "broker-bbbbbbbb-0000-4000-8000-000000000001"
TEAM = {"id": ANN, "teamId": "alpha"}


@pytest.fixture
async def legacy(seeded_database: str, contract: Path) -> AsyncIterator[Legacy]:
    """The legacy backend with its own sockets as the sink."""
    async with running(seeded_database, contract, event_sink=None) as legacy:
        yield legacy


@asynccontextmanager
async def sockets_alone(database_url: str) -> AsyncIterator[tuple[SocketServer, str]]:
    """Sockets alone on a server."""
    statements.set(Statements())
    database = Database(database_url, pool_size=2)
    await database.open()
    sockets, app = SocketServer(database, JWT_SECRET), web.Application()
    sockets.attach(app)
    try:
        async with TestServer(app) as server:
            yield sockets, str(server.make_url("/"))
    finally:
        await database.close()


def url(legacy: Legacy) -> str:
    return str(legacy.client.make_url("/"))


def token(legacy: Legacy, user: str) -> str:
    return legacy.credentials.headers(user)["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("transport", ["", "polling", "websocket"])
async def test_a_javascript_client_hears_of_what_its_user_does(legacy: Legacy, transport: str) -> None:
    async with JavaScriptSocket.connecting(url(legacy), token(legacy, "admin_ada"), transport) as ada:
        await ada.connected()

        await legacy.send("admin_ada", "POST", "/v1/leads", body={"firstName": "New", "lastName": "Lead"})

        told = await ada.heard()
        assert told["event"] == "data:update"
        assert (told["data"]["entityType"], told["data"]["action"]) == ("lead", "created")


async def test_a_change_of_an_escrow_is_heard_by_every_tenant(legacy: Legacy) -> None:
    async with (
        JavaScriptSocket.connecting(url(legacy), token(legacy, "agent_ann")) as ann,
        JavaScriptSocket.connecting(url(legacy), token(legacy, "agent_ben")) as ben,
    ):
        await ann.connected()
        await ben.connected()

        await legacy.send("agent_ann", "PUT", f"{escrow(7)}/checklist-loan", body={"le": True})

        for socket in (ann, ben):
            told = await socket.heard()
            assert (told["event"], told["data"]["type"]) == ("escrow:updated", "checklist:updated")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "No token provided"),
        ("not-a-token", "Invalid authentication token"),
        (jwt.encode({"id": ANN, "exp": 1}, JWT_SECRET), "Authentication token has expired"),
        (jwt.encode({"id": ANN}, "another secret of thirty-two bytes"), "Invalid authentication token"),
    ],
)
async def test_who_has_no_valid_token_is_not_let_in(legacy: Legacy, given: str, message: str) -> None:
    async with JavaScriptSocket.connecting(url(legacy), given) as nobody:
        assert await nobody.heard() == {"refused": message}


async def test_an_event_reaches_the_sockets_of_its_room_only(seeded_database: str) -> None:
    async with (
        sockets_alone(seeded_database) as (sockets, base_url),
        JavaScriptSocket.connecting(base_url, jwt.encode({"id": ADA}, JWT_SECRET)) as ada,
        JavaScriptSocket.connecting(base_url, jwt.encode({"id": ANN}, JWT_SECRET)) as ann,
        JavaScriptSocket.connecting(base_url, jwt.encode({"id": "no-uuid"}, JWT_SECRET)) as stranger,
    ):
        for socket in (ada, ann, stranger):
            await socket.connected()

        await sockets.publish(
            [
                Event(f"user-{ADA}", "first", {"n": 1}),
                Event(BROKER_1, "broker:notification", {"n": 2}),
                Event("team-alpha", "unheard", {}),
                Event(EVERYBODY, "last", {"n": 3}),
            ]
        )

        assert [(await ada.heard())["data"]["n"] for _ in range(3)] == [1, 2, 3]
        assert [(await ann.heard())["data"]["n"] for _ in range(2)] == [2, 3]
        assert (await stranger.heard())["data"]["n"] == 3


async def test_a_team_hears_who_comes_and_goes(seeded_database: str) -> None:
    async with (
        sockets_alone(seeded_database) as (_, base_url),
        JavaScriptSocket.connecting(base_url, jwt.encode(TEAM | {"id": ADA}, JWT_SECRET)) as ada,
    ):
        await ada.connected()
        async with JavaScriptSocket.connecting(base_url, jwt.encode(TEAM, JWT_SECRET), "websocket") as ann:
            await ann.connected()

        came, went = await ada.heard(), await ada.heard()

        assert (came["event"], came["data"]["userId"]) == ("team:userConnected", ANN)
        assert (went["event"], went["data"]["userId"]) == ("team:userDisconnected", ANN)


async def test_the_sockets_end_with_the_backend(legacy: Legacy) -> None:
    async with JavaScriptSocket.connecting(url(legacy), token(legacy, "agent_ann")) as ann:
        await ann.connected()

        await legacy.close()

        assert "disconnected" in await ann.heard()
