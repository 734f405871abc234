"""How requests fail, that writes are sent once, and what happens when a client goes away."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from parity.exchange import Backend
from proxy.settings import MirrorSettings
from proxy.stages import Stage
from tests.proxy.rig import QUICK_FORWARD, get, running, until
from tests.support.backends import answering, closing, hanging, sending


async def test_a_dead_backend_is_502_in_the_envelope_of_the_api(tmp_path: Path) -> None:
    async with running(tmp_path, dead=Backend.LEGACY) as rig:
        answer = await rig.ask(headers={"X-Request-Id": "r-1"})
        await rig.settled(1)

    body = json.loads(answer.body)
    assert answer.status == 502
    assert answer.header("Proxy-Status") == "crossfade; error=connection_refused"
    assert answer.header("X-Request-Id") == "r-1"
    assert (body["success"], body["error"]["code"], body["error"]["requestId"]) == (
        False,
        "BAD_GATEWAY",
        "r-1",
    )
    assert "127.0.0.1" not in answer.body.decode()
    assert rig.parity.counts() == {"requests": 1, "failed": 1, "not_mirrored/stage": 1}


async def test_a_silent_backend_is_504(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.legacy.behaviour = hanging()
        answer = await rig.ask()

    assert (answer.status, answer.header("Proxy-Status")) == (504, "crossfade; error=http_response_timeout")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_an_answer_that_is_none_is_502(tmp_path: Path, answer: bytes) -> None:
    async with running(tmp_path) as rig:
        rig.legacy.behaviour = sending(answer)
        got = await rig.ask("POST")

    assert got.status == 502


async def test_no_free_connection_is_503_and_says_when_to_come_again(tmp_path: Path) -> None:
    async with running(tmp_path, forward=replace(QUICK_FORWARD, connections=1, wait_s=0.1)) as rig:
        rig.legacy.behaviour = answering(after_s=0.8)
        first, second = await asyncio.gather(rig.ask(), rig.ask())

    answers = {first.status: first, second.status: second}
    assert set(answers) == {200, 503}
    assert answers[503].header("Retry-After") == "1"
    assert answers[503].header("Proxy-Status") == "crossfade; error=connection_limit_reached"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
async def test_a_backend_that_breaks_in_mid_body_breaks_the_clients_connection(
    tmp_path: Path, head: bytes, version: bytes
) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        rig.legacy.behaviour = sending(head, b"5\r\nhalf-" if b"chunked" in head else b"half-", pause_s=0.03)

        with pytest.raises(ConnectionResetError):
            await rig.raw(b"GET /v1/escrows HTTP/" + version + b"\r\nHost: h\r\n\r\n")
        await rig.settled(1)

        assert rig.parity.counts() == {"requests": 1, "failed": 1, "not_mirrored/unanswered": 1}
        assert rig.modern.seen == []


# Writes


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_a_write_is_never_sent_twice(tmp_path: Path, method: str, body: bytes) -> None:
    target = "/v1/escrows" if method == "POST" else "/v1/escrows/1"

    async with running(tmp_path) as rig:
        await rig.ask(method, target, data=body or None)
        rig.legacy.behaviour = closing()
        answer = await rig.ask(method, target, data=body or None)

        assert answer.status == 502
        assert [seen.connection for seen in rig.legacy.seen] == [1, 1], (
            "the second came on the pooled connection"
        )


async def test_a_read_is_sent_again_when_a_pooled_connection_was_closed(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        await rig.ask()

        async def close_the_old_one(seen: object, writer: asyncio.StreamWriter) -> bool:
            return getattr(seen, "connection", 0) > 1 and await answering()(seen, writer)  # type: ignore[arg-type]  # a Seen

        rig.legacy.behaviour = close_the_old_one
        answer = await rig.ask()

        assert answer.status == 200


async def test_a_write_whose_client_left_is_read_to_its_end(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def slow(_seen: object, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
        await asyncio.sleep(0.1)
        writer.write(b"ok")
        await writer.drain()
        done.set()
        return True

    async with running(tmp_path) as rig:
        rig.legacy.behaviour = slow
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(get("/v1/escrows", "Content-Length: 2", method="POST", body=b"{}"))
        await until(lambda: len(rig.legacy.seen) == 1)
        writer.transport.abort()
        await asyncio.wait_for(done.wait(), 5)
        rig.legacy.behaviour = answering()
        await rig.ask("POST")
        await rig.settled(2)

        assert [seen.connection for seen in rig.legacy.seen] == [1, 1], "its connection went back to the pool"


async def test_a_read_whose_client_left_is_cancelled(tmp_path: Path) -> None:
    async with running(
        tmp_path, stage=Stage.SHADOW, forward=replace(QUICK_FORWARD, answer_timeout_s=60)
    ) as rig:
        rig.legacy.behaviour = hanging()
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(get())
        await until(lambda: len(rig.legacy.seen) == 1)
        writer.transport.abort()
        await until(lambda: rig.legacy.open_connections == 0)
        await rig.settled(1)

        assert rig.parity.counts() == {"requests": 1, "not_mirrored/unanswered": 1}
        assert rig.modern.seen == []


async def test_a_client_that_leaves_in_mid_body_commits_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(get("/v1/escrows", "Content-Length: 1000", method="POST", body=b"half"))
        await until(lambda: rig.legacy.begun == ["POST /v1/escrows"])
        writer.transport.abort()
        await until(lambda: rig.legacy.open_connections == 0)
        await rig.settled(1)

        assert rig.legacy.seen == []
        assert rig.parity.counts() == {"requests": 1, "not_mirrored/stage": 1}


# Reads with a body


async def test_a_small_body_of_a_read_goes_to_both(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        await rig.ask(data=b'{"q":1}')
        await rig.settled(1)

        assert [seen.body for seen in (*rig.legacy.seen, *rig.modern.seen)] == [b'{"q":1}'] * 2


async def test_a_large_body_of_a_read_is_streamed_and_not_copied(tmp_path: Path) -> None:
    bounds = MirrorSettings(capture_bytes=1_000)

    async with running(tmp_path, stage=Stage.SHADOW, mirror=bounds) as rig:
        await rig.ask(data=b"q" * 5_000)
        await rig.settled(1)

        assert len(rig.legacy.seen[0].body) == 5_000
        assert rig.modern.seen == []
        assert [exchange.skipped for exchange in rig.parity.exchanges] == ["body_too_large"]


@pytest.mark.parametrize("size", [0, 1, 1_000, 16_384, 20_000, 60_000, 900_000])
async def test_an_answer_of_any_size_is_handed_over_whole(tmp_path: Path, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)

    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        rig.legacy.behaviour = answering(body[:size])
        rig.modern.behaviour = answering(body[:size])
        await rig.ask()
        await rig.settled(1)

        assert [exchange.legacy.body for exchange in rig.parity.exchanges] == [body[:size]]
