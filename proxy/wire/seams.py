"""What a request needs of the connection it came on and of the plane it runs on, and such a connection of its plane."""

import asyncio
from typing import Protocol

from parity.exchange import Backend
from proxy.admission import Admission
from proxy.edge import Edge
from proxy.headers import Peer
from proxy.refusals import Refusal
from proxy.settings import ClientSettings, ForwardSettings
from proxy.wire.backend import BackendConnection
from proxy.wire.framing import Content
from proxy.wire.outgoing import Outgoing
from proxy.wire.pool import Pool
from proxy.wire.timeouts import Timeouts


class Client(Protocol):
    """The connection that the request came on, as far as its answer goes."""

    is_http11: bool

    def write(self, data: Content) -> None:
        """Send bytes of the answer."""
        ...

    def write_both(self, head: bytes, content: Content) -> None:
        """Send both at once, without a copy."""
        ...

    def answer_done(self, *, keeps_alive: bool) -> None:
        """The answer is out; another request may follow."""
        ...

    def break_off(self) -> None:
        """Reset the connection, so that nobody takes what came for the whole answer."""
        ...

    def refuse(self, refusal: Refusal, request_id: str, *, bodiless: bool = False) -> int:
        """Give an answer of the proxy's own, and close; returns its bytes."""
        ...

    def pause_body(self) -> None:
        """Read no more of the request for now."""
        ...

    def resume_body(self) -> None:
        """Read on."""
        ...

    def tunnel_to(self, connection: BackendConnection, rest: bytes) -> None:
        """From now on bytes go both ways."""
        ...


class Plane(Protocol):
    """What a request needs of the plane it runs on."""

    settings: ForwardSettings
    outgoing: Outgoing

    @property
    def is_closing(self) -> bool:
        """Whether answers should close their connections."""
        ...

    def pool(self, backend: Backend) -> Pool:
        """The connections to that backend."""
        ...

    def ended(
        self,
        admission: Admission,
        served_by: str,
        status: int,
        duration_s: float,
        sent_bytes: int,
        error: str,
    ) -> None:
        """The request is over; `served_by` is `none` where no backend's answer began."""
        ...


class Connected(Protocol):
    """A connection of a client, as far as its plane goes."""

    def close_idle(self) -> None:
        """Close it if no request is under way, nor about to be."""
        ...

    def break_off(self) -> None:
        """Reset it, whatever is under way."""
        ...


class ClientPlane(Plane, Protocol):
    """What a connection of a client needs of the plane it came to."""

    edge: Edge
    client_settings: ClientSettings
    timeouts: Timeouts

    def peer(self, transport: asyncio.Transport) -> Peer:
        """Who is at the other end."""
        ...

    def admits(self, admission: Admission) -> bool:
        """Whether the endpoint takes one more; if so it counts until `ended`."""
        ...

    def opened(self, connection: Connected) -> bool:
        """Whether there is room for one more connection."""
        ...

    def refused(self, request_id: str, refusal: Refusal, sent_bytes: int) -> None:
        """A request went to no backend."""
        ...

    def rejected(self, admission: Admission, refusal: Refusal, sent_bytes: int) -> None:
        """A request that was admitted, and not counted as in flight, goes to no backend."""
        ...

    def closed(self, connection: Connected) -> None:
        """It is gone."""
        ...
