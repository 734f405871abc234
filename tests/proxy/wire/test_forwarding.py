"""One request: sent once or once more, to one backend or the other, and ended in exactly one way."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from parity.exchange import Backend
from proxy.admission import Admission
from proxy.refusals import Refusal
from proxy.settings import ForwardSettings, MirrorSettings
from proxy.stages import Stage
from proxy.wire.backend import BackendConnection
from proxy.wire.forwarding import Forwarding
from proxy.wire.pool import Pool
from tests.proxy.wire.fakes import Clock, FakeTarget, FakeTransport, a_pool, head_of, settle, timeouts_of
from tests.proxy.wire.rig import QUICK_FORWARD, RecordingEdge, settings_of

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

    def write(self, data: bytes) -> None:
        """Keep it."""
        assert self.over == []
        self.sent += data

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

    async def start(self, method: str = "GET", *fields: str, http11: bool = True) -> Forwarding:
        """A request whose head is there."""
        self.client = Client(is_http11=http11)
        target = "/v1/escrows/1" if method in {"PUT", "DELETE"} else "/v1/escrows"
        head = head_of(method, target, *fields, version="1.1" if http11 else "1.0")
        admission = self.edge.admit(head, self.edge._headers.peer("192.0.2.9", "http"))
        assert isinstance(admission, Admission)
        forwarding = Forwarding(
            self, self.edge, self.client, admission, body_length=head.length, keeps_alive=head.keeps_alive
        )
        forwarding.start()
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


def body_of(wire: bytes) -> bytes:
    return wire.partition(b"\r\n\r\n")[2]


# Answers


async def test_an_answer_goes_through_and_is_told_once() -> None:
    bench = Bench()

    await bench.start()
    bench.last().data_received(OK)

    assert bench.client.sent.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")
    assert (body_of(bench.client.sent), bench.client.over, bench.client.keeps_alive) == (
        b"ok",
        ["done"],
        True,
    )
    assert (bench.edge.outcomes, bench.over) == (["answered"], [("legacy", 200, "")])


@pytest.mark.parametrize(
    ("wire", "http11", "body", "keeps_alive"),
    [
        (STREAM + b"2\r\nab\r\n0\r\n\r\n", True, b"2\r\nab\r\n0\r\n\r\n", True),
        (STREAM + b"2\r\nab\r\n0\r\n\r\n", False, b"ab", False),
        (UNTIL_CLOSED, True, b"2\r\nab\r\n0\r\n\r\n", True),
        (UNTIL_CLOSED, False, b"ab", False),
        (OK, False, b"ok", True),
    ],
)
async def test_an_answer_is_framed_as_its_client_can_read_it(
    wire: bytes, *, http11: bool, body: bytes, keeps_alive: bool
) -> None:
    bench = Bench()

    await bench.start("GET", "Connection: keep-alive", http11=http11)
    bench.last().data_received(wire)
    bench.last().eof_received()

    assert (body_of(bench.client.sent), bench.client.keeps_alive) == (body, keeps_alive)
    assert (b"chunked" in bench.client.sent) == (http11 and wire != OK)


async def test_answers_before_the_answer_pass_to_whoever_knows_them() -> None:
    sent = []
    for http11 in (True, False):
        bench = Bench()
        await bench.start(http11=http11)
        bench.last().data_received(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK)
        sent.append(bench.client.sent)

    assert sent[0].startswith(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK")
    assert sent[1].startswith(b"HTTP/1.1 200 OK")


async def test_a_plane_that_is_closing_closes_its_clients_connections() -> None:
    bench = Bench()
    await bench.start()

    bench.is_closing = True
    bench.last().data_received(OK)

    assert (b"Connection: close\r\n" in bench.client.sent, bench.client.keeps_alive) == (True, False)


async def test_an_answer_that_breaks_off_breaks_the_clients_connection() -> None:
    bench = Bench(Stage.LIVE)
    await bench.start()

    bench.last(Backend.MODERN).data_received(OK[:-1])
    bench.last(Backend.MODERN).connection_lost(None)

    assert (bench.client.over, bench.edge.outcomes) == (["broken off"], ["failed"])
    assert (bench.over, bench.counts) == ([("modern", 200, "broken")], [0, 1])


async def test_the_refusal_of_a_head_request_has_no_body() -> None:
    bench = Bench()
    await bench.start("HEAD")

    bench.last().data_received(b"nonsense")

    assert (bench.client.over, body_of(bench.client.sent)) == (["refused 502"], b"")


async def test_an_answer_before_the_whole_body_closes_and_is_not_compared_with_half_of_it() -> None:
    bench = Bench(Stage.SHADOW)
    forwarding = await bench.start("GET", "Content-Length: 4")

    forwarding.body(b"ab")
    bench.last().data_received(OK)

    assert (bench.client.over, bench.client.keeps_alive) == (["done"], False)
    assert [capture.skipped or capture.body for capture in bench.edge.captures] in ([], ["body_too_large"])


# Once more


async def test_a_read_is_sent_again_when_a_used_connection_had_been_closed() -> None:
    bench = Bench()
    await bench.used()
    await bench.start()

    bench.last().connection_lost(None)
    await settle()
    bench.last().data_received(OK)

    assert (bench.client.over, bench.counts, bench.edge.outcomes) == (["done"], [2, 0], ["answered"])


async def test_a_read_is_sent_again_once() -> None:
    bench = Bench(limit=3)
    for _ in range(2):
        await bench.start()
    for connection in bench.targets[Backend.LEGACY].connections:
        connection.data_received(OK)
    await bench.start()

    for connection in reversed(bench.targets[Backend.LEGACY].connections):
        connection.connection_lost(None)
    await settle()

    assert (bench.client.over, bench.counts, bench.edge.outcomes[2:]) == (["refused 502"], [2, 0], ["failed"])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_write_is_never_sent_again(method: str) -> None:
    bench = Bench(Stage.LIVE)
    await bench.used(Backend.MODERN)
    await bench.start(method)

    bench.last(Backend.MODERN).connection_lost(None)
    await settle()

    assert (bench.client.over, bench.counts) == (["refused 502"], [0, 1])
    assert (bench.edge.outcomes, bench.edge.begun, bench.edge.over) == (["failed"], 1, 1)


async def test_a_read_is_not_sent_again_when_a_new_connection_breaks_or_a_byte_had_come() -> None:
    fresh, touched = Bench(), Bench()
    await fresh.start()
    fresh.last().connection_lost(None)
    await touched.used()
    await touched.start()
    touched.last().data_received(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    touched.last().connection_lost(None)
    await settle()

    assert (fresh.client.over, fresh.counts) == (["refused 502"], [1, 0])
    assert (touched.client.over, touched.counts) == (["refused 502"], [1, 0])


# The other backend


@pytest.mark.parametrize("fault", ["refused", "timeout", "broken", "garbage"])
async def test_a_read_that_modern_fails_goes_to_legacy(fault: str) -> None:
    bench = Bench(Stage.LIVE, is_quick=False)
    await bench.start()
    if fault == "refused":
        bench.targets[Backend.MODERN].attempts[0].set_exception(ConnectionRefusedError())
    else:
        bench.targets[Backend.MODERN].attempts[0].set_result(None)
        await settle()
        if fault == "timeout":
            bench.clock.advance(QUICK_FORWARD.fallback_timeout_s + 0.1)
        elif fault == "broken":
            bench.last(Backend.MODERN).connection_lost(None)
        else:
            bench.last(Backend.MODERN).data_received(b"nonsense")
    await settle()
    bench.targets[Backend.LEGACY].attempts[0].set_result(None)
    await settle()
    bench.last().data_received(OK)

    (capture,) = bench.edge.captures
    assert (bench.client.over, bench.edge.outcomes, bench.over) == (
        ["done"],
        ["fell_back"],
        [("legacy", 200, "")],
    )
    assert capture.shadow is not None
    assert capture.shadow.error == ("broken" if fault == "garbage" else fault)
    assert bench.edge.budget.held == 0


async def test_when_both_fail_the_client_gets_one_error() -> None:
    bench = Bench(Stage.LIVE)
    await bench.start()

    bench.last(Backend.MODERN).connection_lost(None)
    await settle()
    bench.last().connection_lost(None)

    assert (bench.client.over, bench.edge.outcomes, bench.over) == (
        ["refused 502"],
        ["failed"],
        [("none", 502, "broken")],
    )


@pytest.mark.parametrize("stage", [Stage.LIVE, Stage.COMPLETE])
async def test_a_write_goes_to_no_other_backend(stage: Stage) -> None:
    bench = Bench(stage)
    await bench.start("POST")

    bench.last(Backend.MODERN).data_received(b"nonsense")
    await settle()

    assert (bench.client.over, bench.counts) == (["refused 502"], [0, 1])


async def test_a_body_is_sent_again_whole_and_what_comes_later_follows_it() -> None:
    for fields, sent in (
        (("Content-Length: 6",), b"abcdef"),
        (("Transfer-Encoding: chunked",), b"4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"),
    ):
        bench = Bench(Stage.LIVE)
        forwarding = await bench.start("GET", *fields)
        forwarding.body(b"ab")
        forwarding.body(b"cd")
        bench.last(Backend.MODERN).connection_lost(None)
        await settle()
        forwarding.body(b"ef")
        forwarding.body_ended()
        bench.last().data_received(OK)

        assert body_of(bench.wire()[0]) == sent
        assert (bench.client.over, bench.client.is_paused) == (["done"], False)


async def test_a_body_over_its_bound_is_not_kept_and_not_sent_again() -> None:
    bench = Bench(Stage.LIVE, mirror=MirrorSettings(capture_bytes=3))
    forwarding = await bench.start("GET", "Content-Length: 6")
    forwarding.body(b"abcdef")
    forwarding.body_ended()

    bench.last(Backend.MODERN).connection_lost(None)
    await settle()

    assert (bench.client.over, bench.counts) == (["refused 502"], [0, 1])
    assert bench.edge.budget.held == 0


# Bodies, clients that leave, tunnels


async def test_a_body_waits_for_its_connection() -> None:
    bench = Bench(is_quick=False)
    forwarding = await bench.start("POST", "Content-Length: 4")
    assert bench.client.is_paused
    forwarding.body(b"abcd")
    forwarding.body_ended()

    bench.targets[Backend.LEGACY].attempts[0].set_result(None)
    await settle()
    bench.last().data_received(OK)

    assert body_of(bench.wire()[0]) == b"abcd"
    assert bench.client.over == ["done"]


async def test_a_backend_that_takes_no_more_stops_the_client_from_sending() -> None:
    bench = Bench()
    await bench.start("POST", "Content-Length: 4")

    bench.last().pause_writing()
    paused = bench.client.is_paused
    bench.last().resume_writing()

    assert (paused, bench.client.is_paused) == (True, False)


async def test_a_client_that_takes_no_more_stops_the_backend_from_sending() -> None:
    bench = Bench()
    forwarding = await bench.start()
    transport = bench.targets[Backend.LEGACY].transports[0]

    forwarding.client_full()
    paused = transport.is_reading
    forwarding.client_drained()

    assert (paused, transport.is_reading) == (False, True)


async def test_a_write_that_was_sent_is_read_to_its_end_when_its_client_is_gone() -> None:
    bench = Bench()
    forwarding = await bench.start("POST", "Content-Length: 2")
    forwarding.body(b"{}")
    forwarding.body_ended()
    forwarding.client_full()

    forwarding.client_gone()
    reads_on = bench.targets[Backend.LEGACY].transports[0].is_reading
    bench.last().data_received(OK[:-1])
    bench.last().data_received(OK[-1:])

    assert (reads_on, bench.client.sent, bench.client.over) == (True, b"", [])
    assert (bench.edge.outcomes, bench.over) == (["abandoned"], [("legacy", 200, "abandoned")])
    assert bench.pool(Backend.LEGACY).idle == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_was_not_sent_whole_or_reads_only_is_broken_off_when_its_client_is_gone(
    method: str,
) -> None:
    bench = Bench(Stage.SHADOW)
    forwarding = await bench.start(method, "Content-Length: 2")
    forwarding.body(b"{")

    forwarding.client_gone()

    assert (bench.edge.outcomes, bench.over) == (["abandoned"], [("none", 0, "abandoned")])
    assert bench.targets[Backend.LEGACY].transports[0].is_aborted
    assert bench.edge.budget.held == 0


async def test_whoever_leaves_the_line_is_not_served_later_even_if_the_backends_were_changed() -> None:
    bench = Bench(is_quick=False)
    forwarding = await bench.start("POST")
    old = bench.targets[Backend.LEGACY]
    bench.pools[Backend.LEGACY].retire()
    bench.pools[Backend.LEGACY] = a_pool(FakeTarget(), bench.timeouts)

    forwarding.client_gone()
    old.attempts[0].set_result(None)
    await settle()

    assert [transport.text for transport in old.transports] in ([], [b""])
    assert bench.edge.outcomes == ["abandoned"]


async def test_an_upgrade_becomes_a_tunnel_and_is_told_once() -> None:
    bench = Bench(Stage.LIVE)
    await bench.start("GET", "Connection: Upgrade", "Upgrade: websocket")

    bench.last(Backend.MODERN).data_received(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst"
    )

    assert bench.client.sent.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Upgrade: websocket\r\n" in bench.client.sent
    assert b"Connection: Upgrade\r\n" in bench.client.sent
    assert bench.client.tunnel == (bench.last(Backend.MODERN), b"first")
    assert (bench.edge.outcomes, bench.over) == (["abandoned"], [("none", 101, "")])


# Any order

STEPS = st.sampled_from(
    [
        "body",
        "body ends",
        "body refused",
        "client gone",
        "client full",
        "client drained",
        "attempt fails",
        "attempt succeeds",
        "backend full",
        "backend drained",
        "time passes",
        "lost",
        "eof",
        OK,
        OK[:-1],
        OK[-1:],
        STREAM,
        b"2\r\nab\r\n",
        b"0\r\n\r\n",
        b"HTTP/1.1 103 x\r\n\r\n",
        UNTIL_CLOSED,
        b"nonsense",
    ]
)
REQUESTS = st.sampled_from(
    [
        ("GET",),
        ("GET", "Content-Length: 9"),
        ("GET", "Transfer-Encoding: chunked"),
        ("POST",),
        ("POST", "Content-Length: 9"),
        ("POST", "Transfer-Encoding: chunked"),
    ]
)


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
            if transport.is_reading:
                connection.data_received(step)
        elif step == "backend full":
            connection.pause_writing()
        elif step == "backend drained":
            connection.resume_writing()
        elif step == "lost":
            transport.abort()
        elif step == "eof" and transport.is_reading and not connection.eof_received():
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


@given(
    request=REQUESTS,
    stage=st.sampled_from(list(Stage)),
    warm=st.booleans(),
    steps=st.lists(STEPS, max_size=14),
)
@hypothesis_settings(max_examples=300, deadline=None)
def test_every_order_of_events_ends_in_exactly_one_way(
    request: tuple[str, ...], stage: Stage, *, warm: bool, steps: list[str | bytes]
) -> None:
    async def run() -> None:
        bench = Bench(stage, is_quick=False, mirror=MirrorSettings(capture_bytes=6))
        if warm:
            first = await bench.start()
            warming = Play(bench, first, has_body=False)
            for step in ("attempt succeeds", OK):
                await warming.step(step)
            bench.edge.outcomes.clear()
            bench.over.clear()
            bench.edge.over = bench.edge.begun = 0
        is_write = request[0] == "POST"
        forwarding = await bench.start(*request)
        play = Play(bench, forwarding, has_body=len(request) > 1)

        for step in steps:
            await play.step(step)
        await play.end()

        assert len(bench.edge.outcomes) == 1, bench.edge.outcomes
        assert len(bench.over) == 1
        assert len(bench.client.over) <= 1
        assert bench.edge.budget.held == 0
        assert bench.edge.races.mark("escrows").in_flight == 0
        assert bench.edge.begun == (1 if is_write else 0)
        heads = [
            piece
            for target in bench.targets.values()
            for transport in target.transports
            for piece in transport.sent
            if piece.startswith(b"POST ")
        ]
        assert len(heads) <= (1 if is_write else 0)
        for pool in bench.pools.values():
            assert pool.in_use == 0
            await pool.close()

    asyncio.run(run())
