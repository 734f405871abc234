"""One request between two fake backends, and steps of everybody that can be played on it."""

import asyncio
from typing import Any

from parity.exchange import Backend
from proxy.admission import Admission
from proxy.refusals import Refusal
from proxy.settings import ForwardSettings
from proxy.stages import Stage
from proxy.wire.backend import BackendConnection
from proxy.wire.forwarding import Forwarding
from proxy.wire.framing import Content
from proxy.wire.outgoing import AtOnce, Outgoing
from proxy.wire.pool import Pool
from tests.proxy.wire.fakes import Clock, FakeTarget, FakeTransport, a_pool, head_of, settle, timeouts_of
from tests.proxy.wire.rig import RecordingEdge, settings_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\n\r\nab"


class Client:
    """A client's connection, as far as one request goes; `over` says how its part ended."""

    def __init__(self, *, is_http11: bool = True) -> None:
        self.is_http11 = is_http11
        self.sent = b""
        self.over: list[str] = []
        self.keeps_alive: bool | None = None
        self.is_paused = False
        self.tunnel: tuple[BackendConnection, bytes] | None = None

    def write(self, data: Content) -> None:
        """Keep it."""
        assert self.over == []
        self.sent += data

    def write_both(self, head: bytes, content: Content) -> None:
        """Keep both."""
        self.write(head)
        self.write(content)

    def answer_done(self, *, keeps_alive: bool) -> None:
        """Note it."""
        self.over.append("done")
        self.keeps_alive = keeps_alive

    def break_off(self) -> None:
        """Note it."""
        self.over.append("broken off")

    def refuse(self, refusal: Refusal, request_id: str, *, bodiless: bool = False) -> int:
        """Note it."""
        self.over.append(f"refused {refusal.status}")
        self.sent += refusal.answer(request_id, bodiless=bodiless)
        return 1

    def pause_body(self) -> None:
        """Note it."""
        self.is_paused = True

    def resume_body(self) -> None:
        """Note it."""
        self.is_paused = False

    def tunnel_to(self, connection: BackendConnection, rest: bytes) -> None:
        """Note it."""
        self.over.append("tunnel")
        self.tunnel = connection, rest


class Bench:
    """A plane with one request at a time, between two targets that do what the test says."""

    is_closing = False

    def __init__(
        self, stage: Stage = Stage.OFF, *, is_quick: bool = True, limit: int = 2, **changes: Any
    ) -> None:
        self.clock = Clock()
        self.timeouts = timeouts_of(self.clock)
        configured = settings_of(**changes)
        self.settings: ForwardSettings = configured.forward
        self.edge = RecordingEdge(configured, stage=stage)
        self.targets = {backend: FakeTarget(is_quick=is_quick) for backend in Backend}
        self.pools = {
            backend: a_pool(target, self.timeouts, limit=limit) for backend, target in self.targets.items()
        }
        self.over: list[tuple[str, int, str]] = []
        self.client = Client()
        self.outgoing: Outgoing = AtOnce()

    def pool(self, backend: Backend) -> Pool:
        """The connections to that backend."""
        return self.pools[backend]

    def ended(
        self,
        admission: Admission,  # noqa: ARG002  the plane's signature
        served_by: str,
        status: int,
        duration_s: float,  # noqa: ARG002  as above
        sent_bytes: int,  # noqa: ARG002  as above
        error: str,
    ) -> None:
        """Note it."""
        self.over.append((served_by, status, error))

    async def start(
        self, method: str = "GET", *fields: str, http11: bool = True, content: bytes = b""
    ) -> Forwarding:
        """A request whose head is there, and perhaps all of its body."""
        self.client = Client(is_http11=http11)
        target = "/v1/escrows/1" if method in {"PUT", "DELETE"} else "/v1/escrows"
        head = head_of(method, target, *fields, version="1.1" if http11 else "1.0")
        admission = self.edge.admit(head, self.edge._headers.peer("192.0.2.9", "http"))
        assert isinstance(admission, Admission)
        forwarding = Forwarding(
            self, self.edge, self.client, admission, body_length=head.length, keeps_alive=head.keeps_alive
        )
        forwarding.start(content)
        await settle()
        return forwarding

    async def used(self, backend: Backend = Backend.LEGACY) -> None:
        """Leave an idle connection behind that was used."""
        await self.start()
        self.last(backend).data_received(OK)
        self.edge.outcomes.clear()
        self.over.clear()

    def last(self, backend: Backend = Backend.LEGACY) -> BackendConnection:
        """The newest connection to that backend."""
        return self.targets[backend].connections[-1]

    def wire(self, backend: Backend = Backend.LEGACY) -> list[bytes]:
        """What each connection to that backend was sent."""
        return [transport.text for transport in self.targets[backend].transports]

    @property
    def counts(self) -> list[int]:
        """Connections to each backend."""
        return [len(self.targets[backend].transports) for backend in (Backend.LEGACY, Backend.MODERN)]


