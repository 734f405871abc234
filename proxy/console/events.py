"""The stream of events: one client of it, for as long as it reads and may."""

import asyncio

from aiohttp import web

from proxy.console.callers import Callers
from proxy.console.errors import RequestError
from proxy.console.live import Live, Moment
from proxy.console.tokens import Role

SILENT_S = 10.0
"""After so long without a change a comment is sent, so that neither side takes the other for gone."""
_SEND_S = 10.0


class Events:
    """Serves the stream; a client that does not read is dropped, and one whose token ends is told no more."""

    def __init__(self, live: Live, callers: Callers, *, proven_s: float) -> None:
        self._proven_s = proven_s
        self._live = live
        self._callers = callers

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Until the client goes, falls behind, or may no longer."""
        (await self._callers.of(request)).require(Role.VIEWER)
        async with self._live.watching():
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            try:
                await self._tell(request, response)
            except (ConnectionError, TimeoutError):
                if request.transport is not None:
                    request.transport.close()
            return response

    async def _tell(self, request: web.Request, response: web.StreamResponse) -> None:
        loop = asyncio.get_running_loop()
        told = request.headers.get("Last-Event-ID")
        proven = loop.time()
        await _send(response, b"retry: 2000\n\n")
        while True:
            moment = await self._live.next(told, SILENT_S)
            if loop.time() - proven > self._proven_s:
                try:
                    await self._callers.of(request)
                except RequestError:
                    return
                proven = loop.time()
            await _send(response, b": nothing new\n\n" if moment is None else _event(moment))
            told = told if moment is None else moment.id


def _event(moment: Moment) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (moment.id.encode(), moment.event.encode(), moment.data)


async def _send(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(_SEND_S):
        await response.write(data)
