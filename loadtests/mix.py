"""The recorded mix: of each domain as much as was recorded of it, of each endpoint as many journeys as begin there.

A recorded exchange is drawn as often as any other, so an endpoint as often as the recording has it; the reads of one
item are then aimed at the recorded item or at one of its like (`seeded.py`), and a life cycle brings its own clean-up
along. A share of reads changes how often what writes is drawn, and nothing else of it.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loadtests.workload import Journey

_FINE = 1_000
"""A share of reads is met to this part; recorded weights are whole numbers as they are."""


@dataclass(frozen=True, slots=True)
class Task:
    """Journeys that begin at one endpoint, drawn `weight` times as often as one of weight 1; of each its variants."""

    endpoint: str
    weight: int
    recorded: tuple[tuple[Journey, ...], ...]

    def draw(self, rng: random.Random) -> Journey:
        """One of them: the recorded one as often as all its variants together, some items being asked for more."""
        own, *variants = rng.choice(self.recorded)
        return rng.choice(variants) if variants and rng.random() < 0.5 else own

    @property
    def mean_requests(self) -> float:
        """Requests of one of them; variants have as many as theirs."""
        return sum(len(variants[0].steps) for variants in self.recorded) / len(self.recorded)


@dataclass(frozen=True, slots=True)
class DomainMix:
    """What the users of a domain do; `weight` is how many of its journeys were recorded."""

    domain: str
    weight: int
    tasks: tuple[Task, ...]

    def draw(self, rng: random.Random) -> Journey:
        """A journey by the weights."""
        task = rng.choices(self.tasks, [task.weight for task in self.tasks])[0]
        return task.draw(rng)

    @property
    def mean_requests(self) -> float:
        """Requests a journey."""
        weights = sum(task.weight for task in self.tasks)
        return sum(task.weight * task.mean_requests for task in self.tasks) / weights


def mix_of(journeys: Iterable[Journey], *, reads: float | None = None) -> list[DomainMix]:
    """The mix of each domain; `reads` is the share of requests in journeys that only read, None: as recorded."""
    by_domain: dict[str, dict[str, dict[str, list[Journey]]]] = {}
    for journey in journeys:
        endpoints = by_domain.setdefault(journey.domain, {})
        endpoints.setdefault(journey.steps[0].endpoint, {}).setdefault(
            journey.like or journey.name, []
        ).append(journey)
    return [
        DomainMix(domain, sum(map(len, endpoints.values())), _tasks(endpoints, reads))
        for domain, endpoints in by_domain.items()
    ]


def _tasks(endpoints: dict[str, dict[str, list[Journey]]], reads: float | None) -> tuple[Task, ...]:
    tasks = [
        Task(endpoint, len(recorded), tuple(map(tuple, recorded.values())))
        for endpoint, recorded in endpoints.items()
    ]
    if reads is None:
        return tuple(tasks)
    kinds = {True: reads, False: 1 - reads}
    requests = {kind: sum(_requests(task) for task in tasks if _reads(task) is kind) for kind in kinds}
    if not all(requests.values()):  # there is one kind only
        return tuple(tasks)
    shares = {kind: share / requests[kind] for kind, share in kinds.items()}
    most = max(task.weight * shares[_reads(task)] for task in tasks)
    weighted = [
        Task(task.endpoint, round(_FINE * task.weight * shares[_reads(task)] / most), task.recorded)
        for task in tasks
    ]
    return tuple(task for task in weighted if task.weight)


def _requests(task: Task) -> float:
    return task.weight * task.mean_requests


def _reads(task: Task) -> bool:
    return task.endpoint.startswith("GET ")


def mean_requests(mixes: Sequence[DomainMix]) -> float:
    """Requests a journey, domains by their weights."""
    return sum(mix.weight * mix.mean_requests for mix in mixes) / sum(mix.weight for mix in mixes)
