"""When arrivals come in an open workload, and what they do: the same of the same seed, whatever the side answers.

A Poisson process whose rate follows the stages, by thinning (Lewis and Shedler, 1979): arrivals at the highest rate
are drawn, and each is kept with the share that the rate of its moment is of that.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadtests.mix import DomainMix, mean_requests
from loadtests.scenarios import Stage, factor_at
from loadtests.workload import Journey


@dataclass(frozen=True, slots=True)
class Arrival:
    """A journey that begins `due_s` after the begin of the load; `pauses_s` are those between its requests."""

    number: int
    due_s: float
    journey: Journey
    pauses_s: tuple[float, ...]


def arrivals(
    mixes: Sequence[DomainMix],
    *,
    rate_rps: float,
    pace_s: float,
    seed: int,
    stages: tuple[Stage, ...] = (),
    warm_up_s: float = 0.0,
    measured_s: float = 1.0,
) -> Iterator[Arrival]:
    """Arrivals without end, in the order of time, numbered from 0, of `rate_rps` requests a second where factors are 1.

    Stages begin with the measured time, after the warm-up.
    """
    rng = random.Random(f"{seed}/arrivals")
    highest = max((stage.factor for stage in stages), default=1.0)
    journeys_a_s = highest * rate_rps / mean_requests(mixes)
    weights = [mix.weight for mix in mixes]
    due_s, number = 0.0, 0
    while True:
        due_s += rng.expovariate(journeys_a_s)
        if rng.random() * highest >= factor_at(stages, (due_s - warm_up_s) / measured_s):
            continue
        journey = rng.choices(mixes, weights)[0].draw(rng)
        pauses_s = tuple(pace_s * rng.uniform(0.5, 1.5) for _ in journey.steps[1:])
        yield Arrival(number, due_s, journey.tagged(f"{rng.getrandbits(32):x}"), pauses_s)
        number += 1
