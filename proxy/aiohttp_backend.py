"""The way to a backend through aiohttp: pooled connections for clients, others for copies."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp.typedefs import RawHeaders
from multidict import CIMultiDict
from yarl import URL

from proxy.capture import Capture
from proxy.headers import Headers
from proxy.mirror import Copy, Reply
from proxy.refusals import Refusal
from proxy.settings import ForwardSettings, MirrorSettings

MAX_FIELD_BYTES = 32_768
_SKIPPED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class BackendFailure(Exception):  # noqa: N818 -- not an error of ours: the backend's, which the client is told
    """A backend gave no whole answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value[2])
        self.refusal = refusal


@contextmanager
def failures() -> Iterator[None]:
    """Whatever aiohttp raises becomes a `BackendFailure` that says what the client is to be told."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError:
        raise BackendFailure(Refusal.UNREACHED) from None
    except TimeoutError:
        raise BackendFailure(Refusal.SILENT) from None
    except aiohttp.ClientConnectorError:
        raise BackendFailure(Refusal.REFUSED) from None
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError):
        raise BackendFailure(Refusal.BROKEN) from None
    except aiohttp.ClientError:
        raise BackendFailure(Refusal.MALFORMED) from None


class BackendClient:
    """The requests of clients to one backend; at most `connections` at a time, the next ones wait for `wait_s`.

    A read is sent again by aiohttp if a pooled connection turns out to be closed before any byte of the
    answer came; a write never is, because nobody knows whether it was committed.
    """

    def __init__(self, url: str, settings: ForwardSettings) -> None:
        self._url = url
        self._settings = settings
        self.in_use = 0
        self._free = asyncio.Semaphore(settings.connections)
        self._connector = connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=settings.idle_s)
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=settings.connect_timeout_s, sock_read=settings.answer_timeout_s
        )
        self._reads = _session(connector, timeout)
        self._writes = _once(_session(connector, timeout))

    async def send(
        self,
        method: str,
        target: str,
        headers: Headers,
        body: bytes | AsyncIterator[bytes] | None,
        *,
        is_write: bool,
        within_s: float | None = None,
    ) -> aiohttp.ClientResponse:
        """The answer as soon as its head is there; the caller hands it to `release` when done with it.

        `within_s` bounds the wait for the head. Raises `BackendFailure`.
        """
        await self._take()
        try:
            session = self._writes if is_write else self._reads
            with failures():
                async with asyncio.timeout(within_s):
                    return await session.request(
                        method,
                        URL(self._url + target, encoded=True),
                        headers=CIMultiDict(headers),
                        data=body,
                        allow_redirects=False,
                    )
        except BaseException:
            self._give_back()
            raise

    def release(self, response: aiohttp.ClientResponse) -> None:
        """Its connection goes back to the pool if the answer was read to its end, else it is closed."""
        response.release()
        self._give_back()

    @property
    def idle(self) -> int:
        """How many open connections wait for a request."""
        return sum(map(len, self._connector._conns.values()))  # noqa: SLF001 -- aiohttp has no public figure

    async def close(self) -> None:
        """Close all connections."""
        await self._writes.close()
        await self._reads.close()

    async def _take(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
        else:
            try:
                async with asyncio.timeout(self._settings.wait_s):
                    await self._free.acquire()
            except TimeoutError:
                raise BackendFailure(Refusal.BUSY) from None
        self.in_use += 1

    def _give_back(self) -> None:
        self.in_use -= 1
        self._free.release()


class ShadowClient:
    """Copies to one backend: connections of their own, one attempt, a deadline for the whole answer."""

    def __init__(
        self,
        url: str,
        settings: MirrorSettings,
        idle_s: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._url = url
        self._clock = clock
        connector = aiohttp.TCPConnector(limit=settings.concurrency, keepalive_timeout=idle_s)
        self._session = _once(_session(connector, aiohttp.ClientTimeout(total=settings.timeout_s)))

    async def send(self, copy: Copy, capture: Capture) -> Reply:
        """One attempt; the answer's body goes into the capture."""
        started = self._clock()
        try:
            with failures():
                async with self._session.request(
                    copy.method,
                    URL(self._url + copy.target, encoded=True),
                    headers=CIMultiDict(copy.headers),
                    data=copy.body or None,
                    allow_redirects=False,
                ) as response:
                    while chunk := await response.content.readany():
                        if not capture.add(chunk):
                            response.close()
                            break
                    return Reply(response.status, fields(response.raw_headers), self._clock() - started)
        except BackendFailure as failure:
            return Reply(error=failure.refusal.observed_error, duration_s=self._clock() - started)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def fields(raw_headers: RawHeaders) -> list[tuple[str, str]]:
    """Headers as they were on the wire, order, repeats and spelling kept; bytes that are no UTF-8 as surrogates."""
    return [
        (name.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape"))
        for name, value in raw_headers
    ]


def is_sendable(target: str, headers: Headers) -> bool:
    """Whether aiohttp can send these: it would leave out bytes that are no UTF-8, without a word."""
    if target.isascii() and all(value.isascii() for _, value in headers):
        return True
    try:
        "".join([target, *(value for _, value in headers)]).encode()
    except UnicodeEncodeError:
        return False
    return True


def _session(connector: aiohttp.TCPConnector, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        connector_owner=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=_SKIPPED,
        timeout=timeout,
        max_line_size=MAX_FIELD_BYTES,
        max_field_size=MAX_FIELD_BYTES,
    )


def _once(session: aiohttp.ClientSession) -> aiohttp.ClientSession:
    # aiohttp sends PUT and DELETE again when a pooled connection was closed on it, though the backend may
    # have committed them; there is no public switch. `test_a_write_is_never_sent_twice` guards it.
    session._retry_connection = False  # noqa: SLF001 -- see above
    return session
