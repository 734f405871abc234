"""`crossfade up` with two proxy workers: killed, reloaded and restarted while clients ask."""

import asyncio
import os
import signal
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from cli.settings import Settings
from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_store import FlagStore
from proxy.stages import Stage
from tests.support.backends import answering
from tests.support.command import InProcess, Ran
from tests.support.site_process import Up, running_up, until

PARITY = "parity-worker"
shared = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Load:
    """What clients in a closed loop got."""

    answers: int = 0
    failures: list[str] = field(default_factory=list)


@asynccontextmanager
async def load(up: Up, clients: int = 4) -> AsyncIterator[Load]:
    """Clients on connections that are kept alive, each asking again when it has its answer; writes among it."""
    seen = Load()
    stopped = asyncio.Event()

    async def ask_on() -> None:
        async with aiohttp.ClientSession() as session:
            for number in range(1_000_000):
                if stopped.is_set():
                    return
                try:
                    method = "POST" if number % 4 == 0 else "GET"
                    async with session.request(method, f"{up.url}/v1/escrows") as answer:
                        await answer.read()
                        if answer.status != 200:
                            seen.failures.append(f"{method}: {answer.status}")
                except aiohttp.ClientError as error:
                    seen.failures.append(f"{method}: {error!r}")
                seen.answers += 1
                await asyncio.sleep(0.002)

    asking = [asyncio.create_task(ask_on()) for _ in range(clients)]
    try:
        yield seen
    finally:
        stopped.set()
        await asyncio.gather(*asking)


def store_of(up: Up) -> FlagStore:
    return FlagStore(
        open_database(Settings(state_dir=up.state_dir).store_url),
        (Endpoint("escrows", "GET", "/v1/escrows"),),
    )


