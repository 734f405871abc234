"""One request: sent once or once more, to one backend or the other, and ended in exactly one way."""

import pytest

from parity.exchange import Backend
from proxy.settings import MirrorSettings
from proxy.stages import Stage
from tests.proxy.rig import QUICK_FORWARD
from tests.proxy.wire.fakes import FakeTarget, a_pool, settle
from tests.proxy.wire.one_request import OK, STREAM, UNTIL_CLOSED, Bench


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


async def test_a_write_whose_client_is_gone_goes_to_nobody_else() -> None:
    bench = Bench(Stage.LIVE)
    forwarding = await bench.start("POST", "Content-Length: 2")
    forwarding.body(b"{}")
    forwarding.body_ended()
    forwarding.client_gone()

    bench.last(Backend.MODERN).data_received(
        b"HTTP/1.1 503 No\r\nX-Committed: 0\r\nContent-Length: 0\r\n\r\n"
    )

    assert bench.targets[Backend.LEGACY].transports == []
    assert (bench.edge.outcomes, bench.over) == (["abandoned"], [("modern", 503, "abandoned")])
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
    paused = transport.reads
    forwarding.client_drained()

    assert (paused, transport.reads) == (False, True)


async def test_a_write_that_was_sent_is_read_to_its_end_when_its_client_is_gone() -> None:
    bench = Bench()
    forwarding = await bench.start("POST", "Content-Length: 2")
    forwarding.body(b"{}")
    forwarding.body_ended()
    forwarding.client_full()

    forwarding.client_gone()
    reads_on = bench.targets[Backend.LEGACY].transports[0].reads
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


@pytest.mark.parametrize("is_used", [False, True])
async def test_a_body_that_came_with_its_head_goes_on_with_it_in_one_piece(*, is_used: bool) -> None:
    bench = Bench()
    if is_used:
        await bench.used()

    await bench.start("POST", "Content-Length: 2", content=b"ab")
    pieces = [transport.sent[-1] for transport in bench.targets[Backend.LEGACY].transports]
    bench.last().data_received(OK)

    assert [(piece[:4], body_of(piece)) for piece in pieces] == [(b"POST", b"ab")]
    assert bench.over == [("legacy", 200, "")]


async def test_such_a_body_of_a_read_goes_to_both() -> None:
    bench = Bench(stage=Stage.SHADOW)

    await bench.start("GET", "Content-Length: 2", content=b"ab")
    bench.last().data_received(OK)

    assert [capture.body for capture in bench.edge.captures] == [b"ab"]
