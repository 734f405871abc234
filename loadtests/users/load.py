"""What the users of one Locust process share: the settings, the mix, and where timings go."""

import random
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from locust.env import Environment

from loadtests.mix import DomainMix, mix_of
from loadtests.recording import Credentials
from loadtests.settings import LoadSettings
from loadtests.timings import Timing, server_timing, writer
from loadtests.users.nodes import Node
from loadtests.users.worker import SIDE_DOWN
from loadtests.workload import Step

_NO_ANSWERS_IN_A_ROW = 40


class Load:
    """Made when Locust starts a load; `begun_at` is its zero."""

    def __init__(self, settings: LoadSettings, environment: Environment, node: Node) -> None:
        self.settings = settings
        self.node = node
        workload = settings.workload()
        self.digest = workload.digest
        self.mixes: list[DomainMix] = mix_of(workload.journeys, reads=settings.reads)
        self.credentials = Credentials(settings.contract, settings.jwt_secret)
        self.environment = environment
        self.begun_at = time.perf_counter()
        self._file: BinaryIO | None = None
        self._write: Callable[[Timing], None] | None = None
        self._greenlets: list[gevent.Greenlet] = []
        self._no_answers = 0

    def open(self) -> None:
        """Begin to keep timings where they are asked for; raises OSError, and LoadTestError of `Node.begin`."""
        settings = self.settings
        length_s = None if settings.measured_s is None else settings.warm_up_s + settings.measured_s
        self.node.begin(self.digest, length_s)
        self.begun_at = time.perf_counter()
        self._file = self.node.opened(settings.results)
        self._write = writer(self._file) if self._file else None

    def hold(self, greenlet: gevent.Greenlet) -> None:
        """Hold what goes on beside the users; it ends with the load."""
        self._greenlets.append(greenlet)

    def random(self, number: int, *words: str) -> random.Random:
        """One of its own for each user of a domain, by the user's number."""
        return random.Random(f"{self.settings.seed}/{'/'.join(words)}/{number}")

    def keep(
        self,
        step: Step,
        response: Any,
        duration_ms: float,
        *,
        started_at: float,
        late_ms: float,
        sent_at: float,
    ) -> None:
        """Keep what a request took; `response` is None where it was not sent. Ends the process when the side is down."""
        status = int(response.status_code or 0) if response is not None else 0
        headers = response.headers if status and response.headers else {}
        count = headers.get("x-query-count", "")
        db_ms, cache = server_timing(headers.get("server-timing"))
        timing = Timing(
            endpoint=step.endpoint,
            exchange=step.exchange.name,
            started_s=started_at - self.begun_at,
            duration_ms=duration_ms,
            status=status,
            as_recorded=status == step.exchange.status,
            refused=step.refused,
            query_count=int(count) if count.isdigit() else None,
            db_ms=db_ms,
            cache=cache,
            late_ms=late_ms,
            domain=step.exchange.domain,
            served_by=headers.get("x-served-by", ""),
            sent_at=sent_at,
        )
        if self._write:
            self._write(timing)
        if response is None:
            return
        self._no_answers = 0 if status else self._no_answers + 1
        if self._no_answers == _NO_ANSWERS_IN_A_ROW and self.settings.measured_s is not None:
            self.node.end(SIDE_DOWN)

    def quit_at(self, moment: float) -> None:
        """End the run then: users finish the request they wait for and clean up."""
        sleep_until(moment)
        self.node.end()

    def close(self) -> None:
        """Write out what is buffered, and end what goes on beside the users."""
        gevent.killall(self._greenlets, block=False)
        if self._file:
            self._file.close()
            self._write = None


def sleep_until(moment: float) -> None:
    """Let others go on until then, by `time.perf_counter`; the clock of the event loop stands while one computes."""
    while (left_s := moment - time.perf_counter()) > 0:
        gevent.sleep(left_s)


loads: dict[Environment, Load] = {}
"""Locust gives its hooks and users the environment and nothing else of ours."""
