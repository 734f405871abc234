"""Connections to one backend: the latest first, no more than the bound, and nobody waits for ever."""

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from proxy.refusals import Refusal
from proxy.wire.backend import BackendConnection
from proxy.wire.pool import Pool
from proxy.wire.target import target_of
from proxy.wire.timeouts import Timeouts
from tests.proxy.wire.fakes import Clock, FakeTarget, Taker, a_pool, settle, timeouts_of
from tests.support.backends import DeadPort, FakeBackend, answering

T = TypeVar("T")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Waiter:
    """Waits for a connection; uses it until the test ends that."""

    def __init__(self) -> None:
        self.connection: BackendConnection | None = None
        self.refusal: Refusal | None = None
        self.told = 0

    def granted(self, connection: BackendConnection) -> None:
        """Begin a request."""
        assert connection.is_usable
        self.told += 1
        self.connection = connection
        begin(connection)

    def not_granted(self, refusal: Refusal) -> None:
        """Note why."""
        self.told += 1
        self.refusal = refusal


def begin(connection: BackendConnection) -> Taker:
    taker = Taker()
    connection.begin(taker, b"GET", to_head=False, upgrades=False, is_whole=True, first_s=60, silence_s=60)
    return taker


class Bench:
    """A pool with a fake target, and a clock that the test moves."""

    def __init__(self, *, is_quick: bool = True, limit: int = 2) -> None:
        self.clock = Clock()
        self.target = FakeTarget(is_quick=is_quick)
        self.timeouts = timeouts_of(self.clock)
        self.pool = a_pool(self.target, self.timeouts, limit=limit)

    async def wait(self, count: int = 1) -> list[Waiter]:
        """Get in line."""
        waiters = [Waiter() for _ in range(count)]
        for waiter in waiters:
            self.pool.wait(waiter)
        await settle()
        return waiters

    async def granted(self) -> BackendConnection:
        """A connection in use."""
        connection = self.pool.take()
        if connection is not None:
            begin(connection)
            return connection
        (waiter,) = await self.wait()
        assert waiter.connection is not None
        return waiter.connection


@pytest.fixture
async def bench() -> Bench:
    """On a loop."""
    return Bench()


async def test_a_connection_is_made_for_whoever_waits_and_used_again(bench: Bench) -> None:
    assert bench.pool.take() is None
    connection = await bench.granted()
    connection.data_received(OK)

    again = bench.pool.take()

    assert again is connection
    assert len(bench.target.transports) == 1


async def test_the_latest_is_taken_first() -> None:
    bench = Bench(limit=3)
    connections = [await bench.granted() for _ in range(3)]
    for connection in connections:
        connection.data_received(OK)

    assert [bench.pool.take() for _ in range(4)] == [*reversed(connections), None]


async def test_there_are_no_more_than_the_bound_and_the_rest_waits_in_line(bench: Bench) -> None:
    first, second, third, fourth = await bench.wait(4)
    assert (bench.pool.in_use, third.told, fourth.told) == (2, 0, 0)
    assert first.connection is not None
    assert second.connection is not None

    second.connection.data_received(OK)
    first.connection.data_received(OK)

    assert (third.connection, fourth.connection) == (second.connection, first.connection)
    assert len(bench.target.transports) == 2


async def test_whoever_waits_too_long_is_told_that_the_service_is_busy(bench: Bench) -> None:
    *_, waiter = await bench.wait(3)

    bench.clock.advance(1.9)
    assert waiter.told == 0
    bench.clock.advance(0.2)

    assert (waiter.refusal, waiter.told) == (Refusal.BUSY, 1)


async def test_whoever_is_forgotten_is_told_nothing(bench: Bench) -> None:
    first, _, third, fourth = await bench.wait(4)
    bench.pool.forget(third)
    bench.pool.forget(third)
    assert first.connection is not None

    first.connection.data_received(OK)
    bench.clock.advance(10)

    assert (third.told, fourth.connection) == (0, first.connection)


async def test_a_connection_for_somebody_who_left_stays_for_the_next() -> None:
    bench = Bench(is_quick=False)
    (waiter,) = await bench.wait()
    bench.pool.forget(waiter)

    bench.target.attempts[0].set_result(None)
    await settle()

    assert (waiter.told, bench.pool.idle) == (0, 1)


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (ConnectionRefusedError(), Refusal.REFUSED),
        (OSError("no route"), Refusal.REFUSED),
        (TimeoutError(), Refusal.UNREACHED),
        (ssl.SSLCertVerificationError(), Refusal.UNTRUSTED),
        (ssl.SSLError(), Refusal.UNTRUSTED),
        (UnicodeError("a label is too long"), Refusal.REFUSED),
    ],
)
async def test_why_there_is_no_connection_is_told(error: Exception, refusal: Refusal) -> None:
    bench = Bench(is_quick=False)
    (waiter,) = await bench.wait()

    bench.target.attempts[0].set_exception(error)
    await settle()

    assert (waiter.refusal, waiter.told, bench.pool.in_use) == (refusal, 1, 0)


async def test_a_connection_that_is_lost_at_once_is_a_broken_one(bench: Bench) -> None:
    class Gone(FakeTarget):
        """Its connections are closed before anybody has them."""

        async def connect(
            self, factory: Callable[[], asyncio.Protocol], timeout_s: float
        ) -> tuple[asyncio.Transport, asyncio.Protocol]:
            """Connect and close."""
            transport, protocol = await super().connect(factory, timeout_s)
            protocol.connection_lost(None)
            return transport, protocol

    pool = a_pool(Gone(), bench.timeouts)
    waiter = Waiter()
    pool.wait(waiter)
    await settle()

    assert (waiter.refusal, pool.in_use) == (Refusal.BROKEN, 0)


