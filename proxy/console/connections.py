"""Bounds of connections, which aiohttp's server has not: how many there are, and how long one may say nothing whole.

A connection without a request under way is closed after a while, whether it sends a head byte by byte or is idle.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from aiohttp import web


class Connections:
    """Makes the protocol of each connection; `begin` and `end` say when a request of it is under way."""

    def __init__(self, make: Callable[[], asyncio.BaseProtocol], *, most: int, quiet_s: float) -> None:
        self._make = make
        self._most = most
        self._quiet_s = quiet_s
        self._open: dict[int, Bounded] = {}

    def __call__(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        return Bounded(self, cast("asyncio.Protocol", self._make()), self._quiet_s)

    def entered(self, transport: asyncio.BaseTransport, bounded: "Bounded") -> bool:
        """Whether there is room for one more."""
        if len(self._open) >= self._most:
            return False
        self._open[id(transport)] = bounded
        return True

    def left(self, transport: asyncio.BaseTransport) -> None:
        """It is closed."""
        self._open.pop(id(transport), None)

    def begin(self, request: web.Request) -> None:
        """Its head is whole: from now on other bounds hold."""
        if (found := self._open.get(id(request.transport))) is not None:
            found.begin()

    def end(self, request: web.Request) -> None:
        """It was answered."""
        if (found := self._open.get(id(request.transport))) is not None:
            found.end()

    def close(self) -> None:
        """Close all of them."""
        for bounded in list(self._open.values()):
            bounded.abort()


class Bounded(asyncio.Protocol):
    """One connection: everything goes on to aiohttp, and a timer runs while no request is under way."""

    def __init__(self, connections: Connections, inner: asyncio.Protocol, quiet_s: float) -> None:
        self._connections = connections
        self._inner = inner
        self._quiet_s = quiet_s
        self._transport: asyncio.BaseTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_in = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = transport
        self._is_in = self._connections.entered(transport, self)
        if not self._is_in:
            transport.close()
            return
        self._inner.connection_made(transport)
        self.end()

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        if self._is_in:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Called by the loop."""
        return self._inner.eof_received() if self._is_in else None

    def pause_writing(self) -> None:
        """Called by the loop."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Called by the loop."""
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self.begin()
        if self._is_in and self._transport is not None:
            self._connections.left(self._transport)
            self._inner.connection_lost(exc)

    def begin(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """Start it anew."""
        self.begin()
        self._timer = asyncio.get_running_loop().call_later(self._quiet_s, self.abort)

    def abort(self) -> None:
        """Close without further words."""
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()
