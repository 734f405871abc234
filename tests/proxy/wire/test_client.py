"""One client's connection: its requests in their order, its bounds, and how it ends."""

import pytest

from proxy.refusals import Refusal
from proxy.settings import EndpointBounds
from tests.proxy.wire.fakes import settle
from tests.proxy.wire.one_client import BOUNDS, OK, Bench, post
from tests.proxy.wire.rig import keeping


@pytest.fixture
async def bench() -> Bench:
    """On a loop."""
    return Bench()


# Requests one after another


@pytest.mark.parametrize("size", [1, 3, 10_000])
async def test_requests_on_one_connection_are_answered_in_their_order(bench: Bench, size: int) -> None:
    wire = keeping("/1") + keeping("/2")

    for at in range(0, len(wire), size):
        await bench.get(wire[at : at + size])
    assert bench.asked.startswith(b"GET /1 ")
    assert b"GET /2 " not in bench.asked
    await bench.answer()
    assert b"GET /2 " in bench.asked
    await bench.answer()

    assert (bench.statuses, bench.edge.outcomes) == ([200, 200], ["answered", "answered"])
    assert (bench.transport.is_closed, bench.client.is_idle) == (False, True)


async def test_one_line_too_many_behind_a_body_is_forgiven(bench: Bench) -> None:
    await bench.get(post("Content-Length: 2", body=b"{}") + b"\r\n")
    await bench.answer()
    bench.clock.advance(BOUNDS.head_timeout_s + 1)
    await bench.get(keeping())
    await bench.answer()

    assert bench.statuses == [200, 200]


async def test_pipelined_requests_wait_within_bounds(bench: Bench) -> None:
    await bench.get(keeping("/1"))
    for number in range(30):
        await bench.get(keeping(f"/{number}"))
    reads = bench.transport.reads
    for _ in range(31):
        if not bench.client.is_idle:
            await bench.answer()

    assert (reads, bench.transport.reads, set(bench.statuses)) == (False, True, {200})


async def test_a_connection_reads_on_after_a_body_that_waited_for_its_backend(bench: Bench) -> None:
    await bench.get(post("Content-Length: 2", body=b"{}"))
    await bench.answer()

    assert bench.transport.reads
    await bench.get(post("Content-Length: 2"))
    bench.target.connections[-1].pause_writing()
    assert not bench.transport.reads
    await bench.answer()

    assert bench.statuses == [200, 200]


async def test_answers_wait_for_a_client_that_does_not_read(bench: Bench) -> None:
    await bench.get(keeping("/1"))
    bench.client.pause_writing()
    await bench.answer()
    await bench.get(keeping("/2") + keeping("/3"))

    assert b"GET /2 " not in bench.asked
    bench.client.resume_writing()
    await settle()
    assert b"GET /2 " in bench.asked


async def test_back_pressure_reaches_the_backend(bench: Bench) -> None:
    await bench.get(keeping())
    backend = bench.target.transports[0]

    bench.client.pause_writing()
    paused = backend.reads
    bench.client.resume_writing()

    assert (paused, backend.reads) == (False, True)


# Bounds


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("wire", "refusal"),
    [
        (b"GET /" + b"x" * 200 + b" HTTP/1.1\r\nHost: h\r\n\r\n", Refusal.LONG_LINE),
        (b"GET /" + b"x" * 2_000, Refusal.LONG_LINE),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 1_000 + b"\r\n\r\n", Refusal.LARGE_HEAD),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 1_000, Refusal.LARGE_HEAD),
        (b"GET / HTTP/1.1\nHost: h\n\n", Refusal.BAD_HEAD),
        (b"GET / HTTP/1.1\r\nX: \0", Refusal.BAD_HEAD),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", Refusal.VERSION),
        (b"GET / HTTP/1.1\r\n\r\n", Refusal.BAD_HOST),
        (b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n", Refusal.CONNECT),
        (b"GET http://evil/ HTTP/1.1\r\nHost: h\r\n\r\n", Refusal.BAD_TARGET),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 51\r\n\r\n", Refusal.LARGE_BODY),
    ],
)
async def test_what_is_not_taken_reaches_nobody_and_closes(
    bench: Bench, wire: bytes, refusal: Refusal, size: int
) -> None:
    for at in range(0, len(wire), size):
        await bench.get(wire[at : at + size])

    assert (bench.statuses, bench.turned_away, bench.asked) == ([refusal.status], [refusal], b"")
    assert bench.transport.is_ended


async def test_nothing_behind_a_refused_request_is_looked_at(bench: Bench) -> None:
    await bench.get(b"GET / HTTP/1.1\r\nX : y\r\n\r\n" + keeping())
    await bench.get(keeping())

    assert (bench.statuses, bench.asked) == ([400], b"")


