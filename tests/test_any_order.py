"""Whatever happens to connections, in whatever order: bounds are kept, everybody is told once, nothing is left over."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from proxy.settings import MirrorSettings
from proxy.stages import Stage
from proxy.wire.backend import BackendConnection
from tests.proxy.wire.fakes import settle
from tests.proxy.wire.one_client import Bench as ClientBench
from tests.proxy.wire.one_client import post
from tests.proxy.wire.one_pool import Bench as PoolBench
from tests.proxy.wire.one_pool import Waiter, begin
from tests.proxy.wire.one_request import OK, STREAM, UNTIL_CLOSED, Play
from tests.proxy.wire.one_request import Bench as RequestBench
from tests.proxy.wire.rig import keeping

T = TypeVar("T")


class Sequences(RuleBasedStateMachine):
    """Whatever happens in whatever order: bounds are kept, everybody is told once, nothing is left over."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.waiters: list[Waiter] = []
        self.forgotten: list[Waiter] = []
        self.bench = self.do(lambda: PoolBench(is_quick=False, limit=2))

    def do(self, step: Callable[[], T]) -> T:
        """Within the loop, until nothing is left to do."""

        async def run() -> T:
            result = step()
            await settle()
            return result

        return self.loop.run_until_complete(run())

    @property
    def busy(self) -> list[BackendConnection]:
        """Connections that carry a request."""
        return [connection for connection in self.bench.target.connections if connection._taker is not None]

    @rule()
    def ask(self) -> None:
        """Take a connection or wait for one, as a request does."""

        def step() -> None:
            connection = self.bench.pool.take()
            if connection is not None:
                begin(connection)
                return
            self.waiters.append(Waiter())
            self.bench.pool.wait(self.waiters[-1])

        self.do(step)

    @precondition(lambda self: self.bench.target.pending)
    @rule(at=st.integers(0, 9), succeeds=st.booleans())
    def attempt_ends(self, at: int, *, succeeds: bool) -> None:
        """A connection comes about, or not."""
        pending = self.bench.target.pending
        attempt = pending[at % len(pending)]
        self.do(lambda: attempt.set_result(None) if succeeds else attempt.set_exception(OSError()))

    @precondition(lambda self: self.busy)
    @rule(at=st.integers(0, 9), wire=st.sampled_from([OK, OK + b"x", b"nonsense"]))
    def answer_comes(self, at: int, wire: bytes) -> None:
        """A request ends."""
        connection = self.busy[at % len(self.busy)]
        self.do(lambda: connection.data_received(wire))

    @precondition(lambda self: self.bench.target.open_transports)
    @rule(at=st.integers(0, 9))
    def connection_is_lost(self, at: int) -> None:
        """Idle or busy."""
        transports = self.bench.target.open_transports
        self.do(transports[at % len(transports)].abort)

    @precondition(lambda self: any(not waiter.told for waiter in self.waiters))
    @rule(at=st.integers(0, 9))
    def waiter_leaves(self, at: int) -> None:
        """The client went away."""
        waiting = [waiter for waiter in self.waiters if not waiter.told]
        waiter = waiting[at % len(waiting)]
        self.do(lambda: self.bench.pool.forget(waiter))
        self.waiters.remove(waiter)
        self.forgotten.append(waiter)

    @rule(seconds=st.sampled_from([0.5, 1.5, 2.5]))
    def time_passes(self, seconds: float) -> None:
        """Deadlines come."""
        self.do(lambda: self.bench.clock.advance(seconds))

    @invariant()
    def bounds_are_kept(self) -> None:
        """Connections and attempts together, and each connection belongs to one."""
        pool = self.bench.pool
        assert len(self.bench.target.open_transports) + len(self.bench.target.pending) <= 2
        assert pool.in_use + pool.idle == len(self.bench.target.open_transports)
        assert pool.in_use == len(self.busy)

    @invariant()
    def nobody_is_told_twice(self) -> None:
        """Nor told anything after leaving."""
        assert all(waiter.told <= 1 for waiter in self.waiters)
        assert all(waiter.told == 0 for waiter in self.forgotten)

    def teardown(self) -> None:
        """Nobody waits for ever: attempts have an end of their own, and so has waiting."""
        for _ in range(2 * len(self.waiters) + 4):
            for attempt in self.bench.target.pending:
                self.do(lambda attempt=attempt: attempt.set_exception(TimeoutError()))  # type: ignore[misc]  # a default argument binds
            self.do(lambda: self.bench.clock.advance(1))
        unserved = [waiter for waiter in self.waiters if not waiter.told]
        self.loop.run_until_complete(self.bench.pool.close())
        self.do(lambda: None)
        self.loop.close()
        assert unserved == []
        assert (self.bench.pool.in_use, self.bench.pool.idle) == (0, 0)
        assert self.bench.target.open_transports == []


