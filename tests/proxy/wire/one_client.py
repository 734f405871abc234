"""A client on a fake transport, before a legacy that the test speaks for."""

import asyncio
import re
from typing import Any

from parity.exchange import Backend
from proxy.admission import Admission
from proxy.headers import Peer
from proxy.refusals import Refusal
from proxy.settings import ClientSettings, ForwardSettings
from proxy.wire.client import ClientConnection
from proxy.wire.outgoing import AtOnce, Outgoing
from proxy.wire.pool import Pool
from proxy.wire.seams import Connected
from tests.proxy.wire.fakes import Clock, FakeTarget, FakeTransport, a_pool, settle, timeouts_of
from tests.proxy.wire.rig import RecordingEdge, keeping, settings_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def post(*fields: str, body: bytes = b"") -> bytes:
    """A write."""
    return keeping("/v1/escrows", *fields, method="POST", body=body)


BOUNDS = ClientSettings(
    max_line_bytes=200,
    max_head_bytes=1_000,
    max_body_bytes=50,
    head_timeout_s=2.0,
    body_timeout_s=3.0,
    send_timeout_s=5.0,
    idle_s=10.0,
    buffer_bytes=1_000,
)


class Bench:
    """A plane with one client on a fake transport, before a legacy that the test speaks for."""

    is_closing = False

    def __init__(
        self, *, writes_eof: bool = True, has_room: bool = True, is_quick: bool = True, **changes: Any
    ) -> None:
        self.clock = Clock()
        self.timeouts = timeouts_of(self.clock)
        self.outgoing: Outgoing = AtOnce()
        configured = settings_of(**{"client": BOUNDS, "forward": ForwardSettings(), **changes})
        self.settings: ForwardSettings = configured.forward
        self.client_settings = configured.client
        self.edge: Any = RecordingEdge(configured)
        self.target = FakeTarget(is_quick=is_quick)
        self._pool = a_pool(self.target, self.timeouts, limit=4)
        self.has_room, self.is_busy = has_room, False
        self.over: list[tuple[int, str]] = []
        self.turned_away: list[Refusal] = []
        self.clients = 0
        self.client = ClientConnection(self)
        self.transport = FakeTransport(self.client, writes_eof=writes_eof)
        self.client.connection_made(self.transport)

    def pool(self, backend: Backend) -> Pool:
        """There is one."""
        assert backend is Backend.LEGACY
        return self._pool

    def peer(self, transport: asyncio.Transport) -> Peer:
        """A stranger."""
        return Peer(transport.get_extra_info("peername")[0], "http", trusted=False)

    def admits(self, admission: Admission) -> bool:  # noqa: ARG002  the plane's signature
        """As the test says."""
        return not self.is_busy

    def opened(self, connection: Connected) -> bool:  # noqa: ARG002  as above
        """As the test says."""
        self.clients += self.has_room
        return self.has_room

    def closed(self, connection: Connected) -> None:  # noqa: ARG002  as above
        """Count."""
        self.clients -= self.has_room

    def refused(self, request_id: str, refusal: Refusal, sent_bytes: int) -> None:
        """Note it."""
        assert len(request_id) == 32
        assert sent_bytes > 0
        self.turned_away.append(refusal)

    def rejected(self, admission: Admission, refusal: Refusal, sent_bytes: int) -> None:
        """Note it as one of those."""
        assert admission.id
        assert sent_bytes > 0
        self.turned_away.append(refusal)

    def ended(
        self,
        admission: Admission,  # noqa: ARG002  as above
        served_by: str,  # noqa: ARG002  as above
        status: int,
        duration_s: float,  # noqa: ARG002  as above
        sent_bytes: int,  # noqa: ARG002  as above
        error: str,
    ) -> None:
        """Note it."""
        self.over.append((status, error))

    async def get(self, data: bytes) -> None:
        """Bytes of the client."""
        if self.transport.reads:
            self.client.data_received(data)
        await settle()

    async def answer(self, data: bytes = OK, at: int = -1) -> None:
        """Bytes of the backend, on its newest connection."""
        self.target.connections[at].data_received(data)
        await settle()

    @property
    def statuses(self) -> list[int]:
        """Of all answers."""
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.transport.text)]

    @property
    def asked(self) -> bytes:
        """Everything that the backend got."""
        return b"".join(transport.text for transport in self.target.transports)
