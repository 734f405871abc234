"""Backends and clients that fail at every stage, and connections that close just when they are used."""

import asyncio
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from parity.exchange import Backend
from proxy.stages import Stage
from tests.proxy.rig import get, running, until
from tests.support.backends import FakeBackend, Seen, answering, hanging
from tests.wire.cases_pass import SWITCH, WS_HEAD
from tests.wire.messages import answers_in
from tests.wire.play import OK, Act, Pause, Until, connected
from tests.wire.run import CLIENT, FORWARD, wired

GET = get().replace(b"Connection: close\r\n", b"")
POST = b"POST /v1/escrows HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
MOST = 150_000_000
"""More than a system holds of two connections that nobody reads from (Linux: 32 MB each)."""


async def test_a_backend_that_refuses_is_502_and_one_that_is_back_is_used(tmp_path: Path) -> None:
    async with FakeBackend() as backend:
        await backend.__aexit__(None, None, None)
        async with running(tmp_path, legacy_url=backend.url, forward=FORWARD) as rig:
            down = await rig.ask(headers={"X-Request-Id": "r-1"})
            await backend.__aenter__()
            up = await rig.ask()

    envelope = json.loads(down.body)
    assert (down.status, down.header("Proxy-Status")) == (502, "crossfade; error=connection_refused")
    assert envelope["error"]["requestId"] == "r-1"
    assert str(backend.port) not in down.body.decode()
    assert up.status == 200


async def test_a_backend_that_accepts_and_hangs_holds_up_only_its_own_requests(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE, forward=replace(FORWARD, answer_timeout_s=1.0)) as rig:
        rig.legacy.behaviour = hanging()
        hung = asyncio.create_task(rig.ask(target="/v1/unlisted"))
        await until(lambda: len(rig.legacy.seen) == 1)
        quick = [await rig.ask() for _ in range(20)]
        answer = await hung

    assert [one.status for one in quick] == [200] * 20
    assert (answer.status, answer.header("Proxy-Status")) == (504, "crossfade; error=http_response_timeout")


async def test_no_connection_within_the_wait_is_503_with_retry_after(tmp_path: Path) -> None:
    forward = replace(FORWARD, connections=1, wait_s=0.1)

    async with wired(tmp_path, forward=forward) as on:
        await on.backend.restart([(Pause(0.5), *OK)])
        async with connected(on.port) as first:
            await first.play([GET])
            await first.until(lambda: False, 0.1)
            answer = await on.rig.raw(get())
            await first.until(lambda: b"ok" in first.got)
            served = bytes(first.got)

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in answer
    assert served.endswith(b"ok")


async def answer_and_close(seen: Seen, writer: asyncio.StreamWriter) -> bool:
    """Close the connection about when the next request comes."""
    await answering(b"ok")(seen, writer)
    asyncio.get_running_loop().call_later(0.002, writer.close)
    await asyncio.sleep(0.001)
    return True


async def test_a_connection_that_closes_as_a_read_arrives_is_not_noticed(tmp_path: Path) -> None:
    async with running(tmp_path, forward=FORWARD) as rig:
        rig.legacy.behaviour = answer_and_close
        statuses = []
        for turn in range(100):
            statuses.append((await rig.ask()).status)
            await asyncio.sleep(turn % 5 / 1_000)

    assert statuses == [200] * 100


async def test_a_connection_that_closes_as_a_write_arrives_never_doubles_it(tmp_path: Path) -> None:
    async with running(tmp_path, forward=FORWARD) as rig:
        rig.legacy.behaviour = answer_and_close
        statuses = []
        for turn in range(100):
            answer = await rig.ask("POST", f"/v1/escrows?turn={turn}", data=b"{}")
            statuses.append(answer.status)
            await asyncio.sleep(turn % 5 / 1_000)
        targets = [seen.target for seen in rig.legacy.seen]

    assert set(statuses) <= {200, 502}
    assert len(targets) == len(set(targets))
    assert statuses.count(200) <= len(targets)


async def test_a_read_whose_client_resets_is_cancelled_at_the_backend(tmp_path: Path) -> None:
    async with wired(tmp_path, forward=replace(FORWARD, answer_timeout_s=60)) as on:
        await on.backend.restart([(Pause(30),)])
        async with connected(on.port) as client:
            await client.play([GET])
            await until(lambda: len(on.backend.requests) == 1)
            client.reset()
            end = on.backend.ends[0]
            closed = await end.until(lambda: bool(end.ended))

    assert closed


@pytest.mark.parametrize("stage", ["before the head", "in the head", "in the body"])
async def test_a_write_whose_client_resets_is_read_to_its_end(tmp_path: Path, stage: str) -> None:
    head, body = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n", b"all of i"
    whole = head + body
    cut = {"before the head": 0, "in the head": 9, "in the body": len(head) + 3}[stage]

    async with wired(tmp_path) as on:
        await on.backend.restart([(whole[:cut], Pause(0.2), whole[cut:])])
        async with connected(on.port) as client:
            await client.play([POST])
            await until(lambda: len(on.backend.requests) == 1)
            await asyncio.sleep(0.05)
            client.reset()
        await asyncio.sleep(0.3)
        again = await on.rig.raw(get())
        connections = len(on.backend.ends)

    assert again.endswith(b"ok")
    assert connections == 1, "the connection of the write went back to the pool, for it was read to its end"


