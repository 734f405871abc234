"""The seam between what the proxy decides and how bytes move.

Everything in `edge`, `mirror`, `handover`, `flags` and what they stand on is used by a data plane as it is.
A data plane does input and output only: it parses requests, asks the edge, forwards, and reports back.
"""

from typing import Protocol

from parity.exchange import Backend
from proxy.edge import Edge
from proxy.mirror import ShadowSender
from proxy.settings import ProxySettings


class DataPlane(Protocol):
    """How bytes move between client, backends and shadow. Used on one event loop."""

    @property
    def is_closing(self) -> bool:
        """Whether no new connection is accepted any more."""
        ...

    def sender(self, backend: Backend) -> ShadowSender:
        """The way for copies to that backend: its own connections, no retry; it stays good through `reconfigure`."""
        ...

    async def bind(self, edge: Edge) -> int:
        """Take the port, without serving yet; returns it. Raises `ListenError`."""
        ...

    async def serve(self) -> None:
        """Accept connections from now on."""
        ...

    def reconfigure(self, edge: Edge, settings: ProxySettings) -> None:
        """Ask this edge from now on, within these bounds; connections stay, requests in flight keep what they have.

        What it listens on does not change. Raises `ProxyError` and changes nothing when it cannot.
        """
        ...

    async def stop_accepting(self) -> None:
        """Take no new connection; answers say `Connection: close` from now on."""
        ...

    async def finish(self, timeout_s: float) -> None:
        """Let the requests in flight finish within that time, then break off the rest."""
        ...

    async def close(self) -> None:
        """Let go of all connections to the backends."""
        ...
