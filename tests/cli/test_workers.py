"""The processes behind `crossfade up`."""

import asyncio
import signal
import time
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from cli.context import Context
from cli.errors import UsageError
from cli.settings import load_settings
from cli.supervisor import Running
from cli.workers import proxy_settings
from parity.exchange import Backend
from parity.outcome import Aside, Outcome
from proxy.settings import (
    ClientSettings,
    EndpointBounds,
    ForwardSettings,
    StickyKind,
    StickySettings,
    TelemetrySettings,
    WriteCheck,
    WriteCheckSettings,
)
from proxy.stages import Stage
from tests.parity.factories import until
from tests.support.backends import FakeBackend, answering, hanging
from tests.support.site import running_site


def test_a_proxy_worker_is_told_what_the_configuration_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        "STATE_DIR": str(tmp_path),
        "PROXY__LISTEN": "127.0.0.1:7000",
        "PROXY__EXPOSE_SERVED_BY": "false",
        "PROXY__KEEP_SERVER_TIMING": "true",
        "BACKENDS__LEGACY": "http://127.0.0.1:7001",
        "BACKENDS__MODERN": "http://127.0.0.1:7002/",
        "MIRROR__MAX_ITEMS": "7",
        "MIRROR__MAX_BYTES": "70000",
        "MIRROR__MAX_BODY_BYTES": "700",
        "MIRROR__CONCURRENCY": "3",
        "MIRROR__TIMEOUT_S": "0.5",
        "TELEMETRY__ACCESS_LOG": str(tmp_path / "access.log"),
        "TELEMETRY__ACCESS_LOG_RATE": "0.1",
        "TELEMETRY__ACCESS_LOG_QUERIES": "true",
        "TELEMETRY__OTLP_ENDPOINT": "http://127.0.0.1:7003",
        "TELEMETRY__SERVICE_NAME": "crm",
        "TELEMETRY__TRACE_RATE": "0.2",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"CROSSFADE_{name}", value)

    settings = proxy_settings(Context(load_settings(), None, jwt_secret="", actor=""), tmp_path / "s")

    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 7000)
    assert (settings.expose_served_by, settings.keep_server_timing) == (False, True)
    assert [settings.url_of(backend) for backend in Backend] == [
        "http://127.0.0.1:7001",
        "http://127.0.0.1:7002",
    ]
    mirror = settings.mirror
    assert (mirror.queue_items, mirror.held_bytes, mirror.capture_bytes) == (7, 70000, 700)
    assert (mirror.concurrency, mirror.timeout_s, mirror.wait_s) == (3, 0.5, 0.125)
    assert settings.handover.queue_bytes == 70000
    assert settings.handover.receipt_timeout_s > 2 * mirror.timeout_s + 3 * mirror.wait_s
    assert settings.telemetry == TelemetrySettings(
        access_log=tmp_path / "access.log",
        access_log_rate=0.1,
        access_log_queries=True,
        otlp_endpoint="http://127.0.0.1:7003",
        service_name="crm",
        trace_rate=0.2,
    )


def test_every_section_reaches_the_proxy_worker(tmp_path: Path) -> None:
    file = tmp_path / "crossfade.toml"
    file.write_text(
        f"""
        state_dir = "{tmp_path}"
        [proxy]
        listen = "[::1]:7000"
        drain_s = 3
        [backends]
        legacy = "unix:/run/legacy.sock"
        modern = "https://modern.example"
        [client]
        max_body_bytes = 9
        [forward]
        answer_timeout_s = 7
        [sticky]
        order = ["cookie"]
        cookie = "crm"
        [[bounds]]
        endpoint = "GET /v1/escrows"
        max_in_flight = 3
        [write_checks]
        share = 0.5
        exceptions = {{ users = "none", "POST /v1/escrows" = "rehearse" }}
        rehearse_share = 0.25
        rehearse_within_s = 0.5
        rehearse_concurrency = 2
        [[bounds]]
        endpoint = "leads"
        answer_timeout_s = 1.5
        """
    )

    settings = proxy_settings(Context(load_settings(file), file, jwt_secret="", actor=""), None)

    assert (settings.listen_host, settings.listen_port, settings.drain_s) == ("::1", 7000, 3.0)
    assert (settings.legacy_url, settings.modern_url) == ("unix:/run/legacy.sock", "https://modern.example")
    assert settings.client == ClientSettings(max_body_bytes=9)
    assert settings.forward == ForwardSettings(answer_timeout_s=7)
    assert settings.sticky == StickySettings(order=(StickyKind.COOKIE,), cookie="crm")
    assert settings.bounds == {
        "GET /v1/escrows": EndpointBounds(max_in_flight=3),
        "leads": EndpointBounds(answer_timeout_s=1.5),
    }
    assert settings.write_checks == WriteCheckSettings(
        share=0.5,
        exceptions={"users": WriteCheck.NONE, "POST /v1/escrows": WriteCheck.REHEARSE},
        rehearse_share=0.25,
        rehearse_within_s=0.5,
        rehearse_concurrency=2,
    )
    assert settings.tls is None


