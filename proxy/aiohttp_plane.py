"""The data plane on aiohttp: simple and streaming, until the one at the protocol level replaces it.

What aiohttp does not let it do (wire.md), and the next data plane will:
- interim answers (1xx) are dropped; `Expect: 100-continue` is answered here, when the body is about to be sent;
- upgrades (WebSocket) are not tunnelled: `Upgrade` is removed and the request goes on without it;
- a request that aiohttp refuses to parse gets aiohttp's plain 400, not the JSON envelope, also where
  414, 431 or 505 would be right; there is no deadline for a slow head or body (408);
- a target that ends in a bare `?` loses it; trailers are dropped in both directions;
- a request whose target or header values hold bytes that are no UTF-8 is refused (400);
- a client that half-closes its connection after the request is taken to be gone.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from parity.exchange import Backend
from proxy.aiohttp_answer import Answer
from proxy.aiohttp_backend import MAX_FIELD_BYTES, BackendClient, ShadowClient, fields
from proxy.aiohttp_forwarding import Forwarding, refuse
from proxy.capture import Capture
from proxy.edge import Edge, Refused
from proxy.errors import ListenError
from proxy.mirror import Copy, Reply, ShadowSender
from proxy.settings import ProxySettings

_IDLE_CLIENT_S = 75.0
_LINGER_S = 2.0
_BREAK_OFF_S = 0.05
_LAST_REQUEST_S = 0.5
_LOOK_S = 0.02
_BACKLOG = 1_024


class AiohttpPlane:
    """Serves one listening socket. Made on the event loop that it is used on."""

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self._clients = {
            backend: BackendClient(settings.url_of(backend), settings.forward) for backend in Backend
        }
        self._shadows = {
            backend: ShadowClient(settings.url_of(backend), settings.mirror, settings.forward.idle_s)
            for backend in Backend
        }
        self._retired: list[BackendClient | ShadowClient] = []
        self._writes: set[asyncio.Task[Answer]] = set()
        self._edge: Edge | None = None
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None
        self._in_flight = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._is_closing = False

    def sender(self, backend: Backend) -> ShadowSender:
        """The way for copies to that backend."""
        return _Sender(self._shadows, backend)

    def client(self, backend: Backend) -> BackendClient:
        """The way for clients' requests to that backend."""
        return self._clients[backend]

    @property
    def is_closing(self) -> bool:
        """Whether no new connection is accepted any more."""
        return self._is_closing

    async def serve(self) -> None:
        """Accept connections from now on."""
        if self._listener is not None:
            await self._listener.start_serving()

    async def bind(self, edge: Edge) -> int:
        """Take the port, without serving yet; returns it. Raises `ListenError`."""
        self._edge = edge
        settings = self.settings
        # What clients send wrong is their affair: one traceback each would be an attack on the log.
        quiet = logging.Logger("crossfade.wire", level=logging.CRITICAL + 1)  # noqa: LOG001 -- no global state
        self._server = web.Server(
            self._handle,
            handler_cancellation=True,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=_IDLE_CLIENT_S,
            lingering_time=_LINGER_S,
            logger=quiet,
            max_line_size=MAX_FIELD_BYTES,
            max_field_size=MAX_FIELD_BYTES,
        )
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._server,
                backlog=_BACKLOG,
                start_serving=False,
                ssl=_tls(settings),
                **_listen_on(settings),
            )
        except OSError as error:
            raise ListenError(
                f"cannot listen on {settings.listen_host}:{settings.listen_port}: {error.strerror or error}"
            ) from error
        return int(self._listener.sockets[0].getsockname()[1])

    def reconfigure(self, edge: Edge, settings: ProxySettings) -> None:
        """Ask this edge from now on; requests in flight end on the connections that they have."""
        self._retired += [*self._clients.values(), *self._shadows.values()]
        self._clients |= {
            backend: BackendClient(settings.url_of(backend), settings.forward) for backend in Backend
        }
        self._shadows |= {
            backend: ShadowClient(settings.url_of(backend), settings.mirror, settings.forward.idle_s)
            for backend in Backend
        }
        self.settings = settings
        self._edge = edge

    async def stop_accepting(self) -> None:
        """Take no new connection; answers say `Connection: close` from now on."""
        self._is_closing = True
        if self._listener is not None:
            self._listener.close()

    async def finish(self, timeout_s: float) -> None:
        """Let the requests in flight finish within that time, then break off the rest.

        A connection that is kept alive gets a moment for a request that is on its way: it is told to close then.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(min(timeout_s, _LAST_REQUEST_S)):
                while self._server is not None and self._server.connections:  # noqa: ASYNC110 -- no event says so
                    await asyncio.sleep(_LOOK_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._is_idle.wait()
        if self._server is not None:
            await self._server.shutdown(_BREAK_OFF_S)
        for task in self._writes:
            task.cancel()
        await asyncio.gather(*self._writes, return_exceptions=True)

    async def close(self) -> None:
        """Let go of all connections to the backends."""
        for client in (*self._clients.values(), *self._shadows.values(), *self._retired):
            await client.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        edge = self._edge
        if edge is None:
            raise RuntimeError("the data plane was not started")
        admission = edge.admit(
            request.method,
            request.raw_path,
            fields(request.raw_headers),
            request.remote or "",
            request.scheme,
        )
        if isinstance(admission, Refused):
            return await refuse(request, admission.refusal, admission.request_id, closing=True)
        forwarding = self._counted(Forwarding(self, edge, request, admission))
        if not admission.is_write:
            return await forwarding
        # A write that was sent is read to its end even when the client goes away, so it is its own task.
        task = asyncio.get_running_loop().create_task(forwarding)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    async def _counted(self, forwarding: Forwarding) -> Answer:
        self._in_flight += 1
        self._is_idle.clear()
        try:
            return await forwarding.run()
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._is_idle.set()


class _Sender:
    """The way for copies to one backend by the client of the moment."""

    def __init__(self, shadows: Mapping[Backend, ShadowClient], backend: Backend) -> None:
        self._shadows = shadows
        self._backend = backend

    async def send(self, copy: Copy, capture: Capture) -> Reply:
        """Send once."""
        return await self._shadows[self._backend].send(copy, capture)


def _tls(settings: ProxySettings) -> ssl.SSLContext | None:
    if settings.tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls.certificate, settings.tls.key)
    return context


def _listen_on(settings: ProxySettings) -> dict[str, Any]:
    if settings.listen_fd is None:
        return {"host": settings.listen_host, "port": settings.listen_port}
    return {"sock": socket.socket(fileno=os.dup(settings.listen_fd))}
