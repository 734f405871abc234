"""`crossfade console`: refusals before it listens; alone, and as a post of `crossfade up`."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from cli.console import console_settings
from cli.processes import Child
from cli.sections import ConsoleSection
from cli.settings import Settings
from parity.database import open_database
from parity.exchange import Endpoint
from proxy.console.tokens import Role, Tokens
from proxy.flag_store import FlagStore
from proxy.guards import holding
from proxy.stages import Stage
from tests.cli.test_supervisor import load
from tests.support.command import InProcess
from tests.support.site_process import Up, running_up, until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("listen", ["0.0.0.0:8400", "[::]:8400", "crossfade.example:8400"])
def test_an_address_that_others_reach_wants_tls_or_to_be_told(crossfade: InProcess, listen: str) -> None:
    ran = crossfade("console", "--listen", listen)

    assert ran.code == 2
    assert f"console.listen: '{listen}': others can reach that address" in ran.err


def test_it_may_be_told() -> None:
    told = Settings(
        console=ConsoleSection(listen="0.0.0.0:8400", allow_insecure=True, hosts=("Example.test",))
    )

    settings = console_settings(told)

    assert (settings.port, settings.hosts) == (8400, frozenset({"example.test"}))


def test_every_wrong_field_is_named(crossfade: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSFADE_CONSOLE__LISTEN", "0.0.0.0:8400")
    monkeypatch.setenv("CROSSFADE_CONSOLE__TLS_KEY", "key.pem")

    ran = crossfade("console")

    assert ran.code == 2
    assert "console.tls_key: 'key.pem': expected console.tls_cert beside it" in ran.err
    assert "console.listen: '0.0.0.0:8400'" in ran.err


def test_a_port_that_is_taken_is_exit_code_3(crossfade: InProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = f"127.0.0.1:{server.getsockname()[1]}"

        ran = crossfade("console", "--listen", taken)

    assert ran.code == 3
    assert f"cannot listen on {taken} (console)" in ran.err
    assert "Traceback" not in ran.err


async def _answers(port: int, headers: dict[str, str]) -> int:
    timeout = aiohttp.ClientTimeout(total=5)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(f"http://127.0.0.1:{port}/api/v1/status", headers=headers) as answer,
        ):
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


async def _until_it_answers(port: int, headers: dict[str, str]) -> None:
    deadline = asyncio.get_running_loop().time() + 30
    while await _answers(port, headers) != 200:
        assert asyncio.get_running_loop().time() < deadline, "the console does not answer"
        await asyncio.sleep(0.05)


def _token(up: Up) -> dict[str, str]:
    engine = open_database(Settings(state_dir=up.state_dir).store_url)
    secret, _ = Tokens(engine, FlagStore(engine, ())).create("olivia", Role.VIEWER, days=1, actor="test")
    return {"Authorization": f"Bearer {secret}"}


@dataclass(frozen=True)
class Shown:
    """A `crossfade up` and the port of its console."""

    up: Up
    port: int
    headers: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shown]:
    """One for all tests that leave it whole."""
    port = free_port()
    async with running_up(tmp_path_factory.mktemp("up"), console=f"127.0.0.1:{port}") as up:
        yield Shown(up, port, _token(up))


@pytest_asyncio.fixture(loop_scope="module")
async def shown(started: Shown) -> Shown:
    """As soon as its console answers."""
    await _until_it_answers(started.port, started.headers)
    return started


@pytest.mark.asyncio(loop_scope="module")
async def test_it_runs_the_guards_and_shows_how_they_stand(shown: Shown) -> None:
    engine = open_database(Settings(state_dir=shown.up.state_dir).store_url)
    await until(lambda: bool(holding(engine)))
    url = f"http://127.0.0.1:{shown.port}/api/v1/domains/escrows"
    async with aiohttp.ClientSession(headers=shown.headers) as http, http.get(url) as answer:
        found = await answer.json()

    assert {one["name"]: one["state"] for one in found["guards"]} == dict.fromkeys(
        ("error rate", "latency ratio", "mismatch rate", "query ratio", "shadow shed"), "idle"
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_killed_or_hanging_it_costs_no_request_and_is_started_again(shown: Shown) -> None:
    up = shown.up
    (first,) = up.workers("console --supervised")
    workers = up.workers()
    async with load(up) as seen:
        await until(lambda: seen.answers > 50)
        os.kill(first, signal.SIGSTOP)
        hanging = asyncio.create_task(_answers(shown.port, shown.headers))
        answered = seen.answers
        await until(lambda: seen.answers > answered + 100)
        was_hanging = not hanging.done()
        os.kill(first, signal.SIGKILL)
        await up.until_said("the console was killed by SIGKILL and is started again")
        await _until_it_answers(shown.port, shown.headers)
        await hanging

    assert was_hanging
    assert seen.failures == []
    assert up.workers() == workers
    assert up.workers("console --supervised") != [first]


async def test_up_serves_although_the_port_of_its_console_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = f"127.0.0.1:{server.getsockname()[1]}"
        async with running_up(tmp_path, console=taken, workers=1) as up:
            async with aiohttp.ClientSession() as http, http.get(f"{up.url}/v1/escrows") as answer:
                status = answer.status
            await up.until_said("the console did not start")

    assert status == 200


async def test_killed_in_the_middle_of_changes_the_flags_are_what_the_ledger_says(tmp_path: Path) -> None:
    store = FlagStore(
        open_database(Settings(state_dir=tmp_path).store_url), (Endpoint("escrows", "GET", "/v1/escrows"),)
    )
    for stage in (Stage.SHADOW, Stage.CANARY):
        store.flip("escrows", stage, actor="test", reason="a test")
    engine = open_database(Settings(state_dir=tmp_path).store_url)
    secret, _ = Tokens(engine, store).create("olivia", Role.ADMIN, days=1, actor="test")
    headers = {"Authorization": f"Bearer {secret}"}
    port = free_port()
    child = Child(
        "the console",
        ["console", "--supervised", "--listen", f"127.0.0.1:{port}"],
        log=tmp_path / "console.log",
        environment={"CROSSFADE_STATE_DIR": str(tmp_path)},
        feed=b"",
    )
    told: list[int] = []

    async def change_on(first: int) -> None:
        url = f"http://127.0.0.1:{port}/api/v1/domains/escrows/share"
        async with aiohttp.ClientSession(headers=headers) as http:
            for number in range(first, 100_000, 4):
                body = {"share": number / 100_000, "reason": "a test", "force": True}
                try:
                    async with http.post(url, json=body) as answer:
                        if answer.status == 200:  # else another of the four was quicker
                            told.append((await answer.json())["version"])
                except (aiohttp.ClientError, OSError):
                    return

    changing = [asyncio.create_task(change_on(first)) for first in range(1, 5)]
    await until(lambda: len(told) > 20, (tmp_path / "console.log").read_text)
    child.kill()
    await asyncio.gather(*changing)
    child.end()
    ledger = store.history(10_000)

    assert secret.split("_", 2)[2] not in (tmp_path / "console.log").read_text()
    assert store.version() == ledger[0].version
    assert {change.version for change in ledger} >= set(told)
    flips = [change for change in ledger if change.rows]
    assert store.table().rows["escrows"] == flips[0].rows[0].after
    steps = [(change.rows[0].before, change.rows[0].after) for change in reversed(flips)]
    assert [before for before, _ in steps[1:]] == [after for _, after in steps[:-1]]
