"""What is told of requests through a running worker: numbers, lines and spans, and that none of it touches a request."""

import asyncio
import gc
import json
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from parity.exchange import Backend, Endpoint
from proxy.admission import Admission, Way
from proxy.counters import Counters, requested_key
from proxy.errors import TelemetryError
from proxy.flags import Flag
from proxy.metrics import Metrics
from proxy.races import Mark
from proxy.settings import EndpointBounds, TelemetrySettings
from proxy.stages import UNLISTED_PLAN, Stage
from proxy.telemetry import Telemetry
from proxy.worker import run_proxy
from tests.proxy.rig import Rig, get, running, until
from tests.support.backends import answering, hanging, sending
from tests.support.collector import collecting

LIST, READ = "GET /v1/escrows", "GET /v1/escrows/{id}"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LABELS = ("endpoint", "backend", "stage", "status", "reason", "what", "le")
Numbers = dict[tuple[str, tuple[str, ...]], float]


async def numbers(rig: Rig) -> Numbers:
    """Every sample of `/metrics` by name and the values of its labels."""
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{rig.admin_port}/metrics"
        async with session.get(url, headers={"Accept": "application/openmetrics-text"}) as response:
            assert response.status == 200
            assert response.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
            page = await response.text()
    families = text_string_to_metric_families(page)  # type: ignore[no-untyped-call]  # theirs has no annotation
    return {
        (
            one.name.removeprefix("crossfade_proxy_"),
            tuple(one.labels[label] for label in LABELS if label in one.labels),
        ): one.value
        for family in families
        for one in family.samples
    }


def logging_to(file: Path, rate: float = 1.0) -> TelemetrySettings:
    return TelemetrySettings(access_log=file, access_log_rate=rate)


@asynccontextmanager
async def logged(tmp_path: Path, **options: Any) -> AsyncIterator[tuple[Rig, list[dict[str, Any]]]]:
    """A worker with an access log; the lines are there when it has ended."""
    lines: list[dict[str, Any]] = []
    file = tmp_path / "access.log"
    async with running(tmp_path, telemetry=logging_to(file), **options) as rig:
        yield rig, lines
    lines += [json.loads(line) for line in file.read_text().splitlines()]