def test_bounds_of_an_endpoint_that_is_not_there_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "crossfade.toml"
    file.write_text(f'state_dir = "{tmp_path}"\n[[bounds]]\nendpoint = "escrow"\nmax_in_flight = 3\n')

    with pytest.raises(
        UsageError, match=r"1 field is wrong .*\n  bounds.0.endpoint: 'escrow': .*'escrows'\?"
    ):
        proxy_settings(Context(load_settings(file), file, jwt_secret="", actor=""), None)


async def tended(running: Running) -> None:
    """Look after the workers until all are there again."""
    await asyncio.to_thread(running.look)
    while not running.is_settled:
        await asyncio.sleep(0.05)
        await asyncio.to_thread(running.look)


async def ask(url: str, n: int) -> set[int]:
    """So many reads at the proxy, one after the other; the statuses."""
    async with aiohttp.ClientSession() as session:
        statuses = set()
        for _ in range(n):
            async with session.get(f"{url}/v1/escrows") as response:
                await response.read()
                statuses.add(response.status)
        return statuses


async def scraped(port: int, name: str) -> dict[str, float]:
    """One counter of a page of metrics, by outcome where it has one."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        families = text_string_to_metric_families(await response.text())
        samples = [sample for family in families if family.name == name for sample in family.samples]
    return {sample.labels.get("outcome", ""): sample.value for sample in samples}


async def test_a_parity_worker_that_is_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = b'{"success":true}'
    async with FakeBackend(answering(body)) as legacy, FakeBackend(answering(body, after_s=0.2)) as modern:
        with running_site(monkeypatch, tmp_path, legacy=legacy.url, modern=modern.url) as site:
            site.flip(Stage.SHADOW)
            statuses: set[int] = set()
            for _ in range(3):
                seen = len(modern.seen)
                statuses |= await ask(site.url, 20)
                await until(lambda seen=seen: len(modern.seen) > seen)  # type: ignore[misc]  # of this round
                site.running.parity.signal(signal.SIGKILL)
                await until(lambda: not site.running.parity.running)
                statuses |= await ask(site.url, 10)
                await tended(site.running)
            report = await asyncio.to_thread(site.settled, 90)

    assert statuses == {200}
    assert (report.tally.mirrored, report.balance.outcomes, report.balance.balanced) == (90, 90, True)
    assert report.tally.outcomes[Outcome.MATCH] + report.tally.outcomes[Outcome.SHED] == 90
    assert len(legacy.seen) == 90


async def test_a_hanging_shadow_costs_its_copies_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with FakeBackend(answering()) as legacy, FakeBackend(hanging()) as modern:
        options = {"CROSSFADE_MIRROR__TIMEOUT_S": "0.3", "CROSSFADE_PARITY__METRICS": "127.0.0.1:0"}
        with running_site(monkeypatch, tmp_path, legacy=legacy.url, modern=modern.url, **options) as site:
            site.flip(Stage.SHADOW)
            started = time.monotonic()
            statuses = await ask(site.url, 50)
            taken_s = time.monotonic() - started
            report = await asyncio.to_thread(site.settled, 50)
            outcomes = await scraped(site.running.parity.ready["metrics_port"], "crossfade_parity_outcomes")
            (handed_over,) = (
                await scraped(site.running.proxies[0].ready["admin_port"], "crossfade_proxy_handed_over")
            ).values()

    assert statuses == {200}
    assert taken_s < 5
    assert (report.balance.outcomes, report.balance.balanced) == (50, True)
    assert report.tally.outcomes[Outcome.TIMEOUT] > 0
    assert set(report.tally.reasons[Outcome.TIMEOUT]) == {"modern_timeout"}
    assert outcomes["timeout"] == report.tally.outcomes[Outcome.TIMEOUT]
    assert sum(outcomes.values()) == handed_over


async def test_how_much_is_asked_again_is_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shares = {"CROSSFADE_PARITY__CONFIRM_SHARE": "0", "CROSSFADE_PARITY__NOISE_SHARE": "1"}
    async with FakeBackend(answering(b'{"v":1}')) as legacy, FakeBackend(answering(b'{"v":1}')) as modern:
        with running_site(monkeypatch, tmp_path, legacy=legacy.url, modern=modern.url, **shares) as site:
            site.flip(Stage.SHADOW)
            await ask(site.url, 1)
            await asyncio.to_thread(site.settled, 1)
            modern.behaviour = answering(b'{"v":2}')
            await ask(site.url, 1)
            report = await asyncio.to_thread(site.settled, 2)

    assert report.tally.asides == {Aside.NOISE_CHECKS: {"same": 1}, Aside.UNCONFIRMED: {"off": 1}}
    assert (len(legacy.seen), len(modern.seen)) == (3, 3)
