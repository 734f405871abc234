"""Stands between a client and a server, and loses answers after the server has acted."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass
class Losing:
    """Passes requests on; of those that may change anything so many answers, from the first on, never arrive."""

    upstream: int
    lose: int
    asked: list[bytes] = field(default_factory=list)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        there, back = await asyncio.open_connection("127.0.0.1", self.upstream)
        self._open |= {writer, back}
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await _message(reader)
                self.asked.append(request.split(b"\r\n")[0])
                back.write(request)
                answer = await _message(there)
                if request.startswith(b"POST") and self.lose:
                    self.lose -= 1
                    break
                writer.write(answer)
        for one in (writer, back):
            one.close()
            self._open.discard(one)

    def close(self) -> None:
        """Whoever is connected is not any more."""
        for one in self._open:
            one.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


@asynccontextmanager
async def losing_answers(upstream: int, lose: int) -> AsyncIterator[tuple[int, Losing]]:
    """The port to ask instead, and what was asked."""
    made = Losing(upstream, lose)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], made
    finally:
        server.close()
        made.close()
