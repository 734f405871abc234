"""Users of a closed workload, a class for each domain, made from its mix: who waits for the answer, then for the beat."""

import re
import time
from collections.abc import Callable
from typing import Any, cast

from locust import FastHttpUser, TaskSet
from locust.env import Environment

from loadtests.mix import DomainMix, Task
from loadtests.users.load import loads, sleep_until
from loadtests.users.underway import Underway, as_recorded
from loadtests.workload import Journey

_LIGHT = 1e-6
"""Locust gives its next user to the class that has fewest for its weight. Where all weights are this small, each class
gets one before any gets a second, and from then on the users are spread as the weights are (D'Hondt)."""


class RecordedTasks(TaskSet):
    """The tasks of a domain's users: one for each endpoint that a journey begins at."""

    user: "RecordedUser"

    def get_next_task(self) -> Callable[[Any], None]:
        """The rest of the journey; when that is through, a new one, drawn by the user's own seed."""
        if self.user.is_underway:
            return _go_on
        return cast("Callable[[Any], None]", self.user.random.choice(self.tasks))


class RecordedUser(FastHttpUser):
    """Sends one request of a recorded journey at each beat of the pace; journeys come in a seeded order."""

    abstract = True
    domain = ""

    def __init__(self, environment: Environment) -> None:
        load = self._load = loads[environment]
        self.network_timeout = self.connection_timeout = load.settings.timeout_s
        super().__init__(environment)
        as_recorded(self)
        number = load.node.number(type(self).__name__)
        self.random = load.random(number, self.domain)
        self._beats = load.random(number, self.domain, "beats")
        self._next_s = time.perf_counter() + self._beats.uniform(0, load.settings.pace_s)
        self._underway = Underway(load, self)

    @property
    def is_underway(self) -> bool:
        """Whether a journey is to be gone on with."""
        return not self._underway.is_over

    def wait_time(self) -> float:
        """Seconds until the next beat."""
        return max(0.0, self._next_s - time.perf_counter())

    def on_start(self) -> None:
        """Begin at a moment of one's own, so that the users do not march in step."""
        sleep_until(self._next_s)

    def begin(self, journey: Journey) -> None:
        """Send the first request of a journey."""
        self._underway = Underway(self._load, self, journey.tagged(f"{self.random.getrandbits(32):x}").steps)
        self.go_on()

    def go_on(self) -> None:
        """Send the next request."""
        pace_s = self._load.settings.pace_s
        now_s = time.perf_counter()
        late_s, begun_s = max(0.0, now_s - self._next_s), max(now_s, self._next_s)
        # the beat allows for what a timer and a busy generator cost; more is an answer that was waited for
        late_ms = late_s * 1_000 if late_s > pace_s / 4 else 0.0
        self._next_s = begun_s + pace_s * self._beats.uniform(0.5, 1.5)
        self._underway.send(late_ms=late_ms)

    def on_stop(self) -> None:
        """Finish the journey, so that what it created is removed; not with a side that gives no answers."""
        while self.is_underway and self._underway.send():
            pass


def _go_on(tasks: RecordedTasks) -> None:
    tasks.user.go_on()


_classes: dict[str, type[RecordedUser]] = {}


def class_of(domain: str) -> type[RecordedUser]:
    """The class of a domain's users, `EscrowsUser`, always the same one; what they do is told by `give`."""
    if domain not in _classes:
        name = "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", domain)) + "User"
        about = f"Sends what was recorded of {domain}."
        _classes[domain] = type(name, (RecordedUser,), {"domain": domain, "__doc__": about})
    return _classes[domain]


def classes_with(mixes: list[DomainMix]) -> list[type[RecordedUser]]:
    """The classes of these domains, each with its tasks and its weight among them."""
    whole = sum(mix.weight for mix in mixes)
    for mix in mixes:
        users = class_of(mix.domain)
        name = users.__name__.removesuffix("User") + "Tasks"
        users.tasks = [
            type(name, (RecordedTasks,), {"tasks": {_task(task): task.weight for task in mix.tasks}})
        ]
        users.weight = _LIGHT * mix.weight / whole
    return [class_of(mix.domain) for mix in mixes]


def _task(task: Task) -> Callable[[RecordedTasks], None]:
    def begin(tasks: RecordedTasks) -> None:
        tasks.user.begin(task.draw(tasks.user.random))

    begin.__name__ = task.endpoint
    return begin