@pytest.mark.parametrize("method", ["HEAD", "POST"])
async def test_the_refusal_of_a_head_request_has_no_body(method: str) -> None:
    for change in ({"is_busy": True}, {}):
        bench = Bench(bounds={"escrows": EndpointBounds(max_body_bytes=1)})
        bench.is_busy = bool(change)
        await bench.get(keeping("/v1/escrows", *(() if change else ("Content-Length: 2",)), method=method))

        assert bench.statuses == [503 if change else 413]
        assert bench.transport.text.endswith(b"\r\n\r\n") == (method == "HEAD")


async def test_an_endpoint_that_takes_no_more_is_busy(bench: Bench) -> None:
    bench.is_busy = True

    await bench.get(keeping())

    assert (bench.statuses, bench.turned_away, bench.edge.outcomes) == ([503], [Refusal.BUSY], ["failed"])
    assert b"Retry-After: 1\r\n" in bench.transport.text


async def test_a_body_in_chunks_over_its_bound_is_413_and_broken_off_at_the_backend(bench: Bench) -> None:
    await bench.get(post("Transfer-Encoding: chunked", body=b"1e\r\n" + b"x" * 30 + b"\r\n"))
    await bench.get(b"1e\r\n" + b"x" * 30 + b"\r\n")

    assert (bench.statuses, bench.over) == ([413], [(413, "large_body")])
    assert bench.target.transports[0].is_aborted


async def test_a_body_that_is_none_is_400_and_broken_off_at_the_backend(bench: Bench) -> None:
    await bench.get(post("Transfer-Encoding: chunked", body=b"2\r\nab"))
    await bench.get(b"c\r\n0\r\n\r\n")

    assert (bench.statuses, bench.over) == ([400], [(400, "bad_body")])
    assert bench.target.transports[0].is_aborted


async def test_a_connection_for_which_there_is_no_room_is_closed() -> None:
    bench = Bench(has_room=False)
    await settle()

    assert (bench.transport.is_aborted, bench.clients) == (True, 0)


# Deadlines


async def test_an_idle_connection_is_closed_without_a_word(bench: Bench) -> None:
    await bench.get(keeping())
    await bench.answer()

    bench.clock.advance(9)
    assert not bench.transport.is_closed
    bench.clock.advance(2)
    await settle()

    assert (bench.statuses, bench.transport.is_closed, bench.clients) == ([200], True, 0)


async def test_a_head_that_comes_too_slowly_is_408(bench: Bench) -> None:
    wire = keeping()

    for at in range(4):
        await bench.get(wire[at : at + 1])
        bench.clock.advance(0.7)

    assert (bench.statuses, bench.turned_away) == ([408], [Refusal.SLOW])


async def test_a_body_that_stops_is_408_and_one_that_goes_on_is_none(bench: Bench) -> None:
    await bench.get(post("Content-Length: 20"))
    for _ in range(12):
        bench.clock.advance(0.3)
        await bench.get(b"x")
    assert bench.statuses == []

    for _ in range(8):
        bench.clock.advance(0.5)

    assert (bench.statuses, bench.over, bench.edge.outcomes) == ([408], [(408, "slow")], ["failed"])


async def test_a_client_is_not_to_blame_while_its_backend_takes_nothing(bench: Bench) -> None:
    await bench.get(post("Content-Length: 10"))
    connection = bench.target.connections[0]
    connection.pause_writing()

    bench.clock.advance(50)
    assert (bench.statuses, bench.transport.reads) == ([], False)
    connection.resume_writing()
    bench.clock.advance(4)

    assert bench.statuses == [408]


async def test_a_client_that_takes_nothing_for_too_long_is_broken_off(bench: Bench) -> None:
    await bench.get(keeping())
    await bench.answer(OK[:-1])

    bench.client.pause_writing()
    bench.clock.advance(6)
    await settle()

    assert (bench.transport.is_aborted, bench.edge.outcomes) == (True, ["abandoned"])


# How connections end


async def test_what_the_client_still_sends_is_read_for_a_while(bench: Bench) -> None:
    await bench.get(b"nonsense\r\n\r\n")
    await bench.get(b"more")

    assert (bench.transport.is_ended, bench.transport.is_closed, bench.transport.reads) == (
        True,
        False,
        True,
    )
    bench.clock.advance(3)
    assert bench.transport.is_aborted


async def test_an_answer_that_is_still_on_its_way_is_given_its_time(bench: Bench) -> None:
    await bench.get(keeping("/", "Connection: close"))
    bench.transport.waiting_bytes = 500
    await bench.answer()

    bench.clock.advance(3)
    assert not bench.transport.is_aborted
    bench.transport.waiting_bytes = 0
    bench.clock.advance(10)

    assert bench.transport.is_aborted


async def test_a_client_that_closed_first_is_closed_at_once(bench: Bench) -> None:
    await bench.get(keeping("/", "Connection: close"))
    assert bench.client.eof_received() is True
    await bench.answer()

    assert (bench.statuses, bench.transport.is_closed) == ([200], True)


