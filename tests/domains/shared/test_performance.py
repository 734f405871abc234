"""Figures of every request."""

import asyncio
from typing import Any

from domains.shared.performance import BEHIND_S, Performance, Served

READ = "GET /v1/escrows"


class Lines:
    """A log that is looked at afterwards."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **words: object) -> None:
        self.seen.append(("info", event, words))

    def warning(self, event: str, **words: object) -> None:
        self.seen.append(("warning", event, words))


def test_every_request_is_a_line_with_its_duration_and_statements() -> None:
    lines = Lines()

    Performance(log=lines).served(Served(READ, 200, 0.0123, 2, 0.004, "miss"))

    words = {
        "endpoint": READ,
        "status": 200,
        "duration_ms": 12.3,
        "query_count": 2,
        "database_ms": 4.0,
        "cache": "miss",
    }
    assert lines.seen == [("info", "request_served", words)]


def test_a_slow_one_is_a_warning_that_names_the_endpoint_and_the_bound() -> None:
    lines = Lines()
    performance = Performance(log=lines, slow_s=0.2)

    performance.served(Served(READ, 200, 0.2, 0, 0.0))

    ((level, event, words),) = lines.seen
    assert (level, event, words["endpoint"], words["bound_ms"]) == ("warning", "request_slow", READ, 200)


def test_half_a_second_is_slow_unless_it_is_said_otherwise() -> None:
    lines = Lines()
    performance = Performance(log=lines)

    for duration_s in (0.499, 0.5):
        performance.served(Served(READ, 200, duration_s, 0, 0.0))

    assert [level for level, _, _ in lines.seen] == ["info", "warning"]


def test_prometheus_reads_durations_statements_and_cache_results_by_endpoint() -> None:
    performance = Performance(log=Lines())
    for cache in ("hit", "hit", "miss", ""):
        performance.served(Served(READ, 200, 0.003, 1, 0.001, cache))

    text = performance.exposition().decode()

    assert (
        f'crossfade_modern_request_duration_seconds_bucket{{endpoint="{READ}",le="0.005",status="2xx"}} 4.0'
        in text
    )
    assert f'crossfade_modern_request_statements_sum{{endpoint="{READ}"}} 4.0' in text
    assert performance.cache_results() == {READ: {"hit": 2, "miss": 1}}


async def test_what_was_noted_is_written_down_a_moment_later_in_its_order() -> None:
    lines = Lines()
    performance = Performance(log=lines)

    for status in (200, 404):
        performance.note(Served(READ, status, 0.003, 1, 0.001))
    before = list(lines.seen)
    await asyncio.sleep(BEHIND_S * 3)

    assert before == []
    assert [words["status"] for _, _, words in lines.seen] == [200, 404]


async def test_whoever_asks_for_figures_gets_those_of_every_request_that_was_noted() -> None:
    performance = Performance(log=Lines())

    performance.note(Served(READ, 200, 0.003, 1, 0.001, "hit"))

    assert performance.cache_results() == {READ: {"hit": 1}}
    assert f'_statements_sum{{endpoint="{READ}"}} 1.0' in performance.exposition().decode()
