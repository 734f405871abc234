"""The shadow that misbehaves: answers late, or takes requests and never answers.

`python -m loadtests.bench.slow_backend --work-ms 200` or `--hang`; prints `{"port": P}` when it is ready. Made by hand,
so that it takes little of the core that it shares with the load.
"""

import argparse
import asyncio
import json
import sys
from typing import cast

import uvloop

_BODY = b'{"slow":true}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY
)
_END_OF_HEAD = b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """Answers each request without a body `work_s` after its head has come; None: never."""

    def __init__(self, work_s: float | None) -> None:
        self._work_s = work_s
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods alone

    def data_received(self, data: bytes) -> None:
        """Count the heads that are whole."""
        if self._work_s is None:
            return
        *heads, self._received = (self._received + data).split(_END_OF_HEAD)
        for _ in heads:
            asyncio.get_running_loop().call_later(self._work_s, self._answer)

    def _answer(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_ANSWER)


async def serve(*, work_s: float | None) -> None:
    """Serve on a free port until ended."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(work_s), "127.0.0.1", 0, backlog=4096
    )
    sys.stdout.write(json.dumps({"port": server.sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work-ms", type=float, default=200.0)
    parser.add_argument("--hang", action="store_true")
    options = parser.parse_args()
    uvloop.run(serve(work_s=None if options.hang else options.work_ms / 1_000))


if __name__ == "__main__":
    main()
