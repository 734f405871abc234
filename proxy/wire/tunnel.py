"""An upgraded connection: bytes in both directions, as they come, until one side is gone (RFC 9110 section 7.8).

It may be silent for days, so it has no deadline; who is gone without a word is found out by the kernel's probes.
"""

import asyncio

from proxy.wire.backend import BackendConnection, end
from proxy.wire.outgoing import probe


class Tunnel:
    """Between a client (near) and its authoritative backend (far). Each side slows the other down; ends one by one."""

    def __init__(self, transport: asyncio.Transport, connection: BackendConnection) -> None:
        self._transport = transport
        self._connection = connection
        self._near_ended = self._far_ended = False

    def open(self, from_far: bytes, from_near: bytes) -> None:
        """Begin with what had come before the tunnel was there."""
        self._connection.tunnel_to(self)
        probe(self._transport)
        if from_far:
            self._transport.write(from_far)
        if from_near:
            self._connection.send_through(from_near)

    def near_data(self, data: bytes) -> None:
        """Bytes of the client."""
        self._connection.send_through(data)

    def near_eof(self) -> None:
        """The client sends no more."""
        self._near_ended = True
        self._connection.write_eof()
        self._end_if_over()

    def near_lost(self) -> None:
        """The client is gone."""
        self._connection.close()

    def near_full(self) -> None:
        """The client takes nothing for now."""
        self._connection.pause_reading()

    def near_drained(self) -> None:
        """It takes more again."""
        self._connection.resume_reading()

    def far_data(self, data: bytes) -> None:
        """Bytes of the backend."""
        self._transport.write(data)

    def far_eof(self) -> None:
        """The backend sends no more."""
        self._far_ended = True
        if self._transport.can_write_eof():
            end(self._transport)
            self._end_if_over()
        else:
            self._transport.close()

    def far_lost(self) -> None:
        """The backend is gone."""
        self._transport.close()

    def far_full(self) -> None:
        """The backend takes nothing for now."""
        self._transport.pause_reading()

    def far_drained(self) -> None:
        """It takes more again."""
        self._transport.resume_reading()

    def _end_if_over(self) -> None:
        if self._near_ended and self._far_ended:
            self._connection.close()
            self._transport.close()
