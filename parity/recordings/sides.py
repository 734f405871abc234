"""Sending a recorded request to a running backend, and what it did, as an observation."""

import asyncio
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import aiohttp
from yarl import URL

from parity.bodies import BOUNDS
from parity.exchange import Observation
from parity.recordings.line import RecordedExchange

# of the connection on which it was recorded, or computed anew for this one
_NOT_SENT = frozenset(
    {
        *(
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "keep-alive",
            "te",
            "trailer",
            "upgrade",
        ),
        *("expect", "proxy-connection", "proxy-authorization", "accept-encoding", "http2-settings"),
    }
)
_INTERNAL = "x-crossfade-"
"""What a client sends cannot steer a backend by our own headers."""


class Side(Protocol):
    """One backend, as a replay needs it."""

    async def send(self, exchange: RecordedExchange) -> Observation:
        """What it did; a backend at fault is no exception."""
        ...


@dataclass(frozen=True, slots=True)
class SideSettings:
    """`url` is `http://…` or `https://…`; `socket` the Unix socket behind it, if there is one.

    Of an answer over `max_body_bytes` no more is read: it will be `skipped`.
    """

    url: str
    socket: Path | None = None
    tls: ssl.SSLContext | None = None
    timeout_s: float = 20.0
    connections: int = 8
    max_body_bytes: int = BOUNDS.max_bytes


class HttpSide:
    """A backend by its address. Nothing is sent twice, redirects are not followed, cookies are as recorded."""

    def __init__(self, settings: SideSettings) -> None:
        self._settings = settings
        self._reads: aiohttp.ClientSession | None = None
        self._writes: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._reads = self._opened()
        # a write on a connection that the backend is about to close would be lost, or sent again by aiohttp
        self._writes = self._opened(force_close=True, middlewares=(_once,))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (self._reads, self._writes):
            if session is not None:
                await session.close()

    async def send(self, exchange: RecordedExchange) -> Observation:
        """What it did; `timeout`, `refused` (no connection) and `broken` (no whole answer) are errors of its."""
        session = self._reads if exchange.is_read else self._writes
        if session is None:
            raise AssertionError("a side is used as a context")
        headers = [
            (name, value)
            for name, value in exchange.headers
            if name.lower() not in _NOT_SENT and not name.lower().startswith(_INTERNAL)
        ]
        url = URL(self._settings.url.rstrip("/") + exchange.target, encoded=True)
        started = time.perf_counter()
        try:
            async with session.request(
                exchange.method,
                url,
                headers=[*headers, ("Accept-Encoding", "identity")],
                data=exchange.body or None,
                allow_redirects=False,
            ) as answer:
                body = await _read(answer.content, self._settings.max_body_bytes + 1)
                counted = answer.headers.get("X-Query-Count", "")
                return Observation(
                    status=answer.status,
                    headers=tuple((name.lower(), value) for name, value in answer.headers.items()),
                    body=body,
                    duration_s=time.perf_counter() - started,
                    query_count=int(counted) if counted.isdecimal() else None,
                )
        except TimeoutError:
            fault = "timeout"
        except aiohttp.ClientConnectorError:
            fault = "refused"
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError, ValueError):
            fault = "broken"
        return Observation(error=fault, duration_s=time.perf_counter() - started)

    def _opened(
        self, *, force_close: bool = False, middlewares: tuple[aiohttp.ClientMiddlewareType, ...] = ()
    ) -> aiohttp.ClientSession:
        settings = self._settings
        connector: aiohttp.BaseConnector
        if settings.socket is not None:
            connector = aiohttp.UnixConnector(
                str(settings.socket), limit=settings.connections, force_close=force_close
            )
        else:
            connector = aiohttp.TCPConnector(
                limit=settings.connections, force_close=force_close, ssl=settings.tls or True
            )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=settings.timeout_s),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
            middlewares=middlewares,
        )


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a PUT or DELETE again whose connection broke: it may have been applied."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientPayloadError("the connection broke before the answer") from error


async def _read(content: aiohttp.StreamReader, most: int) -> bytes:
    pieces, size = [], 0
    while size < most and (piece := await content.read(most - size)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)