async def test_a_backend_that_answers_before_the_body_is_there_is_heard(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"
    head = b"POST /v1/escrows HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\n"

    async with wired(tmp_path) as on:
        await on.backend.restart([(Act.AT_HEAD, answer)])
        async with connected(on.port) as client:
            await client.play([head, b"x" * 10_000])
            await client.until(lambda: b"\r\n\r\nno" in client.got)
            got = bytes(client.got)
        again = await on.rig.raw(get())
        connections = len(on.backend.ends)

    assert got.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert again.endswith(b"ok")
    assert connections == 2, "a connection with half a request on it is not used again"


async def test_a_refusal_reaches_a_client_that_is_still_sending(tmp_path: Path) -> None:
    head = b"POST /v1/escrows HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n"

    async with wired(tmp_path) as on, connected(on.port) as client:
        client.transport.write(head + b"x" * 5_000_000)
        await client.until(lambda: bool(client.ended))
        got, ended = bytes(client.got), client.ended

    assert got.startswith(b"HTTP/1.1 413 ")
    assert ended == "closed", "a reset may overtake the answer on its way"


async def test_a_backend_that_stops_reading_slows_the_client(tmp_path: Path) -> None:
    is_over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await is_over.wait()
        writer.close()

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)  # less than what comes at once
    server = await asyncio.start_server(serve, sock=listener, limit=1_024)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    bounds = replace(CLIENT, max_body_bytes=None, body_timeout_s=30.0)
    slow = replace(FORWARD, answer_timeout_s=30.0)
    async with running(tmp_path, legacy_url=url, client=bounds, forward=slow) as rig:
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        head = get("/v1/escrows", "Content-Length: 200000000", method="POST")
        writer.write(head + bytes(1_000_000))  # before there is a connection to the backend
        sent = 0
        try:
            async with asyncio.timeout(1.5):
                while sent < MOST:
                    writer.write(bytes(65_536))
                    await writer.drain()
                    sent += 65_536
        except TimeoutError:
            pass
        writer.transport.abort()
        is_over.set()
        await asyncio.sleep(0)
    server.close()

    assert sent < MOST


async def test_a_tunnel_carries_much_both_ways_at_once(tmp_path: Path) -> None:
    much = bytes(range(256)) * 8_192

    async with wired(tmp_path) as on:
        await on.backend.restart([(SWITCH, Until(b"hello"), much, Pause(0.5), Act.FINISH)])
        async with connected(on.port) as client:
            await client.play([WS_HEAD, Until(b"101"), b"hello", much, Act.FINISH])
            await client.until(lambda: bool(client.ended))
            down = bytes(client.got).removeprefix(SWITCH)
            await until(lambda: on.backend.ends[0].ended != "")
            up = bytes(on.backend.ends[0].got).partition(b"\r\n\r\n")[2]

    assert len(down) == len(much)
    assert down == much
    assert up == b"hello" + much


@pytest.mark.parametrize("side", ["client", "backend"])
async def test_a_tunnel_that_breaks_on_one_side_ends_on_the_other(tmp_path: Path, side: str) -> None:
    breaking = Act.RESET if side == "backend" else Pause(30)

    async with wired(tmp_path) as on:
        await on.backend.restart([(SWITCH, Until(b"hello"), breaking)])
        async with connected(on.port) as client:
            await client.play([WS_HEAD, Until(b"101"), b"hello"])
            if side == "client":
                await until(lambda: b"hello" in on.backend.raw)
                client.reset()
            end = on.backend.ends[0]
            other = client if side == "backend" else end
            ended = await other.until(lambda: bool(other.ended))

    assert ended


async def test_an_upgrade_is_never_mirrored_not_even_one_that_is_declined(tmp_path: Path) -> None:
    async with wired(tmp_path, stage=Stage.SHADOW) as on:
        await on.backend.restart([(SWITCH, Act.CLOSE)])
        accepted = await on.rig.raw(WS_HEAD)
        declined = await on.rig.raw(WS_HEAD.replace(b"Connection: ", b"Connection: close, "))
        await on.rig.raw(get())
        await on.rig.settled(3)
        mirrored = [capture.head for capture in on.rig.parity.captures]

    assert (accepted[:13], declined[:13]) == (b"HTTP/1.1 101 ", b"HTTP/1.1 200 ")
    assert [b"Sec-WebSocket-Key" in head for head in mirrored] == [False]


async def test_what_is_in_flight_at_the_end_is_finished(tmp_path: Path) -> None:
    async with wired(tmp_path) as on:
        await on.backend.restart([(Pause(0.3), *OK)])
        async with connected(on.port) as busy, connected(on.port) as idle:
            await idle.play([b""])
            await busy.play([GET])
            await until(lambda: len(on.backend.requests) == 1)
            on.rig.stop.set()
            await busy.until(lambda: bool(busy.ended))
            await idle.until(lambda: bool(idle.ended))
            answers = answers_in(bytes(busy.got), [b"GET"], has_ended=True)

    assert [one.body for one in answers] == [b"ok"]
    assert answers[0].values[b"connection"] == b"close"


@pytest.mark.parametrize("dead", list(Backend))
async def test_an_error_names_its_cause_and_nothing_internal(tmp_path: Path, dead: Backend) -> None:
    stage = Stage.OFF if dead is Backend.LEGACY else Stage.LIVE

    async with running(tmp_path, dead=dead, stage=stage, forward=FORWARD) as rig:
        answer = await rig.ask("POST", "/v1/escrows", data=b"{}")

    said = answer.body.decode() + str(answer.headers)
    if stage is Stage.OFF:
        assert (answer.status, answer.header("Proxy-Status")) == (502, "crossfade; error=connection_refused")
    assert not [word for word in ("127.0.0.1", "Errno", "Traceback", "asyncio") if word in said]
