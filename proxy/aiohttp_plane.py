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
from collections.abc import AsyncIterator
from contextlib import suppress
from time import perf_counter

import aiohttp
import structlog
from aiohttp import web

from parity.exchange import Backend, Observation
from proxy.aiohttp_answer import Answer
from proxy.aiohttp_backend import (
    MAX_FIELD_BYTES,
    BackendClient,
    BackendFailure,
    ShadowClient,
    failures,
    fields,
    is_sendable,
)
from proxy.capture import Capture
from proxy.edge import Admission, Edge, Refused
from proxy.errors import ListenError
from proxy.mirror import ShadowSender
from proxy.refusals import Refusal
from proxy.settings import ProxySettings

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_IDLE_CLIENT_S = 75.0
_LINGER_S = 2.0
_BREAK_OFF_S = 0.05
_BACKLOG = 1_024


class AiohttpPlane:
    """Serves one listening socket. Made on the event loop that it is used on."""

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self._clients = {
            backend: BackendClient(settings.url_of(backend), settings.live) for backend in Backend
        }
        self._shadows = {
            backend: ShadowClient(settings.url_of(backend), settings.mirror, settings.live.idle_s)
            for backend in Backend
        }
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
        return self._shadows[backend]

    def client(self, backend: Backend) -> BackendClient:
        """The way for live requests to that backend."""
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
        quiet = logging.getLogger("crossfade.wire")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
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
                settings.listen_host,
                settings.listen_port,
                reuse_port=settings.reuse_port or None,
                backlog=_BACKLOG,
                start_serving=False,
            )
        except OSError as error:
            raise ListenError(
                f"cannot listen on {settings.listen_host}:{settings.listen_port}: {error.strerror or error}"
            ) from error
        return int(self._listener.sockets[0].getsockname()[1])

    async def stop_accepting(self) -> None:
        """Take no new connection; answers say `Connection: close` from now on."""
        self._is_closing = True
        if self._listener is not None:
            self._listener.close()

    async def finish(self, timeout_s: float) -> None:
        """Let the requests in flight finish within that time, then break off the rest."""
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
        for client in self._clients.values():
            await client.close()
        for shadow in self._shadows.values():
            await shadow.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        edge = self._edge
        if edge is None:
            raise RuntimeError("the data plane was not started")
        admission = edge.admit(
            request.method,
            request.raw_path,
            list(request.headers.items()),
            request.remote or "",
            request.scheme,
        )
        if isinstance(admission, Refused):
            return await _refuse(request, admission.refusal, admission.request_id, closing=True)
        forwarding = self._counted(_Forwarding(self, edge, request, admission))
        if not admission.is_write:
            return await forwarding
        # A write that was sent is read to its end even when the client goes away, so it is its own task.
        task = asyncio.get_running_loop().create_task(forwarding)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    async def _counted(self, forwarding: "_Forwarding") -> Answer:
        self._in_flight += 1
        self._is_idle.clear()
        try:
            return await forwarding.run()
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._is_idle.set()


class _Upload:
    """The body of a request while it is passed on; `is_broken` says that the client did not send all of it."""

    __slots__ = ("_request", "is_broken")

    def __init__(self, request: web.BaseRequest) -> None:
        self._request = request
        self.is_broken = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """As they come; what is not taken is not read, so a slow backend slows the client."""
        content = self._request.content
        self.invite()
        try:
            while chunk := await content.readany():
                yield chunk
        except Exception:
            self.is_broken = True
            raise

    async def whole(self) -> bytes:
        """All of a small body."""
        self.invite()
        try:
            return await self._request.content.read()
        except Exception:
            self.is_broken = True
            raise

    def invite(self) -> None:
        """Tell a client that waits for it to send the body."""
        transport = self._request.transport
        if transport is not None and self._request.headers.get("Expect", "").lower() == "100-continue":
            transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


