"""Connections to one backend: the latest first, no more than the bound, and nobody waits for ever."""

import asyncio
import ssl
from collections.abc import Callable

import pytest

from proxy.refusals import Refusal
from proxy.wire.pool import Pool
from proxy.wire.target import target_of
from proxy.wire.timeouts import Timeouts
from tests.proxy.rig import until
from tests.proxy.wire.fakes import FakeTarget, Taker, a_pool, settle
from tests.proxy.wire.one_pool import OK, Bench, Waiter
from tests.support.backends import DeadPort, FakeBackend, answering


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
        (ssl.SSLError(), Refusal.NO_TLS),
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


async def a_real_pool(url: str, *, limit: int = 2) -> tuple[Pool, Timeouts]:
    timeouts = Timeouts(asyncio.get_running_loop())
    timeouts.start()
    return a_pool(target_of(url), timeouts, limit=limit, wait_s=0.2), timeouts


async def test_real_connections_are_used_again_and_no_more_than_the_bound_are_made() -> None:
    async with FakeBackend(answering()) as backend:
        pool, timeouts = await a_real_pool(backend.url)

        async def ask() -> None:
            connection = pool.take()
            if connection is None:
                waiter = Waiter()
                pool.wait(waiter)
                await until(lambda: waiter.told > 0)
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
            await until(lambda: "ended" in taker.events)

        for _ in range(5):
            await asyncio.gather(ask(), ask())
        connections = backend.connections
        await pool.close()
        timeouts.stop()

        assert (connections, len(backend.seen)) == (2, 10)


async def test_a_port_that_refuses_is_told_at_once() -> None:
    dead = DeadPort()
    pool, timeouts = await a_real_pool(dead.url)
    waiter = Waiter()

    pool.wait(waiter)
    await until(lambda: waiter.told > 0)
    await pool.close()
    timeouts.stop()
    dead.close()

    assert waiter.refusal is Refusal.REFUSED