async def test_what_was_served_is_on_the_admin_listener(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        await rig.ask()
        await rig.ask(target="/v1/escrows/1?x=2")
        await rig.ask("POST", data=b"{}")
        await rig.ask(target="/elsewhere")
        await rig.settled(4)
        found = await numbers(rig)

    assert found["requests_total", (LIST, "legacy", "shadow", "2xx")] == 1
    assert found["requests_total", (READ, "legacy", "shadow", "2xx")] == 1
    assert found["requests_total", ("POST /v1/escrows", "legacy", "shadow", "2xx")] == 1
    assert found["requests_total", ("(unlisted)", "legacy", "off", "2xx")] == 1
    assert found["request_duration_seconds_count", (READ, "legacy")] == 1
    assert found["mirrored_total", (LIST,)] == found["captured_total", (LIST,)] == 1
    assert found["mirrored_total", ("POST /v1/escrows",)] == 1
    assert found["handed_over_total", ()] == 3
    assert found["flag_version", ()] == 1
    assert found["shadow_limit", ("modern",)] == 7
    assert found["requests_in_flight", ()] == found["mirrored_in_flight", ()] == 0
    assert found["backend_connections_idle", ("legacy",)] >= 1
    assert not any("escrows/1" in "".join(labels) for _, labels in found)


async def test_the_books_balance_at_every_scrape(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.SHADOW) as rig:
        asking = asyncio.gather(*(rig.ask() for _ in range(60)))
        while True:
            found = await numbers(rig)
            mirrored = found.get(("mirrored_total", (LIST,)), 0)
            shed = sum(n for (name, _), n in found.items() if name == "shed_total")
            assert mirrored == shed + found["handed_over_total", ()] + found["mirrored_in_flight", ()]
            if asking.done():
                break
        await asking


async def test_a_request_in_flight_is_a_level_and_not_yet_counted(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.legacy.behaviour = hanging()
        asking = asyncio.create_task(rig.ask())
        await until(lambda: len(rig.legacy.seen) == 1)
        found = await numbers(rig)
        await asking
        after = await numbers(rig)

    assert found["requests_in_flight", ()] == found["backend_connections_in_use", ("legacy",)] == 1
    assert found["client_connections", ()] == 1
    assert not any(name == "requests_total" for name, _ in found)
    assert after["requests_total", (LIST, "none", "off", "5xx")] == 1
    assert after["requests_in_flight", ()] == after["backend_connections_in_use", ("legacy",)] == 0


async def test_a_text_page_is_what_a_browser_gets(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as rig,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{rig.admin_port}/metrics") as response,
    ):
        page = await response.text()

    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "crossfade_proxy_flag_version 0.0" in page


async def test_a_line_tells_of_a_request_what_the_client_saw(tmp_path: Path) -> None:
    async with logged(tmp_path, stage=Stage.LIVE) as (rig, lines):
        answer = await rig.ask(target="/v1/escrows/1?token=secret", headers={"X-Request-Id": "r-1"})

    (line,) = lines
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("at"))
    assert re.fullmatch(r"[0-9a-f]{24}", line.pop("client"))
    assert 0 < line.pop("duration_ms") < 5_000
    assert line.pop("sent_bytes") > len(answer.body)
    assert line == {
        "request_id": "r-1",
        "endpoint": READ,
        "method": "GET",
        "target": "/v1/escrows/1",
        "status": 200,
        "backend": answer.header("X-Served-By"),
        "stage": "live",
        "flag_version": int(answer.header("X-Flag-Version") or ""),
        "mirrored": True,
        "error": "",
        "rehearsal_ms": 0.0,
    }


async def test_failures_have_their_word(tmp_path: Path) -> None:
    async with logged(tmp_path) as (rig, lines):
        rig.legacy.behaviour = hanging()
        await rig.ask(target="/v1/escrows/silent")
        rig.legacy.behaviour = sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", pause_s=0.05)
        with suppress(ConnectionResetError):
            await rig.raw(get("/v1/escrows/broken"))
        await rig.raw(get("http://elsewhere.example/x", "Via: 1.1 x"))
        rig.legacy.behaviour = answering(status="500 Internal Server Error")
        await rig.ask(target="/v1/escrows/theirs")

    told = {line["target"]: (line["status"], line["backend"], line["error"]) for line in lines}
    assert told == {
        "/v1/escrows/silent": (504, "none", "silent"),
        "/v1/escrows/broken": (200, "legacy", "broken"),
        "": (400, "none", "bad_target"),
        "/v1/escrows/theirs": (500, "legacy", ""),
    }


async def test_the_last_answer_of_modern_is_kept_by_domain_and_told_with_the_acknowledgement(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, stage=Stage.LIVE) as rig:
        began = time.time()
        await rig.ask()
        await rig.ask("GET", "/v1/escrows/7")
        await rig.ask("GET", "/v1/clients")
        ended = time.time()
        await rig.roll_back()
        await rig.ask()
        (worker,) = rig.store.workers()

    assert list(worker.by_modern) == ["escrows"], "clients are at off: modern has answered nothing there"
    assert worker.by_modern["escrows"].endpoint == READ
    assert began < worker.by_modern["escrows"].at < ended


async def test_a_fallback_was_served_by_legacy(tmp_path: Path) -> None:
    async with logged(tmp_path, stage=Stage.LIVE, dead=Backend.MODERN) as (rig, lines):
        await rig.ask()
        await rig.settled(1)
        found = await numbers(rig)

    assert [(line["backend"], line["status"], line["error"]) for line in lines] == [("legacy", 200, "")]
    assert found["requests_total", (LIST, "legacy", "live", "2xx")] == 1
    assert found["fallback_total", (LIST,)] == 1


async def test_a_client_that_went_away_has_no_status(tmp_path: Path) -> None:
    async with logged(tmp_path) as (rig, lines):
        rig.legacy.behaviour = hanging()
        _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(get())
        await until(lambda: len(rig.legacy.seen) == 1)
        writer.transport.abort()
        await asyncio.sleep(0.1)

    assert [(line["status"], line["error"], line["sent_bytes"]) for line in lines] == [(0, "abandoned", 0)]


@pytest.mark.parametrize("file", ["/dev/full", "/nowhere/at/all/access.log"])
async def test_a_log_that_cannot_be_written_costs_no_request(tmp_path: Path, file: str) -> None:
    with capture_logs() as said:
        async with running(tmp_path, telemetry=logging_to(Path(file))) as rig:
            answers = [await rig.ask() for _ in range(20)]
            await until(lambda: any(line["event"] == "not_written" for line in said))
            found = await numbers(rig)

    assert {answer.status for answer in answers} == {200}
    assert found["access_log_lines_unwritten_total", ("failed",)] >= 1
    assert sum(line["failed"] for line in said if line["event"] == "not_written") == 20


async def test_a_span_joins_client_and_both_backends(tmp_path: Path) -> None:
    async with collecting() as collector:
        telemetry = TelemetrySettings(otlp_endpoint=collector.url, service_name="crm")
        async with running(tmp_path, stage=Stage.SHADOW, telemetry=telemetry) as rig:
            await rig.ask(target="/v1/escrows/1?x=2", headers={"traceparent": PARENT})
            await rig.settled(1)
        (span,) = collector.spans

    assert (span.name, span.trace_id, span.parent_id) == (READ, PARENT[3:35], PARENT[36:52])
    assert (span.attributes["crossfade.backend"], span.attributes["crossfade.stage"]) == ("legacy", "shadow")
    assert (span.attributes["server.address"], span.resource["service.name"]) == ("127.0.0.1", "crm")
    expected = f"00-{span.trace_id}-{span.span_id}-01"
    assert [seen.header("traceparent") for seen in (*rig.legacy.seen, *rig.modern.seen)] == [expected] * 2


async def test_a_request_that_is_not_sampled_has_no_span_and_says_so(tmp_path: Path) -> None:
    async with collecting() as collector:
        telemetry = TelemetrySettings(otlp_endpoint=collector.url, trace_rate=0.0)
        async with running(tmp_path, telemetry=telemetry) as rig:
            await rig.ask()
            await rig.ask(headers={"traceparent": f"{PARENT[:-2]}00"})
            await rig.ask(headers={"traceparent": PARENT})

    assert [(seen.header("traceparent") or "")[-2:] for seen in rig.legacy.seen] == ["00", "00", "01"]
    assert [span.trace_id for span in collector.spans] == [PARENT[3:35]]


async def test_a_collector_that_is_slow_delays_no_request_and_no_end(tmp_path: Path) -> None:
    async with collecting() as collector:
        collector.delay_s = 60
        telemetry = TelemetrySettings(otlp_endpoint=collector.url)
        async with running(tmp_path, telemetry=telemetry) as rig:
            await rig.ask()
            await until(lambda: collector.asked > 0)
            started = time.monotonic()
            answers = [await rig.ask() for _ in range(20)]
            took_s = time.monotonic() - started
            ending = time.monotonic()
            await rig.end()
            ended_s = time.monotonic() - ending

    assert {answer.status for answer in answers} == {200}
    assert took_s < 2
    assert ended_s < 5


@pytest.mark.filterwarnings("error")
async def test_a_worker_without_the_extra_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "proxy.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    telemetry = TelemetrySettings(otlp_endpoint="http://127.0.0.1:4318")

    async with running(tmp_path, telemetry=telemetry, starts=False) as rig:
        with pytest.raises(TelemetryError, match="not installed"):
            await run_proxy(rig.settings, stop=asyncio.Event())
        gc.collect()


class Broken(Metrics):
    """Fails at every request."""

    def served(self, *_: object) -> None:
        """A fault of our own."""
        raise RuntimeError("a fault of our own")


def admission() -> Admission:
    way = Way(
        READ,
        Endpoint("escrows", "GET", "/v1/escrows/{id}"),
        "escrows",
        Flag(),
        1,
        UNLISTED_PLAN,
        EndpointBounds(),
        is_write=False,
        is_canary=False,
        spared="stage",
        requested=requested_key(READ, Backend.LEGACY),
        stage="off",
    )
    return Admission(
        id=b"1234567890abcdef1234567890abcdef",
        way=way,
        plan=UNLISTED_PLAN,
        method="GET",
        target="/v1/escrows/1",
        start=b"GET /v1/escrows/1 HTTP/1.1",
        lines=[],
        request_id=b"r-1",
        address="192.0.2.7",
        mirrored=False,
        stamp="",
        mark=Mark(0, 0),
        at=0.0,
    )


def test_a_fault_of_our_own_is_reported_once_a_minute_and_raises_nothing() -> None:
    telemetry = Telemetry(Broken(Counters(), {}))

    with capture_logs() as said:
        for _ in range(3):
            telemetry.served(admission(), "legacy", 200, 0.1, 10)
        telemetry.refused("r-1", 400, 0.1, 10, "bad_target")

    assert [line["event"] for line in said] == ["telemetry_failed"]