TestSequences = Sequences.TestCase
TestSequences.settings = hypothesis_settings(max_examples=60, stateful_step_count=25, deadline=None)

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
        bench = RequestBench(stage, is_quick=False, mirror=MirrorSettings(capture_bytes=6))
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


WIRE = keeping("/1") + post("Content-Length: 9", body=b"123456789") + keeping("/3")
CLIENT_STEPS = st.one_of(
    st.integers(1, 120),
    st.sampled_from(["full", "drained", "answer", "half", "lost", "backend full", "backend drained", "time"]),
)


class ClientPlay:
    """Plays steps on the connection of a client that sends three requests at once, as far as it can."""

    def __init__(self, answer: bytes) -> None:
        self.bench = ClientBench()
        self.answer = answer
        self.wire = WIRE
        self.is_full = False

    @property
    def is_open(self) -> bool:
        """Whether more requests may come on it."""
        return not self.bench.transport.is_closed and not self.bench.transport.is_ended

    def busy(self) -> list[BackendConnection]:
        """Connections to the backend with a request on them."""
        return [connection for connection in self.bench.target.connections if connection._taker is not None]

    def send(self, size: int) -> None:
        """So many bytes of the client, if they are read."""
        if self.bench.transport.reads and self.is_open and self.wire:
            piece, self.wire = self.wire[:size], self.wire[size:]
            self.bench.client.data_received(piece)

    def fill(self, *, is_full: bool) -> None:
        """The client reads no more, or again."""
        if self.is_full is not is_full and not self.bench.transport.is_closed:
            self.is_full = is_full
            self.bench.client.pause_writing() if is_full else self.bench.client.resume_writing()

    def backend(self, step: str, connection: BackendConnection) -> None:
        """Something of the backend."""
        if step == "lost":
            connection.connection_lost(None)
        elif step == "backend full":
            connection.pause_writing()
        elif step == "backend drained":
            connection.resume_writing()
        else:
            connection.data_received(self.answer[:-3] if step == "half" else self.answer)

    async def step(self, step: int | str) -> None:
        """One of them."""
        if isinstance(step, int):
            self.send(step)
        elif step in {"full", "drained"}:
            self.fill(is_full=step == "full")
        elif step == "time":
            self.bench.clock.advance(0.5)
        else:
            for connection in self.busy()[:1]:
                self.backend(step, connection)
        await settle()

    async def end(self) -> None:
        """All is sent, read and answered."""
        await self.step("drained")
        for _ in range(8):
            for step in ("backend drained", 1_000, "answer"):
                await self.step(step)


@given(steps=st.lists(CLIENT_STEPS, max_size=30), is_chunked=st.booleans())
@hypothesis_settings(max_examples=200, deadline=None)
def test_a_client_that_stays_gets_every_answer(steps: list[int | str], *, is_chunked: bool) -> None:
    async def run() -> None:
        play = ClientPlay(STREAM + b"2\r\nok\r\n0\r\n\r\n" if is_chunked else OK)

        for step in steps:
            await play.step(step)
        await play.end()

        bench = play.bench
        assert len(bench.over) == len(bench.edge.outcomes)
        assert bench.edge.budget.held == 0
        if play.is_open:
            assert (play.wire, len(bench.statuses), bench.transport.reads) == (b"", 3, True)

    asyncio.run(run())