class Play:
    """Plays steps on a request, as far as each makes sense at that moment."""

    def __init__(self, bench: Bench, forwarding: Forwarding, *, has_body: bool) -> None:
        self.bench = bench
        self.forwarding = forwarding
        self.is_sending = has_body
        self.left = 9
        self.is_present = True

    @property
    def is_on(self) -> bool:
        """Whether the client's side is still there."""
        return self.is_present and not self.bench.client.over

    def busy(self) -> list[tuple[BackendConnection, FakeTransport]]:
        """Connections that carry the request."""
        pairs = [
            pair
            for target in self.bench.targets.values()
            for pair in zip(target.connections, target.transports, strict=True)
        ]
        return [pair for pair in pairs if pair[0]._taker is not None and not pair[1].is_closed]

    def pending(self) -> list[asyncio.Future[None]]:
        """Attempts."""
        return [attempt for target in self.bench.targets.values() for attempt in target.pending]

    def client_step(self, step: str) -> None:
        """Something of the client."""
        if step == "body" and self.is_sending and self.left > 1:
            self.left -= 1
            self.forwarding.body(b"x")
        elif step == "body ends" and self.is_sending:
            self.is_sending = False
            self.forwarding.body(b"x" * self.left)
            self.forwarding.body_ended()
        elif step == "body refused" and self.is_sending:
            self.is_sending = False
            self.forwarding.body_refused(Refusal.SLOW)
        elif step == "client gone":
            self.is_present = False
            self.forwarding.client_gone()
        elif step == "client full":
            self.forwarding.client_full()
        elif step == "client drained":
            self.forwarding.client_drained()

    def backend_step(
        self, step: str | bytes, connection: BackendConnection, transport: FakeTransport
    ) -> None:
        """Something of a backend."""
        if isinstance(step, bytes):
            if transport.reads:
                connection.data_received(step)
        elif step == "backend full":
            connection.pause_writing()
        elif step == "backend drained":
            connection.resume_writing()
        elif step == "lost":
            transport.abort()
        elif step == "eof" and transport.reads and not connection.eof_received():
            transport.close()

    async def step(self, step: str | bytes) -> None:
        """One of them."""
        if step == "time passes":
            self.bench.clock.advance(0.3)
        elif step in {"attempt fails", "attempt succeeds"}:
            for attempt in self.pending()[:1]:
                attempt.set_result(None) if step == "attempt succeeds" else attempt.set_exception(OSError())
        elif isinstance(step, str) and step.startswith(("body", "client")):
            if self.is_on:
                self.client_step(step)
        elif self.busy():
            self.backend_step(step, *self.busy()[0])
        await settle()

    async def end(self) -> None:
        """Whatever is left comes to its end."""
        for _ in range(4):
            await self.step("lost")
            await self.step("attempt fails")
        if self.is_on:
            await self.step("client gone")
        await self.step("lost")
