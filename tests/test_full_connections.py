"""A client or a backend that takes nothing, or is gone, at a moment that no socket can be made to keep: on fakes of the wire."""

from dataclasses import replace

import pytest

from parity.exchange import Backend
from proxy.wire.client import ClientConnection
from tests.proxy.wire import one_client, one_request
from tests.proxy.wire.fakes import FakeTarget, FakeTransport, a_pool, settle
from tests.proxy.wire.rig import keeping


async def test_a_body_that_fills_a_new_connection_at_once_is_not_read_on() -> None:
    target = FakeTarget(is_quick=False, is_narrow=True)
    bench = one_request.Bench()
    bench.pools[Backend.LEGACY] = a_pool(target, bench.timeouts)
    forwarding = await bench.start("POST", "Content-Length: 10")
    forwarding.body(b"x")
    target.attempts[0].set_result(None)
    await settle()
    was_paused = bench.client.is_paused
    target.connections[0].resume_writing()

    assert (was_paused, bench.client.is_paused) == (True, False)


async def test_no_answer_is_read_for_a_client_that_was_full_before_there_was_a_connection() -> None:
    bench = one_client.Bench(is_quick=False)
    await bench.get(keeping())
    bench.client.pause_writing()
    bench.target.pending[0].set_result(None)
    await settle()
    was_read = bench.target.transports[0].reads
    bench.client.resume_writing()

    assert (was_read, bench.target.transports[0].reads) == (False, True)


async def test_nor_is_one_that_is_asked_for_again_on_an_idle_connection() -> None:
    bench = one_client.Bench()
    other = ClientConnection(bench)
    other.connection_made(FakeTransport(other))
    await bench.get(keeping())
    other.data_received(keeping())
    await settle()
    await bench.answer(at=0)
    await bench.answer(at=1)
    await bench.get(keeping())
    bench.client.pause_writing()
    bench.target.transports[1].abort()
    await settle()

    assert [transport.reads for transport in bench.target.transports] == [False, False]


async def test_a_client_that_is_gone_before_anybody_heard_of_it_is_refused_once_and_forgotten() -> None:
    bench = one_client.Bench()
    await bench.get(keeping(method="POST"))
    bench.transport.is_gone = True
    bench.target.transports[0].abort()
    await settle()

    assert (bench.over, bench.transport.is_aborted, bench.clients) == ([(502, "broken")], True, 0)


@pytest.mark.parametrize(("begins", "is_broken_off"), [(True, False), (False, True)])
async def test_a_client_that_sends_no_more_is_broken_off_unless_its_answer_has_begun(
    *, begins: bool, is_broken_off: bool
) -> None:
    bench = one_client.Bench(client=replace(one_client.BOUNDS, half_closed_s=1.0))
    await bench.get(keeping())
    bench.client.eof_received()
    if begins:
        await bench.answer(one_client.OK[:-1])
    bench.clock.advance(3)

    assert bench.transport.is_aborted == is_broken_off
