"""What is not the wire's goes wrong while it serves: the store is away, the log's disk is full, the parity worker dies."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from proxy.settings import TelemetrySettings
from proxy.stages import Stage
from tests.proxy.rig import Rig, running, until
from tests.support.backends import answering

CLIENTS = 8


class Load:
    """Clients in a closed loop on connections that are kept alive; reads and writes."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.statuses: list[int] = []
        self.served_by: list[str | None] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._ask_on()) for _ in range(CLIENTS)]
        await self.more(40)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._stopped = True
        await asyncio.gather(*self._tasks)

    async def more(self, requests: int) -> None:
        """Wait until so many more were answered."""
        wanted = len(self.statuses) + requests
        await until(lambda: len(self.statuses) >= wanted)

    async def _ask_on(self) -> None:
        number = 0
        while not self._stopped:
            number += 1
            answer = await self.rig.ask("POST" if number % 4 == 0 else "GET")
            self.statuses.append(answer.status)
            self.served_by.append(answer.header("X-Served-By"))
            await asyncio.sleep(0.001)


async def test_a_store_that_goes_away_and_comes_back_costs_no_request(tmp_path: Path) -> None:
    file, away = tmp_path / "store.db", tmp_path / "away.db"

    async with running(tmp_path, stage=Stage.LIVE) as rig, Load(rig) as load:
        rig.engine.dispose()
        file.rename(away)
        file.mkdir()
        await load.more(200)
        file.rmdir()
        away.rename(file)
        await load.more(100)
        rolled_back_at = len(load.served_by)
        await rig.roll_back()
        acknowledged_at = len(load.served_by)
        await load.more(100)

    assert set(load.statuses) == {200}
    assert set(load.served_by[:rolled_back_at]) == {"modern"}
    assert set(load.served_by[acknowledged_at + CLIENTS :]) == {"legacy"}


async def test_a_worker_without_a_store_serves_many_at_once(tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path}/no/such/place.db"

    async with running(tmp_path, store_url=nowhere) as rig, Load(rig) as load:
        await load.more(200)

    assert set(load.statuses) == {200}
    assert set(load.served_by) == {"legacy"}


@pytest.mark.parametrize("file", ["/dev/full", "a directory"])
async def test_a_log_on_a_full_disk_costs_no_request_under_load(tmp_path: Path, file: str) -> None:
    log = Path(file) if file.startswith("/") else tmp_path / file
    if log.parent == tmp_path:
        log.mkdir()
    telemetry = TelemetrySettings(access_log=log, access_log_rate=1.0)

    async with running(tmp_path, stage=Stage.SHADOW, telemetry=telemetry) as rig:
        async with Load(rig) as load:
            await load.more(300)
        requests = len(load.statuses)
        for _ in range(100):
            if (lost := await _unwritten(rig)) >= requests:
                break
            await asyncio.sleep(0.05)

    assert set(load.statuses) == {200}
    assert requests > 300
    assert lost == requests, "what the log lost is counted"


async def _unwritten(rig: Rig) -> float:
    async with rig.session.get(f"http://127.0.0.1:{rig.admin_port}/metrics") as page:
        lines = (await page.text()).splitlines()
    name = "crossfade_proxy_access_log_lines_unwritten_total{"
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


async def test_a_parity_worker_that_dies_under_load_costs_no_request_and_no_count(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        async with Load(rig) as load:
            await rig.parity.stop()
            await load.more(200)
            await rig.parity.start()
            await load.more(100)
        await rig.settled(len(load.statuses))

        rig.parity.assert_the_books_balance()
    assert set(load.statuses) == {200}


async def test_a_client_that_resets_under_load_takes_nobody_with_it(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        rig.legacy.behaviour = answering(b"x" * 100_000)
        async with Load(rig) as load:
            for _ in range(50):
                _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
                writer.write(b"GET /v1/escrows HTTP/1.1\r\nHost: h\r\n\r\n" * 5)
                await asyncio.sleep(0.002)
                with suppress(ConnectionError):
                    writer.transport.abort()
            await load.more(50)

    assert set(load.statuses) == {200}


async def test_a_reload_under_load_costs_no_request(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig, Load(rig) as load:
        for connections in (8, 16, 32, 64):
            assert await rig.reload(forward=replace(rig.settings.forward, connections=connections)) == ""
            await load.more(60)

    assert set(load.statuses) == {200}
