"""The seam between what the proxy decides and how bytes move.

Everything in `edge`, `handover`, `flags` and what they stand on is used by a data plane as it is.
A data plane does input and output only: it parses requests, asks the edge, forwards, and reports back.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from parity.exchange import Backend
from proxy import edge
from proxy.edge import Edge
from proxy.settings import ProxySettings
from proxy.telemetry import Telemetry


def is_compiled() -> bool:
    """Whether the way of a request runs as machine code (`make compiled`), and not from its sources."""
    return not str(edge.__file__).endswith(".py")


class Load(msgspec.Struct, frozen=True):
    """What a data plane has on its hands: requests of clients in flight, and connections by their other end."""

    requests: int
    clients: int
    in_use: Mapping[Backend, int]
    idle: Mapping[Backend, int]


class DataPlane(Protocol):
    """How bytes move between clients and their authoritative backends. Used on one event loop."""

    @property
    def is_closing(self) -> bool:
        """Whether no new connection is accepted any more."""
        ...

    @property
    def load(self) -> Load:
        """How much it has on its hands now; asked by whoever reads the metrics."""
        ...

    async def bind(self, edge: Edge, telemetry: Telemetry) -> int:
        """Take the port, without serving yet; returns it. Raises `ListenError`.

        Whatever the edge is asked, `telemetry` is told once when the request has ended.
        """
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