async def test_with_tls_there_is_no_half_close() -> None:
    bench = Bench(writes_eof=False)
    await bench.get(keeping("/", "Connection: close"))
    await bench.answer()

    assert (bench.statuses, bench.transport.is_ended, bench.transport.is_closed) == ([200], False, True)


async def test_a_client_that_sends_no_more_gets_every_answer(bench: Bench) -> None:
    await bench.get(keeping("/1") + keeping("/2"))

    assert bench.client.eof_received() is True
    await bench.answer()
    assert not bench.transport.is_closed
    await bench.answer()

    assert (bench.statuses, bench.transport.is_closed) == ([200, 200], True)


@pytest.mark.parametrize(("method", "outcomes"), [("GET", ["abandoned"]), ("POST", [])])
async def test_a_client_that_sends_no_more_is_waited_for_if_it_wrote(
    bench: Bench, method: str, outcomes: list[str]
) -> None:
    await bench.get(keeping(method=method))
    bench.client.eof_received()

    bench.clock.advance(2)
    await settle()

    assert bench.edge.outcomes == outcomes


async def test_an_idle_client_that_sends_no_more_is_closed(bench: Bench) -> None:
    assert bench.client.eof_received() is False
    await bench.get(b"")
    assert bench.statuses == []


async def test_a_client_that_ends_in_mid_body_commits_nothing(bench: Bench) -> None:
    await bench.get(post("Content-Length: 10", body=b"half"))

    assert bench.client.eof_received() is False

    assert (bench.edge.outcomes, bench.over) == (["abandoned"], [(0, "abandoned")])
    assert bench.target.transports[0].is_aborted


async def test_a_client_that_is_gone_is_counted_out_and_its_request_told(bench: Bench) -> None:
    await bench.get(keeping())

    bench.transport.abort()
    await settle()

    assert (bench.clients, bench.edge.outcomes) == (0, ["abandoned"])


async def test_an_answer_before_the_body_was_sent_closes_the_connection(bench: Bench) -> None:
    await bench.get(post("Content-Length: 10", body=b"half"))
    await bench.answer(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
    await bench.get(b"other" + keeping())

    assert (bench.statuses, bench.edge.outcomes) == ([401], ["answered"])
    assert b"Connection: close\r\n" in bench.transport.text
    assert bench.transport.is_ended
    assert bench.target.transports[0].is_aborted


async def test_a_connection_that_is_broken_off_ends_its_request_too(bench: Bench) -> None:
    await bench.get(keeping())

    bench.client.break_off()
    await settle()

    assert (bench.transport.is_aborted, bench.clients) == (True, 0)
    assert (bench.edge.outcomes, bench.over) == (["abandoned"], [(0, "abandoned")])


@pytest.mark.parametrize("fails_at", ["admit", "began", "outbound", "answered"])
async def test_a_fault_of_our_own_ends_one_request_at_most(bench: Bench, fails_at: str) -> None:
    bench.edge.fails_at = fails_at
    await bench.get(keeping(method="POST"))
    if bench.target.connections:
        await bench.answer()

    assert bench.statuses == [200 if fails_at == "answered" else 500]
    assert len(bench.over) + len(bench.turned_away) == 1
    assert bench.transport.is_ended == (fails_at != "answered")


# Tunnels


async def test_an_upgrade_tunnels_both_ways_from_the_first_byte(bench: Bench) -> None:
    await bench.get(keeping("/", "Connection: Upgrade", "Upgrade: x") + b"early" + b"." * 1_100)
    await bench.answer(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello")
    await bench.get(b"later")
    await bench.answer(b" again")

    assert bench.asked.endswith(b"early" + b"." * 1_100 + b"later")
    assert bench.transport.text.endswith(b"\r\n\r\nhello again")
    bench.client.pause_writing()
    assert not bench.target.transports[0].reads
    bench.client.resume_writing()
    assert bench.target.transports[0].reads
    assert bench.client.eof_received() is True
    bench.clock.advance(1_000)
    assert not bench.transport.is_closed
    bench.transport.abort()
    await settle()
    assert bench.target.transports[0].is_closed


async def test_a_tunnel_that_was_waited_for_with_much_to_send_reads_on(bench: Bench) -> None:
    await bench.get(keeping("/", "Connection: Upgrade", "Upgrade: x"))
    await bench.get(b"." * 1_100)
    await bench.answer(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")

    assert bench.transport.reads


async def test_a_refused_upgrade_is_an_answer_like_any_other(bench: Bench) -> None:
    await bench.get(keeping("/", "Connection: Upgrade", "Upgrade: x"))
    await bench.answer()
    await bench.get(keeping())
    await bench.answer()

    assert bench.statuses == [200, 200]
