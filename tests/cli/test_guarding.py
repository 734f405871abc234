"""Guards as they are wired: a real site whose modern begins to fail, a real receiver, processes that are killed."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from cli.context import RECORDING_JWT_SECRET, Context
from cli.errors import UsageError
from cli.guarding import notification_addresses, open_guards, open_telling
from cli.settings import load_settings
from proxy.errors import ChannelError
from proxy.guards import holding
from proxy.stages import Stage
from tests.proxy.guarding import FAILING, Scene
from tests.proxy.rig import until
from tests.support.backends import FakeBackend, answering
from tests.support.site import Site, running_site
from tests.support.site_process import configure

ROOT = Path(__file__).parent.parent.parent
SECRET = "s3cr3t-t0ken"


def context_with(monkeypatch: pytest.MonkeyPatch, state_dir: Path, **environment: str) -> Context:
    for name, value in ({"CROSSFADE_STATE_DIR": str(state_dir)} | environment).items():
        monkeypatch.setenv(name, value)
    return Context(load_settings(), None, RECORDING_JWT_SECRET, actor="olivia")


async def ask_on(url: str) -> None:
    """Traffic, until cancelled."""
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{url}/v1/escrows") as response:
                await response.read()
            await asyncio.sleep(0.01)


def guards_did(site: Site) -> list[tuple[str, str, str]]:
    return [
        (one.action, one.key, one.actor)
        for one in site.context.flags.history()
        if one.actor.startswith("guard:")
    ]


async def test_a_modern_that_begins_to_fail_is_rolled_back_within_seconds_once_and_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with FakeBackend() as legacy, FakeBackend() as modern, FakeBackend() as receiver:
        monkeypatch.setenv("CROSSFADE_NOTIFY__URLS", json.dumps([f"{receiver.url}/hook/{SECRET}"]))
        with running_site(monkeypatch, tmp_path, legacy=legacy.url, modern=modern.url) as site:
            for stage in (Stage.SHADOW, Stage.CANARY, Stage.LIVE):
                await asyncio.to_thread(site.flip, stage)
            watching = asyncio.ensure_future(open_guards(site.context).run())
            asking = asyncio.ensure_future(ask_on(site.url))
            await until(lambda: len(modern.seen) > 100)
            assert guards_did(site) == []

            modern.behaviour = answering(b'{"error":"broken"}', status="500 Internal Server Error")
            began_s = time.monotonic()
            await until(lambda: guards_did(site) != [])
            took_s = time.monotonic() - began_s
            await until(lambda: receiver.seen != [])
            served = len(legacy.seen)
            await until(lambda: len(legacy.seen) > served + 50)
            for task in (watching, asking):
                task.cancel()
            await asyncio.gather(watching, asking, return_exceptions=True)

            assert took_s < 15  # three looks, a second each, on a machine that may be busy
            [(action, domain, actor)] = guards_did(site)
            assert (action, domain) == ("rollback", "escrows")
            assert actor in {"guard:error_rate", "guard:mismatch_rate"}  # a 500 is an error and differs, too
            assert holding(site.context.engine) == ""

    [seen] = receiver.seen
    key = (tmp_path / "webhook.key").read_bytes()
    signed = f"{seen.header('webhook-id')}.{seen.header('webhook-timestamp')}.".encode() + seen.body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert seen.header("webhook-signature") == f"v1,{signature}"
    assert json.loads(seen.body)["type"] == "guard.rolled_back"
    assert " rate " in json.loads(seen.body)["data"]["text"]
    assert SECRET not in "".join(file.read_text() for file in (tmp_path / "logs").iterdir())


def watch_process(scene: Scene, state_dir: Path, receiver: str) -> subprocess.Popen[bytes]:
    config = state_dir / "crossfade.toml"
    configure(
        config, f'[store]\nurl = "{scene.url}"\n[guards]\nevery_s = 0.2\n[notify]\nurls = ["{receiver}"]\n'
    )
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "--config", str(config), "guards", "watch"],
        env=os.environ | {"CROSSFADE_STATE_DIR": str(state_dir)},
        cwd=ROOT,
    )


def holder_among(
    processes: Sequence[subprocess.Popen[bytes]], scene: Scene
) -> subprocess.Popen[bytes] | None:
    """Whoever of them watches now; never a bare number, for signal 9 to process 0 ends the whole run of tests."""
    holder = holding(scene.engine)
    return next((process for process in processes if holder.split("/")[1:2] == [str(process.pid)]), None)


async def tell_on(scene: Scene) -> None:
    """A worker whose every request fails, until cancelled."""
    while True:
        scene.now = time.time() - 1
        await asyncio.to_thread(scene.tell, escrows=FAILING)
        await asyncio.sleep(0.3)


async def test_a_watch_that_is_killed_during_a_breach_is_followed_by_another_that_rolls_back_once(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    async with FakeBackend() as receiver:
        processes = [await asyncio.to_thread(watch_process, scene, tmp_path, receiver.url) for _ in range(2)]
        try:
            await until(lambda: holder_among(processes, scene) is not None)
            scene.go_to(Stage.LIVE)
            telling = asyncio.ensure_future(tell_on(scene))
            killed = holder_among(processes, scene)
            assert killed is not None
            killed.kill()
            await until(lambda: scene.rollbacks() != [])
            await until(lambda: receiver.seen != [])
            follower = holder_among(processes, scene)
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
        finally:
            for process in processes:
                process.terminate()
            codes = [await asyncio.to_thread(process.wait, 30) for process in processes]

        assert follower not in {None, killed}
        assert sorted(codes) == [-signal.SIGKILL, 0]
        assert len(scene.rollbacks()) == 1
        assert {seen.header("webhook-id") for seen in receiver.seen} == {
            f"ledger-{scene.rollbacks()[0].version}"
        }
        assert holding(scene.engine) == ""
    scene.close()


def test_addresses_come_from_the_environment_and_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "channels"
    file.write_text("# who is on call\njson://h/b\n\n  https://hooks.example/c  \n")
    context = context_with(
        monkeypatch,
        tmp_path,
        CROSSFADE_NOTIFY__URLS='["https://hooks.example/a"]',
        CROSSFADE_NOTIFY__URLS_FILE=str(file),
    )

    assert notification_addresses(context.settings) == [
        "https://hooks.example/a",
        "json://h/b",
        "https://hooks.example/c",
    ]
    assert [channel.name for channel in open_telling(context).channels] == [
        "webhook-1",
        "webhook-2",
        "json-1",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"json://h/b\n{SECRET}\n", "line 2: expected an address like https://hooks.example/crossfade"),
        (None, "cannot be read: No such file or directory"),
        (b"\xff\xfe", "cannot be read: not text"),
    ],
)
def test_a_file_of_addresses_that_is_wrong_is_said_without_what_is_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | bytes | None, problem: str
) -> None:
    file = tmp_path / "channels"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    context = context_with(monkeypatch, tmp_path, CROSSFADE_NOTIFY__URLS_FILE=str(file))

    with pytest.raises(UsageError) as said:
        notification_addresses(context.settings)

    assert problem in str(said.value)
    assert SECRET not in str(said.value)


def test_an_address_that_apprise_does_not_know_is_said_when_the_guards_are_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = context_with(monkeypatch, tmp_path, CROSSFADE_NOTIFY__URLS=f'["carrier-pigeon://{SECRET}"]')

    with pytest.raises(ChannelError, match="carrier-pigeon-1: expected an address that apprise knows"):
        open_guards(context)
