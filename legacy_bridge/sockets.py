"""The socket.io server, on the port of the API: who connects with a JWT hears the events of their rooms.

Rooms are `user-<id>`, `broker-<id>` for the brokers that a user works with, and `team-<id>`, which stays empty:
the tokens of this backend have no team (Q-20).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
import socketio  # type: ignore[import-untyped]  # the package has no types
import structlog
from aiohttp import web

from legacy_bridge import node
from legacy_bridge.auth import claims_of
from legacy_bridge.database import Database, Statements, statements
from legacy_bridge.errors import Refusal
from legacy_bridge.events import EVERYBODY, Event

_MAX_MESSAGE_BYTES = 64 * 1024  # clients have next to nothing to say

_log = structlog.get_logger()


class SocketServer:
    """The connected sockets; as an event sink it hands each event to the sockets of its room."""

    def __init__(self, database: Database, jwt_secret: str) -> None:
        self._database = database
        self._jwt_secret = jwt_secret
        self._server = socketio.AsyncServer(
            async_mode="aiohttp", cors_allowed_origins="*", max_http_buffer_size=_MAX_MESSAGE_BYTES
        )
        self._greetings: set[asyncio.Task[None]] = set()
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)

    def attach(self, app: web.Application) -> None:
        """Serve the sockets at /socket.io/ of this application, and end them with it."""
        self._server.attach(app)
        app.on_shutdown.append(self._end)

    async def publish(self, events: Sequence[Event]) -> None:
        """Hand the events on, in their order."""
        for event in events:
            await self._tell(None if event.room == EVERYBODY else event.room, event.event, event.data)

    async def _connect(self, sid: str, _: Mapping[str, Any], auth: Any = None) -> None:
        statements.set(Statements())  # those of a socket belong to no request
        token = node.field(auth, "token")
        if not isinstance(token, str):
            raise socketio.exceptions.ConnectionRefusedError("No token provided")
        try:
            claims = claims_of(token, self._jwt_secret)
        except Refusal as refusal:
            raise socketio.exceptions.ConnectionRefusedError(str(refusal)) from refusal
        user_id, team_id = str(claims.get("id")), claims.get("teamId")
        await self._server.save_session(sid, {"user_id": user_id, "team_id": team_id})
        rooms = [f"user-{user_id}", *(f"broker-{broker_id}" for broker_id in await self._brokers(user_id))]
        for room in rooms:
            await self._server.enter_room(sid, room)
        if team_id:
            await self._tell(f"team-{team_id}", "team:userConnected", _presence(user_id))
            await self._server.enter_room(sid, f"team-{team_id}")
        # a client that is let in learns so when this returns, and is greeted after that
        greeting = asyncio.create_task(
            self._tell(sid, "connection", {"status": "connected"} | _presence(user_id))
        )
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)

    async def _disconnect(self, sid: str, _: str | None = None) -> None:
        session = await self._server.get_session(sid)
        if team_id := session.get("team_id"):
            await self._tell(f"team-{team_id}", "team:userDisconnected", _presence(session["user_id"]))

    async def _brokers(self, user_id: str) -> list[str]:
        try:
            rows = await self._database.query(
                "SELECT broker_id FROM broker_users WHERE user_id = $1 AND is_active", [user_id]
            )
        except psycopg.Error as error:
            _log.warning("socket_without_broker", error=str(error).partition("\n")[0])
            return []
        return [row["broker_id"] for row in rows]

    async def _tell(self, room: str | None, event: str, content: Mapping[str, Any]) -> None:
        plain = node.parse_json(node.write_json(content))
        await self._server.emit(event, plain, room=room)

    async def _end(self, _: web.Application) -> None:
        for socket in list(self._server.eio.sockets.values()):
            await socket.close(wait=False)  # who is gone without a word would be waited for
            await socket.queue.put(None)  # the writer of a WebSocket ends at that, not at the farewell
        await self._server.shutdown()


def _presence(user_id: str) -> dict[str, Any]:
    return {"userId": user_id, "timestamp": datetime.now(UTC)}
