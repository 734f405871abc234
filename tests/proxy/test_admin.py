"""The admin listener."""

import asyncio
import json
from pathlib import Path

import aiohttp

from parity.exchange import Backend
from proxy.admin import _is_reachable
from proxy.stages import Stage
from tests.proxy.rig import Rig, running, until
from tests.support.backends import hanging


async def look(rig: Rig, path: str) -> tuple[int, dict[str, object]]:
    url = f"http://127.0.0.1:{rig.admin_port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.json()


async def test_a_worker_that_serves_is_alive_and_ready_and_says_its_versions(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        assert await look(rig, "/livez") == (200, {"alive": True})
        assert await look(rig, "/readyz") == (200, {"ready": True, "problems": []})
        status, body = await look(rig, "/version")

    assert (status, body["flag_version"], body["compiled"]) == (200, 1, False)


async def test_a_dead_authoritative_backend_is_not_ready(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW, dead=Backend.MODERN) as rig:
        as_shadow = await look(rig, "/readyz")
        await asyncio.to_thread(rig.store.flip, "escrows", Stage.CANARY, actor="test", reason="test")
        await until(lambda: rig.store.workers()[0].version == 2)
        as_authoritative = await look(rig, "/readyz")

    assert as_shadow[0] == 200
    assert as_authoritative == (503, {"ready": False, "problems": ["modern takes no connections"]})


async def test_a_backend_on_a_unix_socket_is_reached_as_well(tmp_path: Path) -> None:
    server = await asyncio.start_unix_server(lambda _reader, writer: writer.close(), tmp_path / "crm.sock")

    async with server:
        there = await _is_reachable(f"unix:{tmp_path}/crm.sock")
    nowhere = await _is_reachable(f"unix:{tmp_path}/none.sock")

    assert (there, nowhere) == (True, False)


async def test_a_draining_worker_is_alive_and_not_ready(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.legacy.behaviour = hanging()
        asking = asyncio.create_task(rig.ask())
        await until(lambda: len(rig.legacy.seen) == 1)
        ending = asyncio.create_task(rig.end())
        await asyncio.sleep(0.05)
        ready, alive = await look(rig, "/readyz"), await look(rig, "/livez")
        await asyncio.gather(asking, ending)

    assert ready == (503, {"ready": False, "problems": ["draining"]})
    assert alive[0] == 200


async def test_the_admin_paths_are_not_on_the_proxys_port(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        answer = await rig.ask(target="/livez")

        assert json.loads(answer.body) == {"by": "legacy"}
