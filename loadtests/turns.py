"""One connection to each of several backends, which take turns: every scenario on each side, in changing order.

What is kept of a request is its duration, status, query count and what the answer says of the cache.
"""

import contextlib
import http.client
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from loadtests.errors import BackendError, RecordingError
from loadtests.recording import Credentials, Sendable, sendable
from loadtests.workload import Scenario

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Taken:
    """One answered request; `cache` is `hit`, `miss`, or empty where the answer does not say."""

    side: str
    domain: str
    endpoint: str
    exchange: str
    status: int
    as_recorded: bool
    duration_ms: float
    query_count: int
    cache: str


class Side:
    """A backend by its address."""

    def __init__(self, name: str, url: str, credentials: Credentials) -> None:
        parts = urlsplit(url)
        self.name, self._url, self._credentials = name, url, credentials
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def play(self, scenario: Scenario, *, reads: int = 1) -> list[Taken]:
        """All steps in their order, a read `reads` times on end, as far as the answers that they need are there.

        Raises BackendError.
        """
        answers: dict[str, Any] = {}
        taken: list[Taken] = []
        for step in scenario.steps:
            try:
                request = sendable(step.exchange, self._credentials, answers)
            except RecordingError:
                break
            for _ in range(reads if step.exchange.method == "GET" else 1):
                status, headers, body, duration_s = self._ask(request)
                taken.append(
                    Taken(
                        self.name,
                        step.exchange.domain,
                        step.endpoint,
                        step.exchange.name,
                        status,
                        status == step.exchange.status,
                        duration_s * 1_000,
                        int(headers.get("X-Query-Count", 0)),
                        headers.get("Server-Timing", "").partition("cache;desc=")[2].partition(",")[0],
                    )
                )
            if status == step.exchange.status:
                answers[step.exchange.name] = _json(body)
        return taken

    def _ask(self, request: Sendable) -> tuple[int, Mapping[str, str], bytes, float]:
        started = time.perf_counter()
        try:
            self._connection.request(
                request.method, request.target, body=request.body, headers=request.headers
            )
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise BackendError(f"{self.name} at {self._url} does not answer: {error}") from error
        return answer.status, dict(answer.headers.items()), body, time.perf_counter() - started


@contextlib.contextmanager
def opened(urls: Mapping[str, str], credentials: Credentials) -> Iterator[list[Side]]:
    """The sides, connected for as long as the context lasts."""
    with contextlib.ExitStack() as stack:
        sides = [Side(name, url, credentials) for name, url in urls.items()]
        for side in sides:
            stack.callback(side.close)
        yield sides


def in_turns(
    sides: Sequence[Side], scenarios: Sequence[Scenario], *, repeats: int, rng: random.Random
) -> Iterator[Taken]:
    """One round: every scenario on every side; who goes first is drawn anew.

    A read is asked `repeats` times on end, what writes is played as often: a connection has sent its statement before.
    """
    for scenario in rng.sample(scenarios, len(scenarios)):
        for side in rng.sample(sides, len(sides)):
            for _ in range(1 if is_reading(scenario) else repeats):
                yield from side.play(scenario, reads=repeats)


def is_reading(scenario: Scenario) -> bool:
    """Whether the scenario writes nothing."""
    return all(step.exchange.method == "GET" for step in scenario.steps)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
