"""What a request needs of the connection it came on and of the plane it runs on, and such a connection of its plane.

`ClientConnection` and `WirePlane` are that, and say what each of it does; a test hands in what stands for them.
"""

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

    def write(self, data: Content) -> None: ...
    def write_both(self, head: bytes, content: Content) -> None: ...
    def answer_done(self, *, keeps_alive: bool) -> None: ...
    def break_off(self) -> None: ...
    def refuse(self, refusal: Refusal, request_id: str, *, bodiless: bool = False) -> int: ...
    def pause_body(self) -> None: ...
    def resume_body(self) -> None: ...
    def tunnel_to(self, connection: BackendConnection, rest: bytes) -> None: ...


class Plane(Protocol):
    """What a request needs of the plane it runs on."""

    settings: ForwardSettings
    outgoing: Outgoing
    is_closing: bool

    def pool(self, backend: Backend) -> Pool: ...
    def ended(
        self,
        admission: Admission,
        served_by: str,
        status: int,
        duration_s: float,
        sent_bytes: int,
        error: str,
    ) -> None: ...


class Connected(Protocol):
    """A connection of a client, as far as its plane goes."""

    def close_idle(self) -> None: ...
    def break_off(self) -> None: ...


class ClientPlane(Plane, Protocol):
    """What a connection of a client needs of the plane it came to."""

    edge: Edge
    client_settings: ClientSettings
    timeouts: Timeouts

    def peer(self, transport: asyncio.Transport) -> Peer: ...
    def admits(self, admission: Admission) -> bool: ...
    def opened(self, connection: Connected) -> bool: ...
    def refused(self, request_id: str, refusal: Refusal, sent_bytes: int) -> None: ...
    def rejected(self, admission: Admission, refusal: Refusal, sent_bytes: int) -> None: ...
    def closed(self, connection: Connected) -> None: ...
