"""The listener and what its connections share: the edge, the pools, the clock of deadlines, and an orderly end."""

import asyncio
import os
import socket
import ssl
from typing import Any

import structlog

from parity.exchange import LEGACY, MODERN, Backend
from proxy.admission import Admission
from proxy.edge import Edge
from proxy.errors import ListenError
from proxy.headers import EdgeHeaders, Peer
from proxy.metrics import NOBODY
from proxy.plane import Load
from proxy.refusals import Refusal
from proxy.settings import ClientSettings, ForwardSettings, ProxySettings, TlsSettings
from proxy.telemetry import Telemetry
from proxy.wire.busy_polling import BusyPolling
from proxy.wire.client import ClientConnection
from proxy.wire.outgoing import EachTurn, Outgoing
from proxy.wire.pool import Pool
from proxy.wire.seams import Connected
from proxy.wire.target import target_of
from proxy.wire.timeouts import Timeouts

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_BACKLOG = 4_096
_FEW = 4
"""So many requests under way are no reason to send what they have together."""
_LOOK_EVERY_S = 0.02
_GRACE_S = 1.0
"""How long an idle connection is kept when the worker ends: its client may just be sending."""


class WirePlane:
    """Serves one listening socket. Made on the event loop that it is used on."""

    def __init__(self, settings: ProxySettings) -> None:
        self.timeouts = Timeouts(asyncio.get_running_loop())
        self.outgoing: Outgoing = EachTurn(asyncio.get_running_loop(), lambda: self.requests_in_flight > _FEW)
        self._polling = BusyPolling(asyncio.get_running_loop(), settings.forward.busy_poll_s)
        self._telemetry: Telemetry
        self._settings = settings
        self.settings: ForwardSettings = settings.forward
        self.client_settings: ClientSettings = settings.client
        self._headers = EdgeHeaders(settings)
        self._legacy, self._modern = (self._made_pool(settings, one) for one in (LEGACY, MODERN))
        self._retired: list[Pool] = []
        self.edge: Edge
        self._server: asyncio.Server | None = None
        self._clients: set[Connected] = set()
        self._in_flight: dict[str, int] = {}
        self.requests_in_flight = 0
        self.is_closing = False
        """Whether no new connection is accepted any more."""

    @property
    def load(self) -> Load:
        """How much it has on its hands now."""
        pools = {LEGACY: self._legacy, MODERN: self._modern}
        return Load(
            requests=self.requests_in_flight,
            clients=len(self._clients),
            in_use={backend: pool.in_use for backend, pool in pools.items()},
            idle={backend: pool.idle for backend, pool in pools.items()},
        )

    def pool(self, backend: Backend) -> Pool:
        """The connections to that backend."""
        return self._modern if backend is MODERN else self._legacy

    async def bind(self, edge: Edge, telemetry: Telemetry) -> int:
        """Take the port, without serving yet; returns it. Raises `ListenError`."""
        self.edge, self._telemetry = edge, telemetry
        settings = self._settings
        loop = asyncio.get_running_loop()
        try:
            context = _server_context(settings.tls)
            handshake_s = settings.client.head_timeout_s if context is not None else None
            place: dict[str, Any] = {"host": settings.listen_host, "port": settings.listen_port}
            if settings.listen_fd is not None:
                place = {"sock": socket.socket(fileno=os.dup(settings.listen_fd))}
            self._server = await loop.create_server(
                lambda: ClientConnection(self),
                ssl=context,
                ssl_handshake_timeout=handshake_s,
                backlog=_BACKLOG,
                start_serving=False,
                **place,
            )
        except OSError as error:
            raise ListenError(
                f"cannot listen on {settings.listen_host}:{settings.listen_port}: {error.strerror or error}"
            ) from error
        return _port_of(self._server)

    async def serve(self) -> None:
        """Accept connections from now on."""
        self.timeouts.start()
        if self._server is not None:
            await self._server.start_serving()

    def reconfigure(self, edge: Edge, settings: ProxySettings) -> None:
        """Other settings for new requests; those under way keep theirs, and their connections."""
        self.edge = edge
        self._headers = EdgeHeaders(settings)
        self.client_settings = settings.client
        old, self._settings = self._settings, settings
        self.settings = settings.forward
        self._polling.window_s = settings.forward.busy_poll_s
        if _backends(old) != _backends(settings):
            self._retired = [pool for pool in self._retired if pool.in_use]
            for pool in (self._legacy, self._modern):
                pool.retire()
                self._retired.append(pool)
            self._legacy, self._modern = (self._made_pool(settings, one) for one in (LEGACY, MODERN))

    async def stop_accepting(self) -> None:
        """Take no new connection; answers say `Connection: close` from now on."""
        self.is_closing = True
        if self._server is not None:
            self._server.close()

    async def finish(self, timeout_s: float) -> None:
        """Let the requests in flight finish within that time, then break off the rest."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        while self._clients or self.requests_in_flight:
            passed = loop.time() - started
            if passed >= timeout_s:
                break
            if passed >= _GRACE_S:
                for client in list(self._clients):
                    client.close_idle()
            await asyncio.sleep(_LOOK_EVERY_S)
        for client in list(self._clients):
            client.break_off()
        await asyncio.sleep(0)

    async def close(self) -> None:
        """Let go of all connections to the backends."""
        for pool in (self._legacy, self._modern, *self._retired):
            await pool.close()
        self.timeouts.stop()

    # For connections

    def peer(self, transport: asyncio.Transport) -> Peer:
        """Who is at the other end of a client's connection."""
        name = transport.get_extra_info("peername")
        address = str(name[0]) if isinstance(name, tuple) and name else ""
        scheme = "http" if transport.get_extra_info("sslcontext") is None else "https"
        return self._headers.peer(address.removeprefix("::ffff:"), scheme)

    def opened(self, connection: Connected) -> bool:
        """Whether there is room for one more connection."""
        if len(self._clients) >= self.client_settings.max_connections:
            return False
        self._clients.add(connection)
        return True

    def closed(self, connection: Connected) -> None:
        """It is gone."""
        self._clients.discard(connection)

    def admits(self, admission: Admission) -> bool:
        """Whether the endpoint takes one more; if so it counts until `ended`."""
        bound = admission.way.bounds.max_in_flight
        if bound is not None:
            present = self._in_flight.get(admission.way.name, 0)
            if present >= bound:
                return False
            self._in_flight[admission.way.name] = present + 1
        self.requests_in_flight += 1
        self._polling.began()
        return True

    def ended(
        self,
        admission: Admission,
        served_by: str,
        status: int,
        duration_s: float,
        sent_bytes: int,
        error: str,
    ) -> None:
        """A request is over; `served_by` is `none` where no backend's answer began."""
        self.requests_in_flight -= 1
        self._polling.ended(duration_s)
        if admission.way.bounds.max_in_flight is not None:
            self._in_flight[admission.way.name] -= 1
        self._telemetry.served(admission, served_by, status, duration_s, sent_bytes, error)

    def refused(self, request_id: str, refusal: Refusal, sent_bytes: int) -> None:
        """A request went to no backend."""
        self._telemetry.refused(request_id, refusal.status, 0.0, sent_bytes, refusal.word)

    def rejected(self, admission: Admission, refusal: Refusal, sent_bytes: int) -> None:
        """A request that was admitted, and not counted as in flight, goes to no backend."""
        self._telemetry.served(admission, NOBODY, refusal.status, 0.0, sent_bytes, refusal.word)

    def _made_pool(self, settings: ProxySettings, backend: Backend) -> Pool:
        forward = settings.forward
        return Pool(
            target_of(settings.url_of(backend), settings.backend_ca),
            self.timeouts,
            limit=forward.connections,
            wait_s=forward.wait_s,
            connect_timeout_s=forward.connect_timeout_s,
            idle_s=forward.idle_s,
            buffer_bytes=settings.client.buffer_bytes,
            outgoing=self.outgoing,
        )


def _port_of(server: Any) -> int:  # its sockets are a tuple or a list, as the loop likes
    return int(server.sockets[0].getsockname()[1])


def _backends(settings: ProxySettings) -> tuple[object, ...]:
    urls = tuple(settings.url_of(backend) for backend in Backend)
    return (*urls, settings.backend_ca, settings.forward, settings.client.buffer_bytes)


def _server_context(tls: TlsSettings | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise ListenError(f"the certificate {tls.certificate} cannot be used: {error}") from error
    return context
