"""Bytes on their way out: on a busy loop they are handed to the kernel together, and the books come after.

Whoever is at the other end is woken up once for all that one turn of the loop has for it, and finds the next bytes
there while it works on the first: that saves a quarter of the proxy's CPU. With few requests under way a turn is one
request, and waiting for its end would only cost another look at all sockets.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Protocol, cast

import structlog

from proxy.wire.framing import Content

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

JOINED_BYTES = 65_536
"""Up to so many bytes of a body go out in one piece with their head: to copy them costs less than to send them apart."""
_NO_LINGER = struct.pack("ii", 1, 0)
_PROBES = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""Seconds of silence before the first, seconds between two, and how many without an answer end a connection."""


class Outgoing(Protocol):
    """Where connections put what they send."""

    def put(self, transport: asyncio.Transport, data: Content) -> None:
        """Send that, after what was put before."""
        ...

    def flush(self) -> None:
        """Send all that was put, now: before a connection is closed, or asked how much it holds."""
        ...

    def after(self, act: Callable[[], None]) -> None:
        """Do that when all that was put is sent: nobody waits for it."""
        ...


class AtOnce:
    """Nothing waits."""

    def put(self, transport: asyncio.Transport, data: Content) -> None:
        """Send it."""
        transport.write(data)

    def flush(self) -> None:
        """Nothing is left."""

    def after(self, act: Callable[[], None]) -> None:
        """Do it."""
        act()


class EachTurn:
    """What is put while the loop is busy is sent at the end of its turn, else now; what comes after is done then."""

    def __init__(self, loop: asyncio.AbstractEventLoop, is_busy: Callable[[], bool]) -> None:
        self._call_soon = loop.call_soon
        self._is_busy = is_busy
        self._waiting: list[tuple[asyncio.Transport, Content]] = []
        self._acts: list[Callable[[], None]] = []

    def put(self, transport: asyncio.Transport, data: Content) -> None:
        """Send it at the end of the turn, or now."""
        if not self._waiting:
            if not self._is_busy():
                transport.write(data)
                return
            self._call_soon(self.flush)
        self._waiting.append((transport, data))

    def after(self, act: Callable[[], None]) -> None:
        """Do that at the end of the turn, or with the next one's."""
        if not self._acts:
            self._call_soon(self._finish)
        self._acts.append(act)

    def _finish(self) -> None:
        self.flush()
        acts, self._acts = self._acts, []
        for act in acts:
            try:
                act()
            except Exception:
                log.exception("books_failed")

    def flush(self) -> None:
        """Send all of it; a transport that was closed in the meantime takes nothing."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)


def reset(transport: asyncio.WriteTransport) -> None:
    """Break a connection off at once, with RST where it is TCP."""
    raw = cast("socket.socket | None", transport.get_extra_info("socket"))
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def probe(transport: asyncio.BaseTransport) -> None:
    """Have the kernel ask now and then whether the other end is there (RFC 9293 section 3.8.4), where it is TCP."""
    raw = cast("socket.socket | None", transport.get_extra_info("socket"))
    if raw is None or raw.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES.items():
        if (option := getattr(socket, name, None)) is not None:  # not every system has all of them
            raw.setsockopt(socket.IPPROTO_TCP, option, value)
