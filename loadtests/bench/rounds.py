"""Rounds of slices: each round sends load at every target once, so that other work meets all.

One kind of load follows the other, both in an order drawn anew: those who are compared are asked within seconds.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from loadtests.bench.generator import Generator, Load, Shot, Target
from loadtests.bench.procfs import cpu_s, pss_mb

SETTLE_S = 0.03
_PAUSE_S = 0.25
_IDLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of load at one target; the name says both: `1k plain: crossfade off`.

    For `settle_s` after a slice what it has left under way may go on; the next slice begins after that.
    """

    name: str
    target: Target
    load: Load
    settle_s: float = SETTLE_S

    @property
    def kind(self) -> str:
        """What is compared with each other: `1k plain`."""
        return self.name.partition(": ")[0]


class Measured(msgspec.Struct, frozen=True):
    """One slice. CPU is that of the server and of its helpers for each answered request, in µs; memory after it, in MB.

    `failed` counts in a closed loop also what had no answer; in an open one that is late, not failed. After a burst
    CPU is counted until copies have ended and all is compared, `wait_s` later, without `idle_us`: what the server would
    have taken in that time without any request. `drained` False: outcomes did not come in time. Memory is the higher of
    that at both ends of the wait.
    """

    shot: Shot
    failed: int
    cpu_us: float
    helper_cpu_us: float
    pss_mb: float
    helper_pss_mb: float
    wait_s: float = 0.0
    idle_us: float = 0.0
    drained: bool = True


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
        for scenario in _drawn(scenarios, rng):
            one = _slice(scenario, generator, memory=memory)
            time.sleep(scenario.settle_s)
            if not one.drained:
                progress(f"{scenario.name}: not all had its outcome after {one.wait_s:.0f} s")
            found[scenario.name].append(one)
    return found


def _drawn(scenarios: Sequence[Scenario], rng: random.Random) -> list[Scenario]:
    kinds: dict[str, list[Scenario]] = {}
    for scenario in rng.sample(scenarios, len(scenarios)):
        kinds.setdefault(scenario.kind, []).append(scenario)
    return [scenario for kind in kinds.values() for scenario in kind]


def _slice(scenario: Scenario, generator: Generator, *, memory: bool) -> Measured:
    target, is_burst = scenario.target, scenario.load.is_burst
    told = target.drain.told() if is_burst and target.drain else 0
    before_s, helpers_before_s = cpu_s(target.pids), cpu_s(target.helpers)
    shot = generator.shoot(target.port, scenario.load)
    held = [_held_mb(target)] if memory else [(0.0, 0.0)]
    wait_s, drained = _wait(target, told + shot.answered) if is_burst else (0.0, True)
    used_s, helpers_used_s = cpu_s(target.pids) - before_s, cpu_s(target.helpers) - helpers_before_s
    if is_burst and memory:
        held.append(_held_mb(target))
    idle_s = _idle_share(target) * wait_s if is_burst else 0.0
    answered = max(shot.answered, 1)
    return Measured(
        shot=shot,
        failed=shot.failed + (0 if scenario.load.rate else shot.unanswered),
        cpu_us=(used_s - idle_s) / answered * 1e6,
        helper_cpu_us=helpers_used_s / answered * 1e6,
        pss_mb=max(mb for mb, _ in held),
        helper_pss_mb=max(mb for _, mb in held),
        wait_s=wait_s,
        idle_us=idle_s / answered * 1e6,
        drained=drained,
    )


def _wait(target: Target, requests: int) -> tuple[float, bool]:
    """Until what a burst left behind has ended: how long that took, and whether it has."""
    began_s = time.monotonic()
    time.sleep(_PAUSE_S)  # who has no store has nothing else that tells when its copies have ended
    drained = target.drain is None or target.drain.wait(requests)
    return time.monotonic() - began_s, drained


def _idle_share(target: Target) -> float:
    """Which part of a core the server takes while it has no request."""
    before_s, began_s = cpu_s(target.pids), time.monotonic()
    time.sleep(_IDLE_S if target.drain else _PAUSE_S)
    return (cpu_s(target.pids) - before_s) / (time.monotonic() - began_s)


def _held_mb(target: Target) -> tuple[float, float]:
    return pss_mb(target.pids), pss_mb(target.helpers)
