"""How long requests took: a log line for each, a histogram for Prometheus, and a warning for the slow ones.

A request is noted when its answer is made, and written down with its neighbours `BEHIND_S` later at most: what a
process does right after it has sent an answer keeps a client on the same machine from reading it.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

SLOW_S = 0.5
BEHIND_S = 0.01
_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_STATEMENTS = (0, 1, 2, 3, 4, 5, 7, 10, 20, 50)


class Log(Protocol):
    """Takes one structured line."""

    def info(self, event: str, **words: object) -> object:
        """What happened as ever."""

    def warning(self, event: str, **words: object) -> object:
        """What somebody should look at."""


class Served(msgspec.Struct, frozen=True):
    """One request that was answered; `cache` is `hit`, `miss`, or empty where nothing is cached."""

    endpoint: str
    status: int
    duration_s: float
    statements: int
    database_s: float
    cache: str = ""


class Performance:
    """What is measured of every request; `slow_s` is from when on it is warned of."""

    def __init__(self, *, slow_s: float = SLOW_S, log: Log | None = None) -> None:
        self._slow_s = slow_s
        self._log: Log = log or structlog.get_logger().bind()
        self.registry = CollectorRegistry()
        self._duration = Histogram(
            "crossfade_modern_request_duration_seconds",
            "How long requests took.",
            ("endpoint", "status"),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._statements = Histogram(
            "crossfade_modern_request_statements",
            "How many SQL statements requests sent.",
            ("endpoint",),
            buckets=_STATEMENTS,
            registry=self.registry,
        )
        self._noted: list[Served] = []
        # endpoints and classes of statuses are few, and to look them up by their labels takes a lock
        self._known: dict[tuple[str, int], tuple[Histogram, Histogram]] = {}
        self._cached = Counter(
            "crossfade_modern_cache",
            "Reads that were found in the cache, and those that were not.",
            ("endpoint", "result"),
            registry=self.registry,
        )

    def note(self, served: Served) -> None:
        """Have one request written down behind its answer; wants a running loop."""
        if not self._noted:
            asyncio.get_running_loop().call_later(BEHIND_S, self.write_down)
        self._noted.append(served)

    def write_down(self) -> None:
        """Write down what was noted so far."""
        noted, self._noted = self._noted, []
        for served in noted:
            self.served(served)

    def served(self, served: Served) -> None:
        """Write down one request."""
        duration, statements = self._children(served.endpoint, served.status // 100)
        duration.observe(served.duration_s)
        statements.observe(served.statements)
        words: Mapping[str, object] = {
            "endpoint": served.endpoint,
            "status": served.status,
            "duration_ms": round(served.duration_s * 1000, 2),
            "query_count": served.statements,
            "database_ms": round(served.database_s * 1000, 2),
        }
        if served.cache:
            self._cached.labels(served.endpoint, served.cache).inc()
            words = {**words, "cache": served.cache}
        if served.duration_s >= self._slow_s:
            self._log.warning("request_slow", bound_ms=self._slow_s * 1000, **words)
        else:
            self._log.info("request_served", **words)

    def _children(self, endpoint: str, hundreds: int) -> tuple[Histogram, Histogram]:
        found = self._known.get((endpoint, hundreds))
        if found is None:
            found = self._duration.labels(endpoint, f"{hundreds}xx"), self._statements.labels(endpoint)
            self._known[endpoint, hundreds] = found
        return found

    def cache_results(self) -> dict[str, dict[str, int]]:
        """Endpoint → result → how many."""
        self.write_down()
        found: dict[str, dict[str, int]] = {}
        for metric in self._cached.collect():
            for sample in metric.samples:
                if sample.name.endswith("_total"):
                    of = found.setdefault(sample.labels["endpoint"], {})
                    of[sample.labels["result"]] = int(sample.value)
        return found

    def exposition(self) -> bytes:
        """All of it as Prometheus reads it."""
        self.write_down()
        return generate_latest(self.registry)
