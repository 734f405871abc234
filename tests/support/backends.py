"""Backends that misbehave on purpose: small real HTTP/1.1 servers on loopback that record what they got."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it was on the wire; `connection` numbers the connections from 1."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def all(self, name: str) -> list[str]:
        """Every value of that header, in any case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The first of them."""
        return next(iter(self.all(name)), None)


Behaviour = Callable[[Seen, asyncio.StreamWriter], Awaitable[bool]]
"""What a backend does with a request; False closes the connection afterwards."""


def answering(
    body: bytes = b'{"success":true}',
    *,
    status: str = "200 OK",
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    after_s: float = 0.0,
) -> Behaviour:
    """A whole answer with a `Content-Length`, after a while."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if after_s:
            await asyncio.sleep(after_s)
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if status[:3] not in {"204", "304"}:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        writer.write(head + (b"" if seen.method == "HEAD" or status[:3] in {"204", "304"} else body))
        await writer.drain()
        return True

    return behave


def sending(*pieces: bytes, pause_s: float = 0.0, stays_open: bool = False) -> Behaviour:
    """Exactly these bytes, whatever they are; then the connection is closed, unless it stays open."""

    async def behave(_seen: Seen, writer: asyncio.StreamWriter) -> bool:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if pause_s:
                await asyncio.sleep(pause_s)
        return stays_open

    return behave


def hanging() -> Behaviour:
    """No answer, and the connection stays open."""

    async def behave(_seen: Seen, _writer: asyncio.StreamWriter) -> bool:
        await asyncio.Event().wait()
        return False

    return behave


def closing() -> Behaviour:
    """The request is read, the connection closed without a byte."""

    async def behave(_seen: Seen, _writer: asyncio.StreamWriter) -> bool:
        return False

    return behave


@dataclass
class FakeBackend:
    """A backend on a port of its own, or a Unix socket; `behaviour` may be replaced at any moment."""

    behaviour: Behaviour = field(default_factory=answering)
    seen: list[Seen] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    connections: int = 0
    open_connections: int = 0
    port: int = 0
    host: str = "127.0.0.1"
    path: Path | None = None
    tls: ssl.SSLContext | None = None
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        if self.path is not None:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.tls is None else 'https'}://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Listen; on the same port as before if it was running before."""
        if self.path is not None:
            self._server = await asyncio.start_unix_server(self._accept, self.path, limit=2**20)
            return self
        self._server = await asyncio.start_server(
            self._accept, self.host, self.port, limit=2**20, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and close every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        number = self.connections
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while (seen := await self._read(reader, writer, number)) is not None:
                    self.seen.append(seen)
                    if not await _while_connected(self.behaviour(seen, writer), reader):
                        break
        finally:
            self.open_connections -= 1
            writer.close()

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> Seen | None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
        method, target, _version = line.split(" ", 2)
        self.begun.append(f"{method} {target}")
        headers = [(name, value.strip()) for name, _, value in (one.partition(":") for one in fields)]
        lowered = {name.lower(): value for name, value in headers}
        body = b""
        if lowered.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if lowered.get("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        elif "content-length" in lowered:
            body = await reader.readexactly(int(lowered["content-length"]))
        return Seen(method, target, headers, body, number)


async def _while_connected(behaviour: Awaitable[bool], reader: asyncio.StreamReader) -> bool:
    """Do it, but no longer than the peer is there."""
    doing = asyncio.ensure_future(behaviour)
    try:
        while not doing.done():
            await asyncio.wait({doing}, timeout=0.01)
            if reader.at_eof():
                break
        return doing.done() and doing.result()
    finally:
        doing.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await doing


class DeadPort:
    """A port that refuses every connection, kept from others as long as this lives."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        """Where nobody listens."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