Told = Callable[..., Ran]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a command says to the operator of such a `crossfade up`."""

    def run(up: Up, *arguments: str) -> Ran:
        crossfade = InProcess(monkeypatch, capsys, up.state_dir)
        monkeypatch.setenv("CROSSFADE_BACKENDS__LEGACY", up.legacy.url)
        monkeypatch.setenv("CROSSFADE_BACKENDS__MODERN", up.modern.url)
        return crossfade("--config", str(up.config), *arguments)

    return run


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Up]:
    """One for all tests that leave it whole."""
    async with running_up(tmp_path_factory.mktemp("up")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def up(started: Up) -> Up:
    """As it was in the beginning: two workers at work, nothing said yet."""
    store = store_of(started)
    await until(lambda: {one.pid for one in store.workers()} == {*started.workers()})
    started.configure()
    started.forget()
    return started


@shared
async def test_a_rolling_restart_replaces_every_worker_and_no_request_fails(up: Up) -> None:
    before = {*up.workers(), *up.workers(PARITY)}
    async with load(up) as seen:
        await until(lambda: seen.answers > 50)
        up.signal(signal.SIGUSR2)
        await up.until_said("the parity worker was restarted")
        answered = seen.answers
        await until(lambda: seen.answers > answered + 50)
    after = {*up.workers(), *up.workers(PARITY)}

    assert seen.failures == []
    assert seen.answers > 200
    assert (len(before), len(after), before & after) == (3, 3, set())
    order = ["proxy-1 was restarted", "proxy-2 was restarted", "parity worker was restarted"]
    assert sorted(order, key=up.words.index) == order
    assert len(store_of(up).workers()) == 2


@shared
async def test_a_worker_that_is_killed_is_started_again_and_the_others_are_untouched(up: Up) -> None:
    parity = up.workers(PARITY)
    killed, other = up.workers()
    async with load(up) as seen:
        await until(lambda: seen.answers > 50)
        os.kill(killed, signal.SIGKILL)
        await up.until_said("was killed by SIGKILL and is started again")
        await until(lambda: len(up.workers()) == 2)
        answered = seen.answers
        await until(lambda: seen.answers > answered + 100)

    assert len(seen.failures) <= 4, "what a client had in flight there, and nothing more"
    assert other in up.workers()
    assert killed not in up.workers()
    assert up.workers(PARITY) == parity


@shared
async def test_a_rollback_waits_for_every_worker(up: Up, told: Told) -> None:
    store = store_of(up)
    version = (await asyncio.to_thread(store.flip, "escrows", Stage.SHADOW, actor="t", reason="t")).version
    acknowledged = await asyncio.to_thread(store.wait_acknowledged, version)
    stopped = up.workers()[1]
    os.kill(stopped, signal.SIGSTOP)
    try:
        ran = told(up, "rollback", "escrows")
    finally:
        os.kill(stopped, signal.SIGCONT)

    assert {one.worker.partition("-")[0] for one in acknowledged} == {"proxy"}
    assert len(acknowledged) == 2
    assert ran.code == 1
    assert "was not acknowledged within 5 s by proxy worker proxy-" in ran.err


@shared
async def test_a_wrong_configuration_changes_nothing_and_every_field_of_it_is_named(
    up: Up, told: Told
) -> None:
    async with aiohttp.ClientSession() as session:
        workers = [*up.workers(), *up.workers(PARITY)]
        up.configure("[forward]\nanswer_timeout_s = -1\n[client]\nmax_heads = 3\n")
        up.signal(signal.SIGHUP)
        await up.until_said("client.max_heads")
        up.configure('[[bounds]]\nendpoint = "GET /v1/escrow"\nmax_in_flight = 1\n')
        refused = told(up, "reload")
        up.signal(signal.SIGHUP)
        await up.until_said("did you mean 'GET /v1/escrows'?")

        assert "not reloaded, everything goes on as before: 2 fields are wrong" in up.words
        assert "forward.answer_timeout_s: -1: Input should be greater than 0" in up.words
        assert refused.code == 2
        assert "bounds.0.endpoint: 'GET /v1/escrow'" in refused.err
        assert await _status(session, f"{up.url}/v1/escrows") == 200
        assert [*up.workers(), *up.workers(PARITY)] == workers


async def test_a_reload_lets_a_slow_request_end_by_the_old_settings_and_keeps_every_worker(
    tmp_path: Path,
) -> None:
    async with running_up(tmp_path) as up, aiohttp.ClientSession() as session:
        workers = up.workers()
        up.legacy.behaviour = answering(b"slow", after_s=1.5)
        slow = asyncio.create_task(_status(session, f"{up.url}/v1/escrows"))
        await until(lambda: len(up.legacy.begun) == 1)

        up.configure(
            '[[endpoints]]\ndomain = "orders"\nmethod = "GET"\npath = "/v1/orders"\n'
            "[forward]\nanswer_timeout_s = 0.2\n[[bounds]]\nendpoint = 'GET /v1/orders'\nmax_in_flight = 9\n"
        )
        up.signal(signal.SIGHUP)
        await up.until_said("reloaded")
        await until(lambda: sum("proxy_reloaded" in line for line in up.lines) == 2)
        hasty = await _status(session, f"{up.url}/v1/escrows")

        assert hasty == 504
        assert await slow == 200
        assert up.workers() == workers


async def test_what_a_reload_cannot_change_is_said_with_what_does(tmp_path: Path, told: Told) -> None:
    async with running_up(tmp_path) as up:
        workers = up.workers()
        up.configure(f'[store]\nurl = "sqlite:///{tmp_path}/other.db"\n')
        ran = told(up, "reload")
        await up.until_said("store.url: takes effect by crossfade restart")
        again = told(up, "restart")
        await up.until_said("the parity worker was restarted")

        assert (ran.code, again.code) == (0, 0)
        assert f"crossfade up (pid {up.process.pid}) reads its configuration again" in ran.err
        assert not set(workers) & set(up.workers())
        assert (tmp_path / "other.db").exists()


async def test_workers_end_when_the_one_that_supervises_them_is_killed(tmp_path: Path) -> None:
    async with running_up(tmp_path) as up:
        workers = [*up.workers(), *up.workers(PARITY)]
        ready = [await asyncio.to_thread(urllib.request.urlopen, f"{url}/readyz") for url in up.admins]

        up.process.kill()

        assert [one.status for one in ready] == [200, 200]
        assert len(set(up.admins)) == 2
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


async def _status(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        await answer.read()
        return answer.status
