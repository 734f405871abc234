"""Two ends that do exactly what a script says, and the proxy between them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from tests.wire.messages import Message, UnreadableError, requests_in

PATIENCE_S = 5.0


class Act(Enum):
    """What a script may do beside sending bytes."""

    FINISH = "half-closes"
    CLOSE = "closes"
    RESET = "resets"
    AT_HEAD = "goes on as soon as the head is there"


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until the other side has sent this."""

    seen: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, so that what comes next is a segment of its own."""

    s: float = 0.02


Step = bytes | Act | Until | Pause
Script = tuple[Step, ...]
OK: Script = (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",)


class End(asyncio.Protocol):
    """One end of a connection. `ended` is empty, `closed` or `reset`."""

    def __init__(self, accepted: Callable[["End"], None] | None = None) -> None:
        self.got = bytearray()
        self.ended = ""
        self._accepted = accepted
        self._changed = asyncio.Event()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._accepted is not None:
            self._accepted(self)

    def data_received(self, data: bytes) -> None:
        self.got += data
        self._changed.set()

    def eof_received(self) -> bool:
        self.ended = "closed"
        self._changed.set()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = "reset" if isinstance(error, ConnectionError) else self.ended or "closed"
        self._changed.set()

    async def until(self, condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> bool:
        """Wait for what bytes or the end of the other side bring about; False: it did not come."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def play(self, steps: Sequence[Step], since: int = 0) -> bool:
        """Do these; False when the connection is not to be used after them."""
        for step in steps:
            match step:
                case Until(seen):
                    await self.until(lambda seen=seen: seen in self.got[since:] or bool(self.ended))  # type: ignore[misc]  # a default binds the loop's value
                case Pause(s):
                    await asyncio.sleep(s)
                case Act.FINISH:
                    self.transport.write_eof()
                case Act.CLOSE:
                    self.transport.close()
                    return False
                case Act.RESET:
                    self.reset()
                    return False
                case bytes():
                    self.transport.write(step)
                case _:
                    pass
        return True

    def reset(self) -> None:
        """End with RST."""
        import socket
        import struct

        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


@dataclass
class ScriptedBackend:
    """Answers the n-th request by the n-th script, the ones after the last with `OK`; keeps all bytes."""

    scripts: Sequence[Script] = ()
    ends: list[End] = field(default_factory=list)
    port: int = 0
    unreadable: str = ""
    _started: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def raw(self) -> bytes:
        """All that came, of all connections."""
        return b"".join(bytes(end.got) for end in self.ends)

    @property
    def requests(self) -> list[Message]:
        """All that came, the last of each connection perhaps not whole. Raises `UnreadableError`."""
        return [message for end in self.ends for message in requests_in(bytes(end.got))]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: End(self._accept), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in self.ends:
            end.transport.abort()

    async def restart(self, scripts: Sequence[Script]) -> None:
        """Forget what was, close what is open, and go on with these scripts once the proxy has seen that."""
        was_open = any(not end.transport.is_closing() for end in self.ends)
        for end in self.ends:
            end.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.sleep(0.004 if was_open else 0)
        self.ends, self.scripts, self._started, self.unreadable = [], scripts, 0, ""

    def _accept(self, end: End) -> None:
        self.ends.append(end)
        task = asyncio.get_running_loop().create_task(self._serve(end))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, end: End) -> None:
        at = 0
        try:
            while True:
                await end.until(lambda: bool(end.ended) or b"\r\n\r\n" in end.got[at:], 3_600)  # noqa: B023 -- evaluated before `at` changes
                if b"\r\n\r\n" not in end.got[at:]:
                    break
                script = self.scripts[self._started] if self._started < len(self.scripts) else OK
                self._started += 1
                if Act.AT_HEAD not in script:
                    await end.until(lambda: bool(end.ended) or self._is_whole(end, at), 3_600)  # noqa: B023 -- as above
                    if not self._is_whole(end, at):
                        break
                if not await end.play(script, at):
                    return
                await end.until(lambda: bool(end.ended) or self._is_whole(end, at), 3_600)  # noqa: B023 -- as above
                if not self._is_whole(end, at):
                    break
                at += requests_in(bytes(end.got[at:]))[0].end
        except UnreadableError as error:
            self.unreadable = str(error)
        end.transport.close()

    @staticmethod
    def _is_whole(end: End, at: int) -> bool:
        found = requests_in(bytes(end.got[at:]))
        return bool(found) and found[0].is_whole


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[End]:
    """A client's end."""
    _, end = await asyncio.get_running_loop().create_connection(End, "127.0.0.1", port)
    try:
        yield end
    finally:
        end.transport.abort()
