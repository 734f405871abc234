"""One connection to a backend: what it makes of bytes, and when it may be used again."""

import itertools
from collections.abc import Callable
from operator import methodcaller

import pytest

from proxy.refusals import Refusal
from proxy.wire.backend import MAX_ANSWER_HEAD_BYTES, BackendConnection
from proxy.wire.timeouts import NEVER
from tests.proxy.wire.fakes import FakeTransport, Far, Keeper, Taker, connection_of, settle
from tests.proxy.wire.one_connection import CHUNKED, OK, SWITCH, Bench

ENDS = [methodcaller(*call) for call in (("abort",), ("close",), ("connection_lost", None), ("expired",))]


@pytest.fixture
async def bench() -> Bench:
    """On a loop, which a transport that is closed needs."""
    return Bench()


# Answers


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000, 100_000])
@pytest.mark.parametrize(
    ("wire", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000, b"x" * 20_000),
        (CHUNKED + b"4e20\r\n" + b"x" * 20_000 + b"\r\n0\r\n\r\n", b"x" * 20_000),
        (CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
        (CHUNKED + b"0\r\nX-Sum: 1\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b""),
    ],
)
async def test_an_answer_is_taken_however_it_is_cut_and_its_connection_goes_back(
    bench: Bench, wire: bytes, body: bytes, size: int
) -> None:
    taker = bench.ask()

    bench.pieces(wire, size)

    assert (taker.events[1:], taker.body) == (["ended"], body)
    assert bench.keeper.events == ["put back"]
    assert bench.transport.text == b"HEAD"


@pytest.mark.parametrize("size", [1, 5, 1_000])
async def test_answers_before_the_answer_are_told_in_their_order(bench: Bench, size: int) -> None:
    taker = bench.ask()

    bench.pieces(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, size)

    assert taker.events == ["interim 100", "interim 103", "began 200", "ended"]
    assert taker.heads[1].kept == [b"Link: x"]


async def test_the_answer_to_head_has_no_body_whatever_its_length_says(bench: Bench) -> None:
    taker = bench.ask(to_head=True)

    bench.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")

    assert (taker.events, bench.keeper.events) == (["began 200", "ended"], ["put back"])


async def test_an_answer_without_a_length_ends_with_its_connection(bench: Bench) -> None:
    taker = bench.ask()

    bench.connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nab")
    bench.connection.data_received(b"cd")
    assert bench.connection.eof_received() is None
    await settle()

    assert (taker.events, taker.body, bench.keeper.events) == (["began 200", "ended"], b"abcd", ["lost"])


@pytest.mark.parametrize(
    "wire",
    [
        OK + b"x",
        OK + OK,
        OK + b"x" * 20_000,
        b"HTTP/1.1 204 No Content\r\n\r\n" + b"x" * 20_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx",
        b"HTTP/1.1 204 No Content\r\n\r\nx",
        CHUNKED + b"0\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
)
async def test_a_connection_in_doubt_is_not_used_again(bench: Bench, wire: bytes) -> None:
    taker = bench.ask()

    bench.connection.data_received(wire)

    assert taker.events[-1] == "ended"
    assert (bench.keeper.events, bench.transport.is_aborted) == (["lost"], True)


async def test_what_comes_behind_a_body_in_pieces_closes_too(bench: Bench) -> None:
    taker = bench.ask()

    bench.connection.data_received(OK[:-1])
    bench.connection.data_received(b"k and more")

    assert (taker.body, taker.events[-1], bench.keeper.events) == (b"ok", "ended", ["lost"])


async def test_an_answer_before_the_request_was_sent_closes(bench: Bench) -> None:
    taker = bench.ask(is_whole=False)

    bench.connection.data_received(OK)

    assert (taker.events, bench.keeper.events) == (["began 200", "ended"], ["lost"])


async def test_a_request_that_was_sent_in_pieces_lets_the_connection_go_back(bench: Bench) -> None:
    bench.ask(is_whole=False)

    bench.connection.send(b"abc")
    bench.connection.request_sent()
    bench.connection.data_received(OK)

    assert (bench.transport.text, bench.keeper.events) == (b"HEADabc", ["put back"])


@pytest.mark.parametrize("size", [1, 4, 1_000])
@pytest.mark.parametrize(
    "wire",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nnonsense",
        CHUNKED + b"nonsense\r\n",
        CHUNKED + b"3\r\nabcd\r\n",
        SWITCH,
    ],
)
async def test_what_is_no_answer_fails_and_closes(bench: Bench, wire: bytes, size: int) -> None:
    taker = bench.used().ask()

    for at in range(0, len(wire), size):
        if "failed" not in taker.events:
            bench.connection.data_received(wire[at : at + size])
    await settle()

    assert (taker.events[-1], taker.refusal, taker.untouched) == ("failed", Refusal.MALFORMED, False)
    assert (bench.keeper.events, bench.transport.is_aborted) == (["lost"], True)


@pytest.mark.parametrize("size", [4_096, 65_536, 1_000_000])
async def test_a_head_over_its_bound_is_refused_however_it_is_cut(bench: Bench, size: int) -> None:
    taker = bench.ask()
    wire = b"HTTP/1.1 200 OK\r\n" + b"X-Padding: %b\r\n" % (b"x" * 1_000) * (
        MAX_ANSWER_HEAD_BYTES // 1_000 + 1
    )

    for at in range(0, len(wire) + 2, size):
        if "failed" not in taker.events:
            bench.connection.data_received((wire + b"\r\n")[at : at + size])

    assert (taker.events, taker.refusal) == (["failed"], Refusal.MALFORMED)


# Connections that end


@pytest.mark.parametrize(
    ("wire", "events"),
    [
        (b"HTTP/1.1 2", ["failed"]),
        (OK[:-1], ["began 200", "failed"]),
        (CHUNKED + b"3\r\nabc\r\n", ["began 200", "failed"]),
        (b"HTTP/1.1 200 OK\r\n\r\nopen", ["began 200", "failed"]),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", ["interim 103", "failed"]),
    ],
)
async def test_a_connection_that_ends_in_mid_answer_was_touched(
    bench: Bench, wire: bytes, events: list[str]
) -> None:
    taker = bench.used().ask()

    bench.connection.data_received(wire)
    bench.connection.connection_lost(ConnectionResetError())

    assert (taker.events, taker.refusal, taker.untouched) == (events, Refusal.BROKEN, False)
    assert bench.keeper.events == ["lost"]


async def test_only_a_used_connection_that_ends_without_a_byte_was_untouched(bench: Bench) -> None:
    first = bench.ask()
    bench.connection.connection_lost(None)
    other = Bench().used()
    second = other.ask()
    other.connection.eof_received()
    other.connection.connection_lost(None)

    assert (first.refusal, first.untouched) == (Refusal.BROKEN, False)
    assert (second.refusal, second.untouched) == (Refusal.BROKEN, True)


@pytest.mark.parametrize("data", [b"HTTP/1.1 408 Request Timeout\r\n\r\n", b"x", OK])
async def test_bytes_that_nobody_asked_for_close_an_idle_connection(bench: Bench, data: bytes) -> None:
    bench.used()

    bench.connection.data_received(data)
    await settle()

    assert (bench.keeper.events, bench.connection.is_usable) == (["lost"], False)


async def test_a_connection_that_was_broken_off_says_nothing_more(bench: Bench) -> None:
    taker = bench.ask()

    bench.connection.abort()
    bench.connection.data_received(OK)
    bench.connection.send(b"late")
    bench.connection.pause_reading()
    await settle()

    assert (taker.events, bench.keeper.events, bench.transport.text) == ([], ["lost"], b"HEAD")


# Deadlines


async def test_a_backend_that_is_silent_is_given_up(bench: Bench) -> None:
    taker = bench.used().ask(first_s=1.0)

    bench.clock.advance(0.9)
    assert taker.events == []
    bench.clock.advance(0.2)

    assert (taker.events, taker.refusal, taker.untouched) == (["failed"], Refusal.SILENT, False)


async def test_every_byte_is_a_sign_of_life(bench: Bench) -> None:
    taker = bench.ask(first_s=1.0)
    bench.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")

    for _ in range(5):
        bench.clock.advance(1.9)
        bench.connection.data_received(b"x")
    assert taker.events == ["began 200"]
    bench.clock.advance(2.1)

    assert taker.events == ["began 200", "failed"]


async def test_a_backend_is_not_to_blame_while_the_client_is_still_sending(bench: Bench) -> None:
    taker = bench.ask(is_whole=False, first_s=1.0)

    bench.clock.advance(5)
    bench.connection.send(b"more")
    bench.clock.advance(5)
    assert taker.events == []
    bench.connection.request_sent()
    bench.clock.advance(5)

    assert (taker.events, taker.refusal) == (["failed"], Refusal.SILENT)


async def test_a_backend_that_takes_nothing_of_the_request_is_given_up(bench: Bench) -> None:
    taker = bench.ask(is_whole=False, first_s=1.0)

    bench.connection.send(b"more")
    bench.connection.pause_writing()
    bench.clock.advance(5)

    assert (taker.events, taker.refusal) == (["full", "failed"], Refusal.SILENT)


async def test_a_backend_is_not_to_blame_while_nobody_reads(bench: Bench) -> None:
    taker = bench.ask()
    bench.connection.data_received(OK[:-1])

    bench.connection.pause_reading()
    assert (bench.transport.reads, bench.connection.deadline) == (False, NEVER)
    bench.clock.advance(100)
    bench.connection.resume_reading()
    assert bench.transport.reads
    bench.clock.advance(3)

    assert taker.events == ["began 200", "failed"]


async def test_an_idle_connection_that_expires_ends_without_a_word(bench: Bench) -> None:
    taker = bench.ask()
    bench.connection.data_received(OK)

    bench.connection.deadline = bench.timeouts.now + 4
    bench.clock.advance(5)

    assert (taker.events[-1], bench.keeper.events) == ("ended", ["put back", "lost"])


async def test_an_idle_connection_that_the_backend_ends_is_of_no_use_from_that_moment_on(
    bench: Bench,
) -> None:
    bench.used().connection.eof_received()

    assert (bench.connection.is_usable, bench.keeper.events) == (False, ["lost"])


async def test_a_connection_that_was_paused_reads_again_before_it_goes_back(bench: Bench) -> None:
    reading: list[bool] = []

    class Watching(Keeper):
        """Looks at the transport when the connection comes."""

        def put_back(self, connection: BackendConnection) -> None:
            """Look."""
            reading.append(transport.reads)
            super().put_back(connection)

    connection, transport = connection_of(Watching(), bench.timeouts)
    taker = Taker()
    connection.begin(taker, b"", to_head=False, upgrades=False, is_whole=True, first_s=1, silence_s=1)
    connection.data_received(OK[:-1])
    connection.pause_reading()
    connection.data_received(OK[-1:])

    assert reading == [True]


# Back-pressure and tunnels


async def test_a_backend_that_takes_no_more_slows_whoever_sends(bench: Bench) -> None:
    taker = bench.ask(is_whole=False)

    bench.connection.pause_writing()
    bench.connection.resume_writing()

    assert taker.events == ["full", "drained"]


async def test_without_anybody_who_sends_fullness_means_nothing(bench: Bench) -> None:
    bench.connection.pause_writing()
    bench.connection.resume_writing()

    assert bench.keeper.events == []


@pytest.mark.parametrize("size", [1, 1_000])
async def test_an_upgrade_turns_the_connection_into_a_tunnel(bench: Bench, size: int) -> None:
    taker, far = bench.ask(upgrades=True), Far()
    for at in range(0, len(SWITCH), size):
        bench.connection.data_received(
            SWITCH[at : at + size] + (b"first" if at + size >= len(SWITCH) else b"")
        )
    assert (taker.events, taker.rest) == (["switched"], b"first")

    bench.connection.tunnel_to(far)
    bench.connection.data_received(b"second")
    bench.connection.send_through(b"sent")
    bench.connection.pause_writing()
    bench.connection.resume_writing()
    bench.clock.advance(1_000)
    assert bench.connection.eof_received() is True
    bench.connection.write_eof()
    bench.connection.connection_lost(None)

    assert (far.data, far.events) == (b"second", ["full", "drained", "eof", "lost"])
    assert (bench.transport.text, bench.transport.is_ended) == (b"HEADsent", True)
    assert (taker.events, bench.keeper.events) == (["switched"], ["lost"])


@pytest.mark.parametrize("ends", list(itertools.permutations(ENDS, 3)))
async def test_a_connection_is_lost_once_whatever_ends_it(
    bench: Bench, ends: tuple[Callable[[BackendConnection], None], ...]
) -> None:
    taker = bench.ask()

    for end in ends:
        end(bench.connection)
    await settle()

    assert bench.keeper.events == ["lost"]
    assert taker.events in ([], ["failed"])


async def test_tls_has_no_half_close() -> None:
    bench = Bench()
    connection, transport = connection_of(bench.keeper, bench.timeouts, writes_eof=False)

    connection.write_eof()

    assert isinstance(transport, FakeTransport)
    assert not transport.is_ended
