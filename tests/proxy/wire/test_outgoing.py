"""What is put in one turn of a busy loop is sent at its end, in order, and before anything is closed."""

import asyncio

from proxy.wire.outgoing import AtOnce, EachTurn, reset
from tests.proxy.wire.fakes import FakeTransport


async def test_what_one_turn_of_a_busy_loop_puts_is_sent_at_its_end_in_order() -> None:
    outgoing = EachTurn(asyncio.get_running_loop(), lambda: True)
    one, other = FakeTransport(), FakeTransport()

    outgoing.put(one, b"a")
    outgoing.put(other, b"b")
    outgoing.put(one, b"c")
    at_once = (one.text, other.text)
    await asyncio.sleep(0)

    assert at_once == (b"", b"")
    assert (one.text, other.text) == (b"ac", b"b")


async def test_what_is_put_while_little_is_under_way_is_sent_now_and_never_before_what_waits() -> None:
    is_busy = False
    outgoing = EachTurn(asyncio.get_running_loop(), lambda: is_busy)
    transport = FakeTransport()

    outgoing.put(transport, b"a")
    at_once = transport.text
    is_busy = True
    outgoing.put(transport, b"b")
    is_busy = False
    outgoing.put(transport, b"c")
    in_that_turn = transport.text
    await asyncio.sleep(0)

    assert (at_once, in_that_turn, transport.text) == (b"a", b"a", b"abc")


async def test_flushing_sends_all_now_and_nothing_twice() -> None:
    outgoing = EachTurn(asyncio.get_running_loop(), lambda: True)
    transport = FakeTransport()

    outgoing.put(transport, b"a")
    outgoing.flush()
    flushed = transport.text
    outgoing.put(transport, b"b")
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert (flushed, transport.text) == (b"a", b"ab")


async def test_a_transport_that_was_closed_in_the_meantime_takes_nothing_and_costs_no_other() -> None:
    outgoing = EachTurn(asyncio.get_running_loop(), lambda: True)
    gone, there = FakeTransport(), FakeTransport()

    outgoing.put(gone, b"a")
    outgoing.put(there, b"b")
    gone.abort()
    await asyncio.sleep(0)

    assert (gone.text, there.text) == (b"", b"b")


async def test_the_books_come_after_all_that_one_turn_sends_each_though_one_fails() -> None:
    outgoing = EachTurn(asyncio.get_running_loop(), lambda: True)
    transport = FakeTransport()
    seen: list[bytes] = []

    def fail() -> None:
        raise ValueError("of no account")

    outgoing.after(fail)
    outgoing.after(lambda: seen.append(transport.text))
    outgoing.put(transport, b"a")
    at_once = list(seen)
    await asyncio.sleep(0)
    outgoing.after(lambda: seen.append(b"the next turn's"))
    await asyncio.sleep(0)

    assert (at_once, seen) == ([], [b"a", b"the next turn's"])


def test_at_once_nothing_waits() -> None:
    outgoing = AtOnce()
    transport = FakeTransport()
    seen: list[bytes] = []

    outgoing.put(transport, b"a")
    outgoing.flush()
    outgoing.after(lambda: seen.append(transport.text))

    assert (transport.text, seen) == (b"a", [b"a"])


async def test_a_connection_that_is_reset_is_seen_as_one() -> None:
    received: asyncio.Queue[Exception | None] = asyncio.Queue()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
            received.put_nowait(None)
        except ConnectionError as error:
            received.put_nowait(error)
        writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    reset(writer.transport)

    assert isinstance(await received.get(), ConnectionResetError)
    server.close()
