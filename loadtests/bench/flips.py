"""Flips under load: a domain goes to `shadow` and back while clients ask, and each flip is timed."""

import random
import time
from dataclasses import dataclass

from loadtests.bench.crossfade import Crossfade, Flags
from loadtests.bench.generator import Generator, Load, Shot
from loadtests.bench.verdicts import Row, at_most, counted
from loadtests.interval import percentile

_RATE = 300.0
_CONNECTIONS = 16
_PAUSE_S = (0.02, 0.12)
_LONGEST_FLIP_S = 1.0


@dataclass(frozen=True, slots=True)
class Flips:
    """How long each flip took until the last worker served it, and what the clients met meanwhile."""

    ms: tuple[float, ...]
    shot: Shot


def flip_under_load(
    crossfade: Crossfade, flags: Flags, generator: Generator, *, flips: int, seed: int
) -> Flips:
    """Flip so often, with pauses that no poll can be in step with; the domain ends at `off`, as it began."""
    rng = random.Random(seed)
    stages = ["off" if number % 2 else "shadow" for number in range(flips)]
    seconds = 1.0 + flips * 0.15
    load = Load("/1k.json", connections=_CONNECTIONS, rate=_RATE, warm_s=0.2, run_s=seconds)
    took_ms: list[float] = []
    with generator.fire(crossfade.target.port, load) as firing:
        ends_at = time.monotonic() + load.warm_s + load.run_s - _LONGEST_FLIP_S / 2
        for stage in stages:
            time.sleep(rng.uniform(*_PAUSE_S))
            if time.monotonic() > ends_at and len(took_ms) % 2 == 0:
                break  # only what happened under load counts
            took_ms.append(flags.set_stage(crossfade.config, stage))
        shot = firing.wait()
    return Flips(tuple(took_ms), shot)


def flip_rows(found: Flips) -> list[Row]:
    """Against the targets."""
    p99_ms = percentile(sorted(found.ms), 0.99)
    failed, late = found.shot.failed, found.shot.unanswered
    note = f"{failed} failed, {late} without an answer, of {found.shot.answered + late} at {_RATE:g}/s"
    return [
        counted("flag change served, p99 ms", at_most(100), round(p99_ms, 1), f"{len(found.ms)} flips"),
        counted("failed requests while flipping", at_most(0), failed + late, note),
    ]
