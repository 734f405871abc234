"""Rounds of slices: each round sends load at every target once, in an order drawn anew, so that other work meets all."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from loadtests.bench.generator import Generator, Load, Shot, Target
from loadtests.bench.procfs import cpu_s, pss_mb

_SETTLE_S = 0.03


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of load at one target; the name says both: `1k plain: crossfade off`."""

    name: str
    target: Target
    load: Load


class Measured(msgspec.Struct, frozen=True):
    """One slice. CPU is that of the server and of its helpers for each answered request, in µs; memory after it, in MB.

    `failed` counts in a closed loop also what had no answer; in an open one that is late, not failed.
    """

    shot: Shot
    failed: int
    cpu_us: float
    helper_cpu_us: float
    pss_mb: float
    helper_pss_mb: float


Measurements = Mapping[str, Sequence[Measured]]
"""By scenario, in the order of the rounds."""


def measure(
    scenarios: Sequence[Scenario],
    rounds: int,
    generator: Generator,
    *,
    seed: int,
    memory: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, list[Measured]]:
    """Every scenario once a round; `memory` also looks at that, which takes some milliseconds a slice."""
    found: dict[str, list[Measured]] = {scenario.name: [] for scenario in scenarios}
    rng = random.Random(seed)
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for scenario in rng.sample(scenarios, len(scenarios)):
            time.sleep(_SETTLE_S)  # what the slice before still has under way ends on its own time
            found[scenario.name].append(_slice(scenario, generator, memory=memory))
    return found


def _slice(scenario: Scenario, generator: Generator, *, memory: bool) -> Measured:
    target = scenario.target
    before_s, helpers_before_s = cpu_s(target.pids), cpu_s(target.helpers)
    shot = generator.shoot(target.port, scenario.load)
    used_s, helpers_used_s = cpu_s(target.pids) - before_s, cpu_s(target.helpers) - helpers_before_s
    answered = max(shot.answered, 1)
    return Measured(
        shot=shot,
        failed=shot.failed + (0 if scenario.load.rate else shot.unanswered),
        cpu_us=used_s / answered * 1e6,
        helper_cpu_us=helpers_used_s / answered * 1e6,
        pss_mb=pss_mb(target.pids) if memory else 0.0,
        helper_pss_mb=pss_mb(target.helpers) if memory else 0.0,
    )
