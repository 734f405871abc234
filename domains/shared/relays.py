"""How several processes tell each other what their sockets are to hear: a NATS or a Redis server, by its address."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import socketio  # type: ignore[import-untyped]  # the package has no types
from socketio.async_pubsub_manager import AsyncPubSubManager  # type: ignore[import-untyped]  # as above

if TYPE_CHECKING:
    from nats.aio.client import Client

_SUBJECT = "crossfade.sockets"


def relay_of(url: str) -> AsyncPubSubManager:
    """The relay at an address; raises ValueError for one that is neither NATS nor Redis."""
    match urlsplit(url).scheme:
        case "nats" | "tls":
            return NatsRelay(url)
        case "redis" | "rediss":
            return RedisRelay(url)
        case _:
            raise ValueError(
                f"{url!r}: expected the address of a relay like nats://127.0.0.1:4222 or redis://…"
            )


class NatsRelay(AsyncPubSubManager):  # type: ignore[misc]  # the package has no types
    """Socket.io's messages between processes over NATS; the client connects again by itself."""

    name = "nats"

    def __init__(self, url: str) -> None:
        super().__init__(channel=_SUBJECT)
        self._url = url
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def _connection(self) -> "Client":
        import nats  # a tenth of the start of a process that has no such relay

        async with self._connecting:
            if self._client is None:
                self._client = await nats.connect(self._url, max_reconnect_attempts=-1)
            return self._client

    async def _publish(self, data: Any) -> None:
        client = await self._connection()
        await client.publish(self.channel, self.json.dumps(data).encode())

    async def _listen(self) -> AsyncIterator[bytes]:
        client = await self._connection()
        subscription = await client.subscribe(self.channel)
        try:
            async for message in subscription.messages:
                yield message.data
        finally:
            self._client = None
            await client.close()


class RedisRelay(socketio.AsyncRedisManager):  # type: ignore[misc]  # the package has no types
    """Socket.io's messages between processes over Redis; its connections end when nobody listens any more."""

    def __init__(self, url: str) -> None:
        super().__init__(url, channel=_SUBJECT)

    async def _listen(self) -> AsyncIterator[Any]:
        try:
            async for message in super()._listen():
                yield message
        finally:
            if self.connected:
                await self.pubsub.aclose()
                await self.redis.aclose()
