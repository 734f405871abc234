"""Many and large: slow clients and readers, idle connections, bodies larger than memory should be."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.proxy.rig import get, running
from tests.wire.play import connected
from tests.wire.process import allow_descriptors, resident_bytes
from tests.wire.run import CLIENT, FORWARD, wired

MEGABYTES = 200
PIECE = bytes(65_536)
SIZE = MEGABYTES * 1_048_576
SLOWLORIS = 1_000
IDLE = 10_000
BYTES_A_CONNECTION = 20_000
"""What an idle connection may cost at most, sockets of the kernel not counted."""

Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serving) -> AsyncIterator[str]:
    """A backend that does this on each connection."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**17)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def _read_slowly(reader: asyncio.StreamReader, size: int) -> int:
    """Nothing for a while, then all of it; returns how many bytes."""
    await asyncio.sleep(0.4)
    got = 0
    while got < size and (part := await reader.read(262_144)):
        got += len(part)
    return got


async def _pour(writer: asyncio.StreamWriter) -> None:
    for _ in range(SIZE // len(PIECE)):
        writer.write(PIECE)
        await writer.drain()


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_a_large_upload_to_a_slow_backend_takes_no_memory(tmp_path: Path, framing: str) -> None:
    taken = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        taken = await _read_slowly(reader, SIZE)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    body = {
        "length": f"Content-Length: {SIZE}",
        "chunked": "Transfer-Encoding: chunked",
    }[framing]
    bounds = replace(CLIENT, max_body_bytes=None, body_timeout_s=20.0)
    async with (
        serving(serve) as url,
        running(
            tmp_path, legacy_url=url, client=bounds, forward=replace(FORWARD, answer_timeout_s=20)
        ) as rig,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        before = resident_bytes()
        writer.write(get("/v1/escrows", body, method="POST"))
        if framing == "chunked":
            for _ in range(SIZE // len(PIECE)):
                writer.write(b"10000\r\n%b\r\n" % PIECE)
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        else:
            await _pour(writer)
        answer = await asyncio.wait_for(reader.read(), 30)
        grown = resident_bytes() - before
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert taken >= SIZE
    assert grown < 20_000_000


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
async def test_a_large_download_by_a_slow_client_takes_no_memory(tmp_path: Path, framing: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = {"length": b"Content-Length: %d\r\n" % SIZE, "chunked": b"Transfer-Encoding: chunked\r\n"}
        writer.write(b"HTTP/1.1 200 OK\r\n" + head.get(framing, b"") + b"\r\n")
        if framing != "chunked":
            await _pour(writer)
        else:
            for _ in range(SIZE // len(PIECE)):
                writer.write(b"10000\r\n%b\r\n" % PIECE)
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        writer.close()

    bounds = replace(CLIENT, send_timeout_s=20.0)
    async with (
        serving(serve) as url,
        running(
            tmp_path, legacy_url=url, client=bounds, forward=replace(FORWARD, answer_timeout_s=20)
        ) as rig,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port, limit=2**17)
        before = resident_bytes()
        writer.write(get())
        await reader.readuntil(b"\r\n\r\n")
        got = await _read_slowly(reader, 2 * SIZE)
        grown = resident_bytes() - before
        writer.close()

    assert got >= SIZE
    assert grown < 20_000_000


async def test_a_thousand_clients_that_never_finish_a_head_hold_up_nobody(tmp_path: Path) -> None:
    if allow_descriptors(2 * SLOWLORIS + 500) < 2 * SLOWLORIS + 500:
        pytest.skip("this machine does not let a process open so many sockets")
    statuses: list[bytes] = []

    async def drip(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /v1/escrows HTTP/1.1\r\nHost: h\r\n")
        with suppress(ConnectionError):
            for _ in range(4):
                writer.write(b"X: y\r\n")
                await asyncio.sleep(1)
                if reader.at_eof():
                    break
        statuses.append((await reader.read(4_096))[:12])
        writer.close()

    async with wired(tmp_path, client=replace(CLIENT, head_timeout_s=2.0)) as on:
        started = time.monotonic()
        dripping = [asyncio.create_task(drip(on.port)) for _ in range(SLOWLORIS)]
        await asyncio.sleep(0.5)
        slowest = 0.0
        for _ in range(50):
            asked = time.monotonic()
            answer = await on.rig.raw(get())
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            slowest = max(slowest, time.monotonic() - asked)
            await asyncio.sleep(0.02)
        await asyncio.gather(*dripping)
        took = time.monotonic() - started

    assert slowest < 1.0
    assert statuses == [b"HTTP/1.1 408"] * SLOWLORIS
    assert took < 10


async def test_ten_thousand_idle_connections_cost_little(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    if allow_descriptors(IDLE + 1_000) < IDLE + 1_000:
        pytest.skip("this machine does not let a process open so many sockets")

    async with wired(tmp_path, client=replace(CLIENT, idle_s=300.0)) as on:
        await on.rig.raw(get())
        before = resident_bytes()
        program = Path(__file__).with_name("idle_clients.py")
        clients = await asyncio.create_subprocess_exec(
            sys.executable,
            str(program),
            str(on.port),
            str(IDLE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert clients.stdin is not None
        assert clients.stdout is not None
        held = int(await asyncio.wait_for(clients.stdout.readline(), 90))
        each = (resident_bytes() - before) / IDLE
        answer = await on.rig.raw(get())
        clients.stdin.close()
        still = int(await asyncio.wait_for(clients.stdout.readline(), 30))
        await clients.wait()
    record_property("bytes_a_connection", round(each))
    sys.stdout.write(f"{each:.0f} bytes for each of {IDLE} idle connections\n")

    assert (held, still) == (IDLE, IDLE)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert each < BYTES_A_CONNECTION


async def test_one_connection_that_pipelines_without_reading_takes_no_memory(tmp_path: Path) -> None:
    body = b"x" * 50_000
    scripts = [(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),)] * 100_000
    request = b"GET /v1/escrows HTTP/1.1\r\nHost: h\r\n\r\n" * 1_000

    async with wired(tmp_path) as on, connected(on.port) as client:
        await on.backend.restart(scripts)
        before = resident_bytes()
        client.transport.pause_reading()
        for _ in range(20):
            client.transport.write(request)
            await asyncio.sleep(0.05)
        grown = resident_bytes() - before
        asked = len(on.backend.requests)

    assert grown < 20_000_000
    assert asked < 1_000
