"""The socket.io server of modern, heard with the JavaScript client; several processes through NATS and Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.events import EVERYBODY, Event
from domains.shared.sockets import SocketServer
from tests.domains.support import Modern, escrow
from tests.support.javascript import JavaScriptSocket
from tests.support.relay_servers import nats_server, redis_server
from tests.support.replay import JWT_SECRET

ADA = "c0ffee00-0000-4000-8000-000000000001"
ANN = "c0ffee00-0000-4000-8000-000000000003"
BROKER_1 = "broker-bbbbbbbb-0000-4000-8000-000000000001"
TEAM = {"id": ANN, "teamId": "alpha"}


@asynccontextmanager
async def sockets_alone(
    database_url: str, relay_url: str | None = None
) -> AsyncIterator[tuple[SocketServer, str]]:
    """Sockets alone on a server."""
    database = Database(database_url, pool_size=2)
    sockets = SocketServer(database, jwt_secret=JWT_SECRET, clock=utc_now, relay_url=relay_url)
    app = web.Application()
    sockets.attach(app)
    try:
        async with TestServer(app) as server:
            yield sockets, str(server.make_url("/"))
    finally:
        await database.close()


@pytest.fixture(params=[nats_server, redis_server])
async def relay_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A relay of this test: NATS, then Redis."""
    async with request.param() as address:
        yield address


def url(modern: Modern) -> str:
    return str(modern.client.make_url("/"))


def token(modern: Modern, user: str) -> str:
    return modern.credentials.headers(user)["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("transport", ["", "polling", "websocket"])
async def test_a_javascript_client_hears_of_what_its_user_does(modern: Modern, transport: str) -> None:
    async with JavaScriptSocket.connecting(url(modern), token(modern, "admin_ada"), transport) as ada:
        await ada.connected()

        await modern.send("admin_ada", "PUT", escrow(9), {"city": "Newtown"})

        told = await ada.heard()
        assert told["event"] == "data:update"
        assert (told["data"]["entityType"], told["data"]["action"]) == ("escrow", "updated")


async def test_a_change_of_an_escrow_is_heard_by_its_user_and_by_no_other_tenant(modern: Modern) -> None:
    async with (
        JavaScriptSocket.connecting(url(modern), token(modern, "agent_ann")) as ann,
        JavaScriptSocket.connecting(url(modern), token(modern, "agent_ben")) as ben,
    ):
        await ann.connected()
        await ben.connected()

        await modern.send("agent_ann", "PUT", f"{escrow(9)}/checklist-loan", {"le": True})
        await modern.send("agent_ben", "PUT", f"{escrow(11)}/checklist-loan", {"le": True})

        for socket, own in ((ann, escrow(9)), (ben, escrow(11))):
            told = await socket.heard()
            assert (told["event"], told["data"]["escrowId"]) == ("escrow:updated", own.rpartition("/")[2])


async def test_a_change_of_an_escrow_is_heard_in_its_team_and_at_its_broker(modern: Modern) -> None:
    team, other = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in (1, 2))
    nobody = "c0ffee00-0000-4000-8000-0000000000ff"

    def listening(user: str, team_id: str | None = None) -> AbstractAsyncContextManager[JavaScriptSocket]:
        return JavaScriptSocket.connecting(
            url(modern), jwt.encode({"id": user, "teamId": team_id}, JWT_SECRET)
        )

    async with (
        listening(ADA) as at_the_broker,
        listening(nobody, team) as in_the_team,
        listening(nobody, other) as in_another_team,
    ):
        for socket in (at_the_broker, in_the_team, in_another_team):
            await socket.connected()

        await modern.send("agent_ann", "PUT", f"{escrow(9)}/checklist-loan", {"le": True})
        await modern.send("agent_ben", "PUT", f"{escrow(11)}/checklist-loan", {"le": True})

        for socket, told in ((at_the_broker, 9), (in_the_team, 9), (in_another_team, 11)):
            heard = await socket.heard()
            assert (heard["event"], heard["data"]["escrowId"][-2:]) == ("escrow:updated", f"{told:02}")


async def test_who_is_in_several_of_its_rooms_hears_a_change_once(modern: Modern) -> None:
    in_all_rooms = jwt.encode({"id": ADA, "teamId": "aaaaaaaa-0000-4000-8000-000000000001"}, JWT_SECRET)
    async with JavaScriptSocket.connecting(url(modern), in_all_rooms) as ada:
        await ada.connected()

        for number in (7, 21):
            await modern.send("admin_ada", "PUT", f"{escrow(number)}/checklist-loan", {"le": True})

        told = [(await ada.heard())["data"]["escrowId"][-2:] for _ in range(2)]
        assert told == ["07", "21"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "No token provided"),
        ("not-a-token", "Invalid authentication token"),
        (jwt.encode({"id": ANN, "exp": 1}, JWT_SECRET), "Authentication token has expired"),
        (jwt.encode({"id": ANN}, "another secret of thirty-two bytes"), "Invalid authentication token"),
    ],
)
async def test_who_has_no_valid_token_is_not_let_in(modern: Modern, given: str, message: str) -> None:
    async with JavaScriptSocket.connecting(url(modern), given) as nobody:
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


async def test_the_sockets_end_with_the_backend(modern: Modern) -> None:
    async with JavaScriptSocket.connecting(url(modern), token(modern, "agent_ann")) as ann:
        await ann.connected()

        await modern.close()

        assert "disconnected" in await ann.heard()


async def test_what_one_process_tells_is_heard_at_another(seeded_database: str, relay_url: str) -> None:
    async with (
        sockets_alone(seeded_database, relay_url) as (_, first_url),
        sockets_alone(seeded_database, relay_url) as (second, second_url),
        JavaScriptSocket.connecting(first_url, jwt.encode({"id": ADA}, JWT_SECRET)) as ada,
        JavaScriptSocket.connecting(second_url, jwt.encode({"id": ANN}, JWT_SECRET)) as ann,
    ):
        await ada.connected()
        await ann.connected()

        await second.publish([Event(f"user-{ADA}", "told", {"n": 1}), Event(EVERYBODY, "told", {"n": 2})])

        assert [(await ada.heard())["data"]["n"] for _ in range(2)] == [1, 2]
        assert (await ann.heard())["data"]["n"] == 2


@pytest.mark.parametrize("scheme", ["nats", "redis"])
async def test_a_relay_that_is_not_there_costs_nobody_the_answer(seeded_database: str, scheme: str) -> None:
    database = Database(seeded_database, pool_size=1)
    sockets = SocketServer(
        database, jwt_secret=JWT_SECRET, clock=utc_now, relay_url=f"{scheme}://127.0.0.1:1"
    )

    async with asyncio.timeout(5):
        await sockets.publish([Event(EVERYBODY, "told", {})])

    await database.close()
