"""An answer on its way to the client, written to aiohttp's connection byte for byte as it came."""

import socket
import struct
from collections.abc import Iterable
from http import HTTPStatus
from typing import cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11

from proxy.headers import Headers

_NO_LINGER = struct.pack("ii", 1, 0)
_CLOSE = ("Connection", "close")
_KEEP = ("Connection", "keep-alive")
_CHUNKED = ("Transfer-Encoding", "chunked")


class Answer(web.StreamResponse):
    """A response whose head is what the backend said and nothing else.

    aiohttp's own would add `Server`, `Date` and `Content-Type`, and lose header bytes that are no UTF-8.
    The head goes out together with the first piece of the body. Every method that writes raises
    `ConnectionError` when the client is gone.
    """

    def __init__(
        self, request: web.BaseRequest, status: int, reason: str, headers: Headers, *, closing: bool
    ) -> None:
        super().__init__(status=status, reason=reason)
        self._request = request
        self._alive = request.keep_alive and not closing
        is_http11 = request.version >= HttpVersion11
        self._is_bodiless = request.method == "HEAD" or status in {204, 304}
        sized = any(name.lower() == "content-length" for name, _ in headers)
        fields = list(headers)
        self._is_chunked = False
        if status == HTTPStatus.NO_CONTENT:
            fields = [header for header in fields if header[0].lower() != "content-length"]
        elif not sized and not self._is_bodiless:
            if is_http11:
                self._is_chunked = True
                fields.append(_CHUNKED)
            else:
                self._alive = False
        if not self._alive:
            fields.append(_CLOSE)
        elif not is_http11:
            fields.append(_KEEP)
        lines = [
            f"HTTP/1.1 {status} {reason}\r\n",
            *(f"{name}: {value}\r\n" for name, value in fields),
            "\r\n",
        ]
        self._head: bytes | None = "".join(lines).encode("utf-8", "surrogateescape")
        self._is_done = False
        self._is_broken = False
        self.sent_bytes = 0

    @property
    def keep_alive(self) -> bool:
        """Whether the connection takes another request."""
        return self._alive

    @property
    def prepared(self) -> bool:
        """Whether the head is out."""
        return self._head is None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Called by aiohttp when the handler has returned; there is nothing left to prepare."""
        if self._is_broken:
            raise ConnectionResetError("the answer was broken off")
        return request.writer

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a piece of the body, and the head before the first; an empty piece sends the head alone."""
        pieces: list[bytes | bytearray | memoryview] = []
        if self._head is not None:
            pieces.append(self._head)
            self._head = None
        if data and not self._is_bodiless:
            pieces += (b"%x\r\n" % len(data), data, b"\r\n") if self._is_chunked else (data,)
        await self._send(pieces)

    async def write_eof(self, data: bytes | bytearray | memoryview = b"") -> None:
        """Send the last piece and the end; without effect the second time."""
        if self._is_done:
            return
        self._is_done = True
        pieces: list[bytes | bytearray | memoryview] = []
        if self._head is not None:
            pieces.append(self._head)
            self._head = None
        if data and not self._is_bodiless:
            pieces += (b"%x\r\n" % len(data), data, b"\r\n") if self._is_chunked else (data,)
        if self._is_chunked:
            pieces.append(b"0\r\n\r\n")
        await self._send(pieces)

    def break_off(self) -> None:
        """Reset the connection, so that the client cannot take what it has for the whole answer."""
        self._is_done = self._is_broken = True
        self._alive = False
        transport = self._request.transport
        if transport is not None:
            raw = cast("socket.socket | None", transport.get_extra_info("socket"))
            if raw is not None and raw.family != socket.AF_UNIX:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            transport.abort()

    async def _send(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        data = b"".join(pieces)
        if not data:
            return
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        transport.write(data)
        self.sent_bytes += len(data)
        await self._request.writer.drain()
