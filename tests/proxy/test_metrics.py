"""What is counted of served requests, and that every metric is documented."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from parity.exchange import Backend
from proxy.access_log import AccessLog
from proxy.counters import Counters, requested_key
from proxy.metrics import BOUNDS_S, COUNTED, LEVELS, LEVELS_BY, NOBODY, Metrics
from proxy.rehearsal_results import RehearsalResults
from proxy.telemetry import Telemetry
from proxy.tracing import Tracer

NO_GAUGES: Mapping[str, Callable[[], float]] = {}
LIST = "GET /v1/escrows"
OBSERVING = Path(__file__).parent.parent.parent / "docs" / "observing.md"


class Nowhere:
    """Sends nothing."""

    def send(self, spans: object) -> int:
        """None arrived."""
        del spans
        return 0

    def close(self) -> None:
        """Nothing to close."""


def registry(metrics: Metrics) -> CollectorRegistry:
    found = CollectorRegistry()
    found.register(metrics)
    return found


def test_requests_are_counted_by_endpoint_backend_stage_and_class_of_status() -> None:
    metrics = Metrics(Counters(), NO_GAUGES)
    for status in (200, 201, 404):
        metrics.served(LIST, "legacy", "shadow", status, 0.01)

    value = registry(metrics).get_sample_value
    labels = {"endpoint": LIST, "backend": "legacy", "stage": "shadow"}
    assert value("crossfade_proxy_requests_total", {**labels, "status": "2xx"}) == 2
    assert value("crossfade_proxy_requests_total", {**labels, "status": "4xx"}) == 1


def test_a_client_that_went_away_unanswered_has_no_status() -> None:
    metrics = Metrics(Counters(), NO_GAUGES)
    metrics.served(LIST, NOBODY, "off", 0, 0.01)

    labels = {"endpoint": LIST, "backend": NOBODY, "stage": "off", "status": NOBODY}
    assert registry(metrics).get_sample_value("crossfade_proxy_requests_total", labels) == 1


@pytest.mark.parametrize("bound", BOUNDS_S)
def test_a_duration_of_exactly_a_bound_is_within_it(bound: float) -> None:
    metrics = Metrics(Counters(), NO_GAUGES)
    metrics.served(LIST, "legacy", "off", 200, bound)
    metrics.served(LIST, "legacy", "off", 200, bound * 1.0001)

    value = registry(metrics).get_sample_value
    name, labels = "crossfade_proxy_request_duration_seconds", {"endpoint": LIST, "backend": "legacy"}
    assert value(f"{name}_bucket", {**labels, "le": str(bound)}) == 1
    assert value(f"{name}_bucket", {**labels, "le": "+Inf"}) == 2


def test_durations_are_summed_over_stages_and_statuses() -> None:
    metrics = Metrics(Counters(), NO_GAUGES)
    metrics.served(LIST, "modern", "canary", 200, 0.25)
    metrics.served(LIST, "modern", "live", 500, 0.5)
    metrics.served(LIST, "legacy", "live", 200, 100)

    value = registry(metrics).get_sample_value
    name, labels = "crossfade_proxy_request_duration_seconds", {"endpoint": LIST, "backend": "modern"}
    assert value(f"{name}_count", labels) == 2
    assert value(f"{name}_sum", labels) == 0.75


def test_totals_outlive_the_batches_that_took_them_and_balance() -> None:
    counters = Counters()
    for _ in range(3):
        counters.mirrored(LIST)
    counters.shed(LIST, "shadow_queue")
    counters.take()
    counters.handed_over(1)
    counters.mirrored(LIST)

    value = registry(Metrics(counters, {"mirrored_in_flight": lambda: counters.in_flight})).get_sample_value
    shed = value("crossfade_proxy_shed_total", {"endpoint": LIST, "reason": "shadow_queue"})
    assert value("crossfade_proxy_mirrored_total", {"endpoint": LIST}) == 4
    assert (
        shed,
        value("crossfade_proxy_handed_over_total"),
        value("crossfade_proxy_mirrored_in_flight"),
    ) == (1, 1, 2)


def test_a_gauge_is_asked_when_somebody_reads() -> None:
    held = {"outbox": 1}
    value = registry(Metrics(Counters(), {"held_bytes/outbox": lambda: held["outbox"]})).get_sample_value
    held["outbox"] = 7

    assert value("crossfade_proxy_held_bytes", {"what": "outbox"}) == 7


def test_everything_that_counters_count_is_shown() -> None:
    counters = Counters()
    counters.add(requested_key("a", Backend.LEGACY))
    counters.not_mirrored("a", "stage")
    counters.mirrored("a")
    counters.shed("a", "shadow_queue")
    counters.asked_legacy("a")
    counters.fell_back("a")
    counters.failed("a")

    # `requests` is counted when a request begins; the metric of that name counts those that have ended.
    assert {name for _, name, _ in counters.totals()} - {"requests"} <= set(COUNTED)


def test_every_metric_is_documented_with_its_type_and_none_that_is_gone() -> None:
    gauges = [*LEVELS, *(f"{name}/x" for name in LEVELS_BY)]
    metrics = Metrics(Counters(), {key: lambda: 0.0 for key in gauges})
    log = AccessLog(Path("/dev/null"), 1, token_key=b"key")
    exported = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name: metric.type
        for collector in (*Telemetry(metrics, log, Tracer(Nowhere())).collectors(), RehearsalResults())
        for metric in collector.collect()
    }

    rows = re.findall(r"^\| `(crossfade_proxy_\w+)` \| (\w+) \|", OBSERVING.read_text(), re.MULTILINE)
    assert dict(rows) == exported


def test_the_example_queries_ask_for_metrics_that_exist() -> None:
    text = OBSERVING.read_text()
    documented = set(re.findall(r"^\| `(crossfade_\w+)` \|", text, re.MULTILINE))
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    asked = {
        name.removesuffix("_bucket")
        for block in blocks
        for name in re.findall(r"crossfade_(?:proxy|parity)_\w+", block)
    }
    assert {name.split("_")[1] for name in asked} == {"proxy", "parity"}
    assert asked <= documented