async def test_when_an_attempt_fails_the_next_in_line_gets_one_of_its_own() -> None:
    bench = Bench(is_quick=False, limit=1)
    first, second = await bench.wait(2)

    bench.target.attempts[0].set_exception(ConnectionRefusedError())
    await settle()
    assert first.refusal is Refusal.REFUSED
    assert len(bench.target.attempts) == 2
    bench.target.attempts[1].set_result(None)
    await settle()

    assert second.connection is not None


async def test_whoever_comes_after_a_failed_attempt_is_not_left_waiting_for_ever() -> None:
    bench = Bench(is_quick=False, limit=1)
    waiters = await bench.wait(2)
    bench.target.attempts[0].set_exception(ConnectionRefusedError())
    await settle()
    waiters += await bench.wait()

    for attempt in bench.target.pending:
        attempt.set_result(None)
    await settle()
    for connection in bench.target.connections:
        connection.connection_lost(None)
    for _ in range(10):
        bench.clock.advance(1)
        for attempt in bench.target.pending:
            attempt.set_exception(ConnectionRefusedError())
        await settle()

    assert [waiter.told for waiter in waiters] == [1, 1, 1]


async def test_a_lost_connection_is_replaced_for_whoever_waits(bench: Bench) -> None:
    first, _, third = await bench.wait(3)
    assert first.connection is not None

    first.connection.connection_lost(None)
    await settle()

    assert third.connection is not None
    assert len(bench.target.transports) == 3


async def test_an_idle_connection_that_is_lost_or_expires_is_not_given_out(bench: Bench) -> None:
    connections = [await bench.granted() for _ in range(2)]
    for connection in connections:
        connection.data_received(OK)

    connections[0].connection_lost(None)
    bench.clock.advance(5)

    assert (bench.pool.take(), bench.pool.idle, bench.pool.in_use) == (None, 0, 0)
    assert bench.target.open_transports == []


async def test_an_idle_connection_that_the_backend_is_closing_is_not_given_out(bench: Bench) -> None:
    connection = await bench.granted()
    connection.data_received(OK)

    connection.eof_received()

    assert (bench.pool.take(), bench.pool.in_use) == (None, 0)


async def test_a_pool_that_is_closed_tells_everybody_and_keeps_nothing() -> None:
    bench = Bench(is_quick=False, limit=2)
    waiters = await bench.wait(4)
    bench.target.attempts[0].set_result(None)
    await settle()

    await bench.pool.close()
    await settle()

    assert [waiter.told for waiter in waiters] == [1, 1, 1, 1]
    assert (bench.pool.in_use, bench.pool.idle, bench.target.open_transports) == (0, 0, [])


async def test_a_pool_that_is_retired_closes_what_is_idle_now_and_the_rest_when_it_comes_back(
    bench: Bench,
) -> None:
    busy = await bench.granted()
    idle = await bench.granted()
    idle.data_received(OK)

    bench.pool.retire()
    assert (busy.is_usable, idle.is_usable) == (True, False)
    busy.data_received(OK)
    await settle()

    assert (bench.pool.in_use, bench.pool.idle, bench.target.open_transports) == (0, 0, [])


async def test_a_pool_that_is_retired_serves_whoever_was_waiting_already() -> None:
    bench = Bench(is_quick=False, limit=1)
    waiters = await bench.wait(2)

    bench.pool.retire()
    bench.target.attempts[0].set_result(None)
    await settle()
    assert waiters[0].connection is not None
    waiters[0].connection.data_received(OK)
    await settle()

    assert waiters[1].connection is not None


class Sequences(RuleBasedStateMachine):
    """Whatever happens in whatever order: bounds are kept, everybody is told once, nothing is left over."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.waiters: list[Waiter] = []
        self.forgotten: list[Waiter] = []
        self.bench = self.do(lambda: Bench(is_quick=False, limit=2))

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


async def a_real_pool(url: str, *, limit: int = 2) -> tuple[Pool, Timeouts]:
    timeouts = Timeouts(asyncio.get_running_loop())
    timeouts.start()
    return a_pool(target_of(url), timeouts, limit=limit, wait_s=0.2), timeouts


async def test_real_connections_are_used_again_and_no_more_than_the_bound_are_made() -> None:
    async with FakeBackend(answering()) as backend:
        pool, timeouts = await a_real_pool(backend.url)
        done: list[asyncio.Task[None]] = []

        async def ask() -> None:
            connection = pool.take()
            if connection is None:
                waiter = Waiter()
                pool.wait(waiter)
                while not waiter.told:
                    await asyncio.sleep(0.001)
                connection = waiter.connection
            assert connection is not None
            taker = Taker()
            connection.begin(
                taker,
                b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                to_head=False,
                upgrades=False,
                is_whole=True,
                first_s=5,
                silence_s=5,
            )
            while "ended" not in taker.events:
                await asyncio.sleep(0.001)

        for _ in range(5):
            done = [asyncio.create_task(ask()) for _ in range(2)]
            await asyncio.gather(*done)
        connections = backend.connections
        await pool.close()
        timeouts.stop()

        assert (connections, len(backend.seen)) == (2, 10)


async def test_a_port_that_refuses_is_told_at_once() -> None:
    dead = DeadPort()
    pool, timeouts = await a_real_pool(dead.url)
    waiter = Waiter()

    pool.wait(waiter)
    while not waiter.told:
        await asyncio.sleep(0.001)
    await pool.close()
    timeouts.stop()
    dead.close()

    assert waiter.refusal is Refusal.REFUSED
