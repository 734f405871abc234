"""One request on its way through aiohttp: to its authoritative backend, and its answer to the client."""

from collections.abc import AsyncIterator
from time import perf_counter
from typing import Protocol

import aiohttp
import structlog
from aiohttp import web

from parity.exchange import Backend, Observation
from proxy.aiohttp_answer import Answer
from proxy.aiohttp_backend import BackendClient, BackendFailure, failures, fields, is_sendable
from proxy.capture import Capture
from proxy.edge import Admission, Edge
from proxy.metrics import NOBODY
from proxy.refusals import Refusal
from proxy.settings import ProxySettings
from proxy.telemetry import ABANDONED, Telemetry

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Ways(Protocol):
    """What a request needs of its data plane."""

    settings: ProxySettings

    @property
    def is_closing(self) -> bool:
        """Whether the answer should close the connection."""
        ...

    def client(self, backend: Backend) -> BackendClient:
        """The way to that backend."""
        ...


class Upload:
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


class Forwarding:
    """One request on its way; reports to the edge exactly once how it ended."""

    __slots__ = (
        "_admission",
        "_answer",
        "_body",
        "_capture",
        "_edge",
        "_error",
        "_is_settled",
        "_request",
        "_served_by",
        "_started",
        "_telemetry",
        "_upload",
        "_ways",
    )

    def __init__(
        self, ways: Ways, edge: Edge, telemetry: Telemetry, request: web.BaseRequest, admission: Admission
    ) -> None:
        self._ways = ways
        self._edge = edge
        self._telemetry = telemetry
        self._started = perf_counter()
        self._served_by = NOBODY
        self._error = ABANDONED
        self._request = request
        self._admission = admission
        self._capture: Capture | None = edge.capture() if admission.mirrored else None
        self._upload = Upload(request)
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
            self._settle_failed(Refusal.INTERNAL.word)
            return self._answer
        finally:
            self._edge.ended(admission)
            if not self._is_settled:
                self._edge.abandoned(admission)
            if self._capture is not None:
                self._capture.release()
            self._tell()

    async def _forward(self) -> Answer:
        admission = self._admission
        if not is_sendable(admission.target, admission.headers):
            return await self._fail(Refusal.BAD_HEADER)
        if self._request.body_exists:
            self._body = await self._take_body()
        served_by = admission.plan.authoritative
        client = self._ways.client(served_by)
        started = perf_counter()
        try:
            response = await client.send(
                admission.method,
                admission.target,
                self._headers_for(served_by),
                self._body,
                is_write=admission.is_write,
                within_s=self._ways.settings.forward.fallback_timeout_s if admission.can_fall_back else None,
            )
        except BackendFailure as failure:
            if not admission.can_fall_back or not self._is_replayable:
                raise
            modern = Observation(error=failure.refusal.observed_error, duration_s=perf_counter() - started)
            return await self._fall_back(modern)
        try:
            return await self._relay(response, served_by, started, None)
        finally:
            client.release(response)

    async def _fall_back(self, modern: Observation) -> Answer:
        admission = self._admission
        if self._capture is None:
            self._capture = self._edge.capture()
        client = self._ways.client(Backend.LEGACY)
        started = perf_counter()
        response = await client.send(
            admission.method,
            admission.target,
            self._headers_for(Backend.LEGACY),
            self._body,
            is_write=admission.is_write,
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
        edge.answering(admission, response.status)
        outbound = edge.outbound(admission, fields(response.raw_headers), served_by)
        answer = Answer(
            self._request,
            response.status,
            response.reason or "",
            outbound.headers,
            closing=self._ways.is_closing,
        )
        self._answer = answer
        self._served_by = served_by.value
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
        except BackendFailure as failure:
            if not answer.prepared:
                raise
            answer.break_off()
            self._settle_failed(failure.refusal.word)
            return answer
        if chunk and capture is not None:
            capture.add(chunk)
        duration_s = perf_counter() - started
        await answer.write_eof(chunk)
        self._is_settled = True
        self._error = ""
        try:
            if modern is None:
                edge.answered(admission, outbound, response.status, duration_s, capture, self._sent)
            elif capture is not None:
                edge.fell_back(admission, modern, outbound, response.status, duration_s, capture)
        except Exception:
            # The client has its answer; nothing that goes wrong with the copy may touch the connection.
            log.exception("mirror_failed", endpoint=admission.name)
        return answer

    def _headers_for(self, backend: Backend) -> list[tuple[str, str]]:
        headers = self._admission.headers_for(backend)
        if "Expect" in self._request.headers:
            return [header for header in headers if header[0].lower() != "expect"]
        return headers

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
            and length <= self._ways.settings.mirror.capture_bytes
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
        self._settle_failed(refusal.word)
        self._served_by = NOBODY
        self._answer = await refuse(
            self._request, refusal, self._admission.request_id, closing=self._request.body_exists
        )
        return self._answer

    def _tell(self) -> None:
        answer = self._answer
        status, sent_bytes = (
            (0, 0) if answer is None or not answer.prepared else (answer.status, answer.sent_bytes)
        )
        duration_s = perf_counter() - self._started
        self._telemetry.served(self._admission, self._served_by, status, duration_s, sent_bytes, self._error)

    def _settle_failed(self, error: str) -> None:
        self._error = error
        if not self._is_settled:
            self._is_settled = True
            self._edge.failed(self._admission)

    def _gone(self) -> Answer:
        answer = Answer(self._request, 400, "", (), closing=True)
        answer.break_off()
        return answer


async def refuse(request: web.BaseRequest, refusal: Refusal, request_id: str, *, closing: bool) -> Answer:
    """Give the client an answer of the proxy's own."""
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
