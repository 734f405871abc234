"""The stream of events."""

import asyncio
import json
from pathlib import Path

import aiohttp

from proxy.console.tokens import Role
from proxy.stages import Stage
from tests.proxy.console.rig import Rig, running

PATIENCE_S = 15.0


async def event(stream: aiohttp.ClientResponse) -> tuple[str, dict[str, object]]:
    """The next event; comments and what is said of reconnecting are passed over."""
    while True:
        async with asyncio.timeout(PATIENCE_S):
            lines = (await stream.content.readuntil(b"\n\n")).decode().splitlines()
        fields = dict(line.split(": ", 1) for line in lines if line and not line.startswith(":"))
        if "data" in fields:
            assert fields["event"] == "status"
            return fields["id"], json.loads(fields["data"])


def opened(rig: Rig, **headers: str) -> "aiohttp.client._RequestContextManager":
    return rig.http.get(f"{rig.url}/api/v1/events", headers=rig.bearer(Role.VIEWER) | headers)


async def test_a_flip_is_told_within_seconds(tmp_path: Path) -> None:
    async with running(tmp_path) as rig, opened(rig) as stream:
        first = await event(stream)
        version = rig.store.flip(Stage.SHADOW)
        second = await event(stream)

    assert stream.headers["Content-Type"] == "text/event-stream"
    assert first[1]["version"] == version - 1
    assert second[1]["version"] == version
    assert second[1]["domains"][0]["stage"] == "shadow"  # type: ignore[index]  # a list of objects


async def test_who_says_what_came_last_is_not_told_it_again(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        async with opened(rig) as stream:
            told, _ = await event(stream)
        async with opened(rig, **{"Last-Event-ID": told}) as stream:
            await stream.content.readuntil(b"\n\n")
            waiting = asyncio.create_task(event(stream))
            await asyncio.sleep(1.2)
            was_told = waiting.done()
            rig.store.flip(Stage.SHADOW)
            again, _ = await waiting

    assert (was_told, again == told) == (False, False)


async def test_streams_are_bounded_and_one_that_closes_makes_room(tmp_path: Path) -> None:
    async with running(tmp_path, max_streams=1) as rig:
        async with opened(rig) as stream:
            await event(stream)
            refused = await rig.ask("GET", "/api/v1/events")
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with opened(rig) as again:
                    if again.status == 200:
                        break
                rig.store.tokens.create("x", Role.VIEWER, days=1, actor="test")
                await asyncio.sleep(0.2)

    assert (refused.status, refused.code) == (503, "unavailable")
    assert "1 streams of events are open" in refused.message


async def test_a_stream_ends_when_its_token_is_revoked(tmp_path: Path) -> None:
    async with running(tmp_path, proven_s=0.0) as rig, opened(rig) as stream:
        await event(stream)
        viewer = next(one for one in rig.store.tokens.all() if one.role is Role.VIEWER)
        rig.store.tokens.revoke(viewer.id, actor="test")
        async with asyncio.timeout(PATIENCE_S):
            rest = await stream.content.read()

    assert b'"version"' not in rest
