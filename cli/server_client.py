"""Requests to the API of a console, each a call that returns; everything that can go wrong is one sentence.

An answer that did not come says nothing of what was done. What only reads, and every change that may be asked for again
(`proxy/flag_changes.py`), is therefore sent again for a while.
"""

import asyncio
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import msgspec

from cli.errors import CliError, NotAllowedError, UnavailableError, UsageError
from cli.server import Server
from proxy.console.answers import Refusal

API_HEADER = "Crossfade-Api"
API_VERSION = "1"
ASK_AGAIN_S = 15.0
"""How long a change is sent again whose answer was lost; what only reads for less, for nobody fears for it."""
READ_AGAIN_S = 2.0

_PREFIX = "/api/v1"
_CONNECT_S = 5.0
_MAX_ANSWER_BYTES = 256 * 2**20
_PAUSES_S = (0.1, 0.3, 1.0)
_BROKEN_OFF = frozenset({502, 503, 504})
"""What whoever is in between, or a console that is busy, says: it may be done, or not."""
_KINDS: Mapping[int, type[CliError]] = {
    401: UsageError,
    403: NotAllowedError,
    404: UsageError,
    409: NotAllowedError,
    413: UsageError,
    422: UsageError,
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    api: str
    body: bytes


class _LostError(Exception):
    """The answer did not come: the message is why."""


class _NotSentError(_LostError):
    """There was no connection: nothing was asked."""


class ServerClient:
    """One server. Used by one thread at a time; others wait."""

    def __init__(self, server: Server, *, ask_again_s: float = ASK_AGAIN_S) -> None:
        self._server = server
        self._ask_again_s = ask_again_s
        self._tls = server.trusting() if server.url.startswith("https://") else False
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._session: aiohttp.ClientSession | None = None
        self._turn = threading.Lock()

    def get(self, path: str, answer: type[T], /, **query: Any) -> T:
        """What is at a path; raises CliError."""
        given = {name: _text(value) for name, value in query.items() if value is not None}
        return self._asked("GET", path, answer, query=given)

    def post(self, path: str, answer: type[T], body: Mapping[str, Any], /) -> T:
        """What a change came to; raises CliError. It must be one that may be asked for again."""
        return self._asked("POST", path, answer, body=msgspec.json.encode(body))

    def close(self) -> None:
        """Leave no connection behind; a request under way in another thread ends with the process."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._session is not None:
                self._runner.run(self._session.close())
                self._session = None
            self._runner.close()
        finally:
            self._turn.release()

    def _asked(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> T:
        again_s = self._ask_again_s if method == "POST" else min(READ_AGAIN_S, self._ask_again_s)
        until = time.monotonic() + again_s
        pauses = iter(_PAUSES_S)
        was_sent = False
        while True:
            try:
                with self._turn:
                    found = self._runner.run(self._send(method, path, query, body))
                if found.api == API_VERSION and found.status not in _BROKEN_OFF:
                    return self._read(found, answer)
                lost = _LostError(self._said(found))
                if found.status not in _BROKEN_OFF:
                    raise UnavailableError(str(lost))
            except _LostError as error:
                lost = error
            if isinstance(lost, _NotSentError) and not was_sent:
                raise UnavailableError(str(lost))
            was_sent = True
            pause_s = next(pauses, _PAUSES_S[-1])
            if time.monotonic() + pause_s > until:
                raise UnavailableError(self._unknown(method, lost))
            time.sleep(pause_s)

    async def _send(
        self, method: str, path: str, query: Mapping[str, str] | None, body: bytes | None
    ) -> _Answer:
        url = f"{self._server.url}{_PREFIX}{path}"
        headers = {"Authorization": f"Bearer {self._server.token}", "Content-Type": "application/json"}
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls, limit=1),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._server.timeout_s, sock_connect=_CONNECT_S),
            )
        try:
            async with self._session.request(
                method, url, params=query, data=body, headers=headers, allow_redirects=False
            ) as answer:
                body_bytes = await self._whole(answer)
                return _Answer(answer.status, answer.headers.get(API_HEADER, ""), body_bytes)
        except aiohttp.ClientConnectorCertificateError as error:
            why = getattr(error.certificate_error, "verify_message", "") or error.certificate_error
            raise UnavailableError(
                f"the certificate of {self._server.url} is not trusted: {why}; remote.ca may name a PEM file to trust"
            ) from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _NotSentError(f"{self._server.url} cannot be reached: {_reason(error)}") from error
        except TimeoutError as error:
            raise _LostError(
                f"{self._server.url} did not answer within {self._server.timeout_s:g} s (remote.timeout_s)"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _LostError(f"{self._server.url} broke off: {_reason(error)}") from error

    async def _whole(self, answer: aiohttp.ClientResponse) -> bytes:
        found = bytearray()
        async for piece in answer.content.iter_any():
            found += piece
            if len(found) > _MAX_ANSWER_BYTES:
                raise UnavailableError(
                    f"{self._server.url} answers more than {_MAX_ANSWER_BYTES // 2**20} MiB: ask for less (--domain, --since)"
                )
        return bytes(found)

    def _read(self, found: _Answer, answer: type[T]) -> T:
        try:
            if found.status == 200:
                return msgspec.json.decode(found.body, type=answer)
            error = msgspec.json.decode(found.body, type=Refusal).error
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise UnavailableError(
                f"{self._server.url} answers what this version of Crossfade cannot read ({fault}): use the same version here"
            ) from fault
        said = "\n".join(error.lines) or error.message
        raise _KINDS.get(found.status, UnavailableError)(
            f"{self._server.url} says: {said}" if found.status in {401, 403} else said
        )

    def _said(self, found: _Answer) -> str:
        """What is wrong with an answer that is none of ours, or that says that it is too much now."""
        if not found.api:
            return f"{self._server.url} is no console of Crossfade: it answers {found.status} without {API_HEADER}"
        if found.api != API_VERSION:
            return (
                f"{self._server.url} speaks version {found.api[:20]} of the API and this Crossfade version {API_VERSION}:"
                " use the version that the server has"
            )
        try:
            return msgspec.json.decode(found.body, type=Refusal).error.message
        except (msgspec.DecodeError, UnicodeDecodeError):
            return f"{self._server.url} answers {found.status}"

    @staticmethod
    def _unknown(method: str, lost: Exception) -> str:
        if method == "GET":
            return str(lost)
        return (
            f"{lost}; whether the change was made is not known: crossfade history tells, and it is safe to ask again"
            " with what that says"
        )


def _reason(error: BaseException) -> str:
    cause = getattr(error, "os_error", None) or error
    number = getattr(cause, "errno", None) or 0
    if number > 0:  # below are those of name resolution, which have words of their own
        return os.strerror(number)
    return str(getattr(cause, "strerror", None) or cause) or type(error).__name__


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
