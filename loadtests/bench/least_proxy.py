"""The floor: the least that can be called a proxy on this loop and parser, so that a target tells what it leaves to us.

Heads are taken apart by httptools and put together again without the hop-by-hop lines; connections to the backend are
kept. No route, no rule, no limit, no timeout, no error, no count. `python -m loadtests.bench.least_proxy BACKEND_PORT`;
prints `{"port": P}` when it is ready.
"""

import asyncio
import json
import sys
from typing import cast

import httptools
import uvloop

_HOP = frozenset({b"connection", b"keep-alive", b"te", b"transfer-encoding", b"upgrade"})


class _End(asyncio.Protocol):
    """What both ends have: a transport, and the lines and the content of the message that comes."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.lines: list[bytes] = []
        self.content: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def on_message_begin(self) -> None:
        self.lines = []
        self.content = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() not in _HOP:
            self.lines.append(b"%b: %b\r\n" % (name, value))

    def on_body(self, content: bytes) -> None:
        self.content.append(content)

    def message(self, start: bytes) -> bytes:
        return b"".join([start, *self.lines, b"\r\n", *self.content])


class _Backend(_End):
    def __init__(self, idle: list["_Backend"]) -> None:
        super().__init__()
        self._parser = httptools.HttpResponseParser(self)
        self._idle = idle
        self.client: _Client

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._idle.append(self)
        self.client.transport.write(self.message(b"HTTP/1.1 %d OK\r\n" % self._parser.get_status_code()))


class _Client(_End):
    def __init__(self, idle: list[_Backend], port: int) -> None:
        super().__init__()
        self._parser = httptools.HttpRequestParser(self)
        self._idle = idle
        self._port = port
        self._url = b""
        self._connecting: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_message_complete(self) -> None:
        request = self.message(b"%b %b HTTP/1.1\r\n" % (self._parser.get_method(), self._url))
        if self._idle:
            self._send(self._idle.pop(), request)
        else:
            self._connecting = asyncio.create_task(self._connect(request))

    async def _connect(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, backend = await loop.create_connection(lambda: _Backend(self._idle), "127.0.0.1", self._port)
        self._send(backend, request)

    def _send(self, backend: _Backend, request: bytes) -> None:
        backend.client = self
        backend.transport.write(request)


async def _serve(backend_port: int) -> None:
    idle: list[_Backend] = []
    server = await asyncio.get_running_loop().create_server(
        lambda: _Client(idle, backend_port), "127.0.0.1", 0, backlog=4096
    )
    sys.stdout.write(json.dumps({"port": server.sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
