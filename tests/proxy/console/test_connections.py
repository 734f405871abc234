"""Bounds of connections."""

import asyncio
from pathlib import Path

from proxy.console.tokens import Role
from tests.proxy.console.rig import running


async def test_an_idle_connection_is_closed_and_a_busy_one_is_not(tmp_path: Path) -> None:
    async with running(tmp_path, quiet_s=0.4) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        token = rig.bearer(Role.VIEWER)["Authorization"]
        head = f"GET /api/v1/flags HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n".encode()
        first = []
        for _ in range(4):
            writer.write(head)
            first.append((await reader.readuntil(b"}]}"))[:15])
            await asyncio.sleep(0.2)
        rest = await reader.read()
        writer.close()

    assert first == [b"HTTP/1.1 200 OK"] * 4
    assert rest == b""


async def test_a_stream_is_a_request_under_way(tmp_path: Path) -> None:
    async with (
        running(tmp_path, quiet_s=0.2) as rig,
        rig.http.get(f"{rig.url}/api/v1/events", headers=rig.bearer(Role.VIEWER)) as stream,
    ):
        await stream.content.readuntil(b"\n\n")
        await stream.content.readuntil(b"\n\n")
        await asyncio.sleep(0.5)
        rig.store.tokens.create("later", Role.VIEWER, days=1, actor="test")
        said = await stream.content.readuntil(b"\n\n")

    assert said.startswith(b"id: ")


async def test_one_connection_too_many_is_closed_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, max_connections=2) as rig:
        held = [await asyncio.open_connection("127.0.0.1", rig.port) for _ in range(2)]
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        said = await reader.read()
        for _, one in held:
            one.close()
            await one.wait_closed()
        writer.close()
        await asyncio.sleep(0.05)
        answer = await rig.ask("GET", "/api/v1/flags")

    assert said == b""
    assert answer.status == 200
