"""The open workload: arrivals come when they are due, each as a greenlet of its own, whatever was answered.

What a request took counts from when it was due, so that a side that stalls is charged with all who came meanwhile
(coordinated omission: Tene, How NOT to Measure Latency, 2013). The later requests of a journey need the answer to the
one before: they are due a pace after that was due, or when its answer is there.
"""

import itertools
import time

from gevent.event import Event  # type: ignore[import-untyped]  # gevent ships no types
from gevent.pool import Group  # type: ignore[import-untyped]  # neither does this part
from locust import FastHttpUser, task
from locust.env import Environment

from loadtests.arrivals import Arrival, arrivals
from loadtests.errors import LoadTestError
from loadtests.users.load import loads, sleep_until
from loadtests.users.underway import Underway, as_recorded


class ArrivalsUser(FastHttpUser):
    """One user who stands for all who arrive, or for the share of one of several processes; its client has a connection for each request in flight."""

    fixed_count = 1

    def __init__(self, environment: Environment) -> None:
        load = self._load = loads[environment]
        settings = load.settings
        self.network_timeout = self.connection_timeout = settings.timeout_s
        self.concurrency = 2 * settings.in_flight  # the later requests of journeys are not held back
        super().__init__(environment)
        as_recorded(self)
        everybody = arrivals(
            load.mixes,
            rate_rps=settings.rate_rps,
            pace_s=settings.pace_s,
            seed=settings.seed,
            stages=settings.scenario.stages,
            warm_up_s=settings.warm_up_s,
            measured_s=settings.measured_s or settings.scenario.duration_s,
        )
        self._arrivals = itertools.islice(everybody, load.node.place, None, load.node.of)
        self._next = next(self._arrivals)
        self._room = max(1, settings.in_flight // load.node.of)
        self._in_flight = 0
        self._journeys = Group()
        self._ends = Event()

    def wait_time(self) -> float:
        """Seconds until the next arrival is due."""
        return max(0.0, self._due_at(self._next) - time.perf_counter())

    def on_start(self) -> None:
        """Wait for the first."""
        sleep_until(self._due_at(self._next))

    @task
    def arrive(self) -> None:
        """Let in who is due, or say that there is no room."""
        arrival, self._next = self._next, next(self._arrivals)
        if self._in_flight < self._room:
            self._journeys.spawn(self._go, arrival)
        else:
            self._turn_away(arrival)

    def on_stop(self) -> None:
        """Finish the journeys without a pause, so that what they created is removed."""
        self._ends.set()
        self._journeys.join(self._load.settings.timeout_s)

    def _due_at(self, arrival: Arrival) -> float:
        return self._load.begun_at + arrival.due_s

    def _go(self, arrival: Arrival) -> None:
        underway = Underway(self._load, self, arrival.journey.steps)
        due_at = self._due_at(arrival)
        pauses_s = iter(arrival.pauses_s)
        while True:
            self._in_flight += 1
            try:
                answered = underway.send(due_at=due_at)
            finally:
                self._in_flight -= 1
            if underway.is_over or (self._ends.is_set() and not answered):
                return
            due_at = max(due_at + next(pauses_s), time.perf_counter())
            if self._ends.wait(due_at - time.perf_counter()):
                due_at = time.perf_counter()

    def _turn_away(self, arrival: Arrival) -> None:
        step = arrival.journey.steps[0]
        self.environment.events.request.fire(
            request_type=step.exchange.method,
            name=step.endpoint,
            response_time=0.0,
            response_length=0,
            response=None,
            context={"load": self._load, "step": step, "late_ms": 0.0, "started_at": self._due_at(arrival)},
            exception=LoadTestError(f"not sent: {self._in_flight} requests are in flight"),
        )
