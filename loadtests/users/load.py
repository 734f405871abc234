"""What the users of one Locust process share: the settings, the mix, and where timings go."""

import itertools
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import gevent  # type: ignore[import-untyped]  # gevent ships no types
from locust.env import Environment

from loadtests.mix import DomainMix, mix_of
from loadtests.recording import Credentials
from loadtests.settings import SIDE_DOWN_EXIT_CODE, LoadSettings
from loadtests.timings import Timing, server_timing, writer
from loadtests.workload import Step

_NO_ANSWERS_IN_A_ROW = 40


class Load:
    """Made when Locust starts a load; `begun_at` is its zero."""

    def __init__(self, settings: LoadSettings, environment: Environment) -> None:
        self.settings = settings
        self.mixes: list[DomainMix] = mix_of(settings.workload().journeys, reads=settings.reads)
        self.credentials = Credentials(settings.contract, settings.jwt_secret)
        self.environment = environment
        self.begun_at = time.perf_counter()
        self._file: BinaryIO | None = None
        self._write: Callable[[Timing], None] | None = None
        self._greenlets: list[gevent.Greenlet] = []
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)
        self._no_answers = 0

    def open(self) -> None:
        """Begin to keep timings where they are asked for; raises OSError."""
        if self.settings.results:
            self._file = self.settings.results.open("wb")
            self._write = writer(self._file)

    def hold(self, greenlet: gevent.Greenlet) -> None:
        """Hold what goes on beside the users; it ends with the load."""
        self._greenlets.append(greenlet)

    def random(self, *words: str) -> random.Random:
        """One of its own for each user of a domain, by the order in which they come."""
        name = "/".join(words)
        return random.Random(f"{self.settings.seed}/{name}/{next(self._numbers[name])}")

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
            self.environment.process_exit_code = SIDE_DOWN_EXIT_CODE
            self.quit()

    def quit_at(self, moment: float) -> None:
        """End the run then."""
        sleep_until(moment)
        self.quit()

    def quit(self) -> None:
        """End the run: users finish the request they wait for and clean up."""
        if self.environment.runner is not None:
            gevent.spawn(self.environment.runner.quit)

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
