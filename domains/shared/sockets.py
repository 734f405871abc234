"""The socket.io server, on the port of the API: who connects with a JWT hears the events of their rooms.

Rooms are `user-<id>`, `broker-<id>` for the brokers that a user works with, and `team-<id>` where the token names a
team. Several processes tell each other through NATS or Redis, so that it does not matter who is connected where.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import psycopg
import socketio  # type: ignore[import-untyped]  # the package has no types
import structlog
from aiohttp import web
from sqlalchemy import Boolean, Uuid, bindparam, column, select, table

from domains.shared import node_json
from domains.shared.authentication import claims_of
from domains.shared.clock import Clock
from domains.shared.database import Database
from domains.shared.errors import UnauthenticatedError
from domains.shared.events import EVERYBODY, Event
from domains.shared.relays import relay_of
from domains.shared.uuids import uuid_of

_MAX_MESSAGE_BYTES = 64 * 1024  # clients have next to nothing to say
_PUBLISH_WITHIN_S = 2.0

_members = table(
    "broker_users", column("broker_id", Uuid), column("user_id", Uuid), column("is_active", Boolean)
)
_BROKERS = select(_members.c.broker_id).where(_members.c.user_id == bindparam("member"), _members.c.is_active)

_log = structlog.get_logger()


class SocketServer:
    """The connected sockets; as an event sink it hands each event to the sockets of its room."""

    def __init__(
        self, database: Database, *, jwt_secret: str, clock: Clock, relay_url: str | None = None
    ) -> None:
        self._database = database
        self._secret = jwt_secret
        self._clock = clock
        self._server = socketio.AsyncServer(
            async_mode="aiohttp",
            cors_allowed_origins="*",
            max_http_buffer_size=_MAX_MESSAGE_BYTES,
            client_manager=None if relay_url is None else relay_of(relay_url),
        )
        self._is_relayed = relay_url is not None
        self._greetings: set[asyncio.Task[None]] = set()
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)

    def attach(self, app: web.Application) -> None:
        """Serve the sockets at /socket.io/ of this application, and end them with it."""
        self._server.attach(app)
        app.on_shutdown.append(self._end)

    async def publish(self, events: Sequence[Event]) -> None:
        """Hand the events on, in their order; what is committed stays so, also when nobody can be told."""
        if not self._is_relayed and not self._server.manager.rooms:
            return  # nobody is connected, here or elsewhere
        try:
            async with asyncio.timeout(_PUBLISH_WITHIN_S):
                for (name, _), alike in groupby(events, key=lambda event: (event.event, id(event.data))):
                    together = list(alike)
                    rooms = [event.room for event in together]
                    await self._tell(None if EVERYBODY in rooms else rooms, name, together[0].data)
        except Exception as error:  # noqa: BLE001 - whatever a relay raises
            _log.warning("events_lost", events=len(events), error=repr(error))

    async def _connect(self, sid: str, _: Mapping[str, Any], auth: Any = None) -> None:
        token = node_json.field(auth, "token")
        if not isinstance(token, str) or not token:
            raise socketio.exceptions.ConnectionRefusedError("No token provided")
        try:
            claims = claims_of(token, self._secret)
        except UnauthenticatedError as refusal:
            raise socketio.exceptions.ConnectionRefusedError(refusal.message) from refusal
        user_id, team_id = str(claims.get("id")), claims.get("teamId")
        await self._server.save_session(sid, {"user_id": user_id, "team_id": team_id})
        brokers = [f"broker-{broker_id}" for broker_id in await self._brokers(user_id)]
        for room in (f"user-{user_id}", *brokers):
            await self._server.enter_room(sid, room)
        if team_id:
            await self._tell(f"team-{team_id}", "team:userConnected", self._presence(user_id))
            await self._server.enter_room(sid, f"team-{team_id}")
        # a client that is let in learns so when this returns, and is greeted after that
        greeted = {"status": "connected"} | self._presence(user_id)
        greeting = asyncio.create_task(self._tell(sid, "connection", greeted))
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)

    async def _disconnect(self, sid: str, _: str | None = None) -> None:
        session = await self._server.get_session(sid)
        if team_id := session.get("team_id"):
            presence = self._presence(session["user_id"])
            await self._tell(f"team-{team_id}", "team:userDisconnected", presence)

    async def _brokers(self, user_id: str) -> list[UUID]:
        member = uuid_of(user_id)
        if member is None:
            return []
        try:
            rows = await self._database.run(_BROKERS, {"member": member})
        except psycopg.Error as error:
            _log.warning("socket_without_broker", error=repr(error))
            return []
        return [row["broker_id"] for row in rows]

    async def _tell(self, room: str | list[str] | None, event: str, content: Mapping[str, Any]) -> None:
        # as the JSON of the API has it; what is left is plain
        await self._server.emit(event, node_json.loads(node_json.dumps(content)), room=room)

    async def _end(self, _: web.Application) -> None:
        for socket in list(self._server.eio.sockets.values()):
            await socket.close(wait=False)  # who is gone without a word would be waited for
            await socket.queue.put(None)  # the writer of a WebSocket ends at that, not at the farewell
        await self._server.shutdown()

    def _presence(self, user_id: str) -> dict[str, Any]:
        return {"userId": user_id, "timestamp": node_json.iso_moment(self._clock())}
