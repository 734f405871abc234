"""Spans at a real collector: what they say, and one that is slow, refuses or is away."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from parity.exchange import Endpoint
from proxy.counters import Counters
from proxy.errors import TelemetryError
from proxy.metrics import Metrics
from proxy.otlp import OtlpSender, traces_url
from proxy.settings import ProxySettings, TelemetrySettings
from proxy.telemetry import open_telemetry
from proxy.tracing import Span
from tests.proxy.test_tracing import span
from tests.support.backends import DeadPort
from tests.support.collector import Collected, FakeCollector, collecting

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SERVER = 2


@asynccontextmanager
async def sending(timeout_s: float = 2.0) -> AsyncIterator[tuple[OtlpSender, FakeCollector]]:
    async with collecting() as collector:
        sender = OtlpSender(
            collector.url, service_name="crm", worker_name="proxy-1", scheme="http", timeout_s=timeout_s
        )
        try:
            yield sender, collector
        finally:
            sender.close()


async def sent(one: Span) -> Collected:
    async with sending() as (sender, collector):
        await asyncio.to_thread(sender.send, [one])
    (collected,) = collector.spans
    return collected


async def test_a_span_says_what_the_conventions_ask_and_no_query() -> None:
    collected = await sent(span(parent=PARENT))

    assert replace(collected, resource={}) == Collected(
        name="GET /v1/escrows/{id}",
        kind=SERVER,
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="1234567890abcdef",
        parent_id="b7ad6b7169203331",
        duration_s=0.25,
        is_error=False,
        attributes={
            "http.request.method": "GET",
            "http.route": "/v1/escrows/{id}",
            "http.response.status_code": 200,
            "url.path": "/v1/escrows/1",
            "url.scheme": "http",
            "server.address": "crm.example.test",
            "server.port": 8080,
            "crossfade.backend": "modern",
            "crossfade.stage": "live",
            "crossfade.flag_version": 3,
        },
        resource={},
    )
    assert (collected.resource["service.name"], collected.resource["service.instance.id"]) == (
        "crm",
        "proxy-1",
    )


async def test_a_request_without_a_parent_begins_the_trace() -> None:
    collected = await sent(span())

    assert (collected.trace_id, collected.parent_id) == ("1234567890abcdef1234567890abcdef", "")


async def test_a_request_that_failed_is_in_error_and_an_abandoned_one_has_no_status() -> None:
    failed = await sent(span(status=502, error="refused", backend="none"))
    abandoned = await sent(span(status=0, error="abandoned"))

    assert (failed.is_error, failed.attributes["error.type"]) == (True, "refused")
    assert (abandoned.is_error, abandoned.attributes["error.type"]) == (False, "abandoned")
    assert "http.response.status_code" not in abandoned.attributes


async def test_what_a_client_made_up_names_no_span() -> None:
    collected = await sent(span(method="BREW", path="", target="/caf\udce9", host="[::1]:notaport"))

    assert collected.name == "HTTP"
    assert collected.attributes["http.request.method"] == "_OTHER"
    assert collected.attributes["http.request.method_original"] == "BREW"
    assert collected.attributes["url.path"] == "/caf\\udce9"
    assert not collected.attributes.keys() & {"http.route", "server.address", "server.port"}


@pytest.mark.parametrize("status", [400, 503])
async def test_a_collector_that_refuses_took_none(status: int) -> None:
    async with sending(timeout_s=0.3) as (sender, collector):
        collector.status = status
        with pytest.raises(ConnectionError, match="did not take"):
            await asyncio.to_thread(sender.send, [span()])

    assert collector.asked


async def test_a_collector_that_is_away_took_none() -> None:
    port = DeadPort()
    sender = OtlpSender(port.url, service_name="crm", worker_name="w", scheme="http", timeout_s=0.3)

    with pytest.raises(ConnectionError, match="did not take"):
        await asyncio.to_thread(sender.send, [span()])

    sender.close()
    port.close()


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("https://example.test/otlp/v1/traces", "https://example.test/otlp/v1/traces"),
    ],
)
def test_a_base_url_gets_the_path(endpoint: str, url: str) -> None:
    assert traces_url(endpoint) == url


def test_an_endpoint_without_the_extra_is_an_error_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ProxySettings(
        "http://127.0.0.1:1",
        "http://127.0.0.1:2",
        "",
        Path(),
        (Endpoint("escrows", "GET", "/v1/escrows"),),
        b"key",
        telemetry=TelemetrySettings(otlp_endpoint="http://127.0.0.1:4318"),
    )
    monkeypatch.delitem(sys.modules, "proxy.otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)

    with pytest.raises(TelemetryError, match=r"pip install 'crossfade\[otel\]'"):
        open_telemetry(settings, Metrics(Counters(), {}))