class _Forwarding:
    """One request on its way; reports to the edge exactly once how it ended."""

    __slots__ = (
        "_admission",
        "_answer",
        "_body",
        "_capture",
        "_edge",
        "_is_settled",
        "_plane",
        "_request",
        "_upload",
    )

    def __init__(
        self, plane: AiohttpPlane, edge: Edge, request: web.BaseRequest, admission: Admission
    ) -> None:
        self._plane = plane
        self._edge = edge
        self._request = request
        self._admission = admission
        self._capture: Capture | None = edge.capture() if admission.mirrored else None
        self._upload = _Upload(request)
        self._body: bytes | AsyncIterator[bytes] | None = None
        self._answer: Answer | None = None
        self._is_settled = False

    async def run(self) -> Answer:
        """Forward, answer, and settle with the edge whatever happens."""
        admission = self._admission
        self._edge.began(admission)
        try:
            return await self._forward()
        except BackendFailure as failure:
            return await self._fail(failure.refusal)
        except (ConnectionError, aiohttp.ClientError, aiohttp.http.HttpProcessingError):
            # What is left here is the client's side: the backend's failures have a name.
            return self._gone()
        except Exception:
            log.exception("request_failed", endpoint=admission.name)
            if self._answer is None or not self._answer.prepared:
                return await self._fail(Refusal.INTERNAL)
            self._answer.break_off()
            self._settle_failed()
            return self._answer
        finally:
            self._edge.ended(admission)
            if not self._is_settled:
                self._edge.abandoned(admission)
            if self._capture is not None:
                self._capture.release()

    async def _forward(self) -> Answer:
        admission = self._admission
        headers = admission.headers
        if not is_sendable(admission.target, headers):
            return await self._fail(Refusal.BAD_HEADER)
        if "Expect" in self._request.headers:
            headers = [header for header in headers if header[0].lower() != "expect"]
        if self._request.body_exists:
            self._body = await self._take_body()
        served_by = admission.plan.authoritative
        client = self._plane.client(served_by)
        started = perf_counter()
        try:
            response = await client.send(
                admission.method,
                admission.target,
                headers,
                self._body,
                is_write=admission.is_write,
                within_s=self._plane.settings.live.fallback_timeout_s if admission.can_fall_back else None,
            )
        except BackendFailure as failure:
            if not admission.can_fall_back or not self._is_replayable:
                raise
            modern = Observation(error=failure.refusal.observed_error, duration_s=perf_counter() - started)
            return await self._fall_back(headers, modern)
        try:
            return await self._relay(response, served_by, started, None)
        finally:
            client.release(response)

    async def _fall_back(self, headers: list[tuple[str, str]], modern: Observation) -> Answer:
        admission = self._admission
        if self._capture is None:
            self._capture = self._edge.capture()
        client = self._plane.client(Backend.LEGACY)
        started = perf_counter()
        response = await client.send(
            admission.method, admission.target, headers, self._body, is_write=admission.is_write
        )
        try:
            return await self._relay(response, Backend.LEGACY, started, modern)
        finally:
            client.release(response)

    async def _relay(
        self,
        response: aiohttp.ClientResponse,
        served_by: Backend,
        started: float,
        modern: Observation | None,
    ) -> Answer:
        """Pass the answer on; `modern` is what modern did where legacy answers in its place."""
        edge, admission, capture = self._edge, self._admission, self._capture
        outbound = edge.outbound(admission, fields(response), served_by)
        answer = Answer(
            self._request,
            response.status,
            response.reason or "",
            outbound.headers,
            closing=self._plane.is_closing,
        )
        self._answer = answer
        content = response.content
        try:
            with failures():
                chunk = content.read_nowait()
            while not content.at_eof():
                if chunk and capture is not None:
                    capture.add(chunk)
                await self._pass_on(answer, chunk)
                with failures():
                    chunk = await content.readany()
        except BackendFailure:
            if not answer.prepared:
                raise
            answer.break_off()
            self._settle_failed()
            return answer
        if chunk and capture is not None:
            capture.add(chunk)
        duration_s = perf_counter() - started
        await answer.write_eof(chunk)
        self._is_settled = True
        try:
            if modern is None:
                edge.answered(admission, outbound, response.status, duration_s, capture, self._sent)
            elif capture is not None:
                edge.fell_back(admission, modern, outbound, response.status, duration_s, capture)
        except Exception:
            # The client has its answer; nothing that goes wrong with the copy may touch the connection.
            log.exception("mirror_failed", endpoint=admission.name)
        return answer

    async def _pass_on(self, answer: Answer, chunk: bytes) -> None:
        try:
            await answer.write(chunk)
        except ConnectionError:
            # The client of a write is gone; the answer is read to its end all the same.
            if not self._admission.is_write:
                raise

    async def _take_body(self) -> bytes | AsyncIterator[bytes]:
        """The whole body of a read that may have to be sent twice, if it is small; else a stream."""
        length = self._request.content_length
        if (
            self._admission.plan.shadow is not None
            and length is not None
            and length <= self._plane.settings.mirror.capture_bytes
        ):
            return await self._upload.whole()
        return self._upload.pieces()

    @property
    def _is_replayable(self) -> bool:
        return self._body is None or isinstance(self._body, bytes)

    @property
    def _sent(self) -> bytes | None:
        return b"" if self._body is None else self._body if isinstance(self._body, bytes) else None

    async def _fail(self, refusal: Refusal) -> Answer:
        if self._upload.is_broken:
            return self._gone()
        self._settle_failed()
        return await _refuse(
            self._request, refusal, self._admission.request_id, closing=self._request.body_exists
        )

    def _settle_failed(self) -> None:
        if not self._is_settled:
            self._is_settled = True
            self._edge.failed(self._admission)

    def _gone(self) -> Answer:
        answer = Answer(self._request, 400, "", (), closing=True)
        answer.break_off()
        return answer


async def _refuse(request: web.BaseRequest, refusal: Refusal, request_id: str, *, closing: bool) -> Answer:
    body = refusal.body(request_id)
    headers = [*refusal.headers(request_id), ("Content-Length", str(len(body)))]
    reason = _REASONS.get(refusal.status, "")
    answer = Answer(request, refusal.status, reason, headers, closing=closing)
    await answer.write_eof(body)
    return answer


_REASONS = {
    400: "Bad Request",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    508: "Loop Detected",
}
