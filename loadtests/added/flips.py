"""Stages changed while load runs: all the way to `complete` and back, to `live` and back, to `canary` and back, again."""

import itertools
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from loadtests.added.result import MODERN, SERVING, STAGES, FlipMade
from loadtests.added.slices import Slice, Sliced, Slices
from loadtests.timings import Timing

SHORTEST_FLIPS_S = 2.0
PAUSE_S = (0.1, 0.6)
_BEFORE_THE_END_S = 1.0  # for the last rollback: what happens after the load is no evidence
_LOOK_AGAIN_S = 0.01
_TOPS = ("complete", "live", "canary")


class Flags(Protocol):
    """How the stage of the domain under load is changed; both return when every proxy worker has acknowledged.

    They return how many milliseconds that took, and raise BackendError where it does not happen.
    """

    def flip(self, stage: str) -> float:
        """One step forward, to that stage."""
        ...

    def roll_back(self, stage: str) -> float:
        """Back to that stage."""
        ...


@dataclass(frozen=True, slots=True)
class Flip:
    """One change: in force for some from `begun_at` on, for all from `acknowledged_at` on (Unix seconds)."""

    stage: str
    rolled_back: bool
    begun_at: float
    acknowledged_at: float
    ms: float

    @property
    def made(self) -> FlipMade:
        """As the result has it."""
        return FlipMade(self.stage, self.rolled_back, round(self.ms, 1))


def flip_under_load(
    slices: Slices, one: Slice, flags: Flags, *, warm_up_s: float
) -> tuple[Sliced, list[Flip]]:
    """Send the slice and change stages for as long as it lasts; the domain is `off` before and after."""
    begins = slices.next_results
    pool = ThreadPoolExecutor(1, thread_name_prefix="load")
    try:
        load = pool.submit(slices.run, one)
        while not begins.exists() and not load.done():
            time.sleep(_LOOK_AGAIN_S)
        time.sleep(warm_up_s)
        flips = list(_walk(flags, time.time() + one.measured_s - _BEFORE_THE_END_S, random.Random(one.seed)))
        return load.result(), flips
    finally:
        pool.shutdown(wait=False)  # who is interrupted ends Locust, and so the load


def _walk(flags: Flags, until: float, rng: random.Random) -> Iterator[Flip]:
    for top in itertools.cycle(_TOPS):
        for stage in STAGES[1 : STAGES.index(top) + 1]:
            yield _change(flags, stage, rolled_back=False)
            time.sleep(rng.uniform(*PAUSE_S))
            if time.time() > until:
                break
        yield _change(flags, STAGES[0], rolled_back=True)
        if time.time() > until:
            return
        time.sleep(rng.uniform(*PAUSE_S))


def _change(flags: Flags, stage: str, *, rolled_back: bool) -> Flip:
    begun_at = time.time()
    ms = flags.roll_back(stage) if rolled_back else flags.flip(stage)
    return Flip(stage, rolled_back, begun_at, time.time(), ms)


def after_rollbacks(flips: Sequence[Flip], timings: Sequence[Timing]) -> list[Timing]:
    """Those that no modern may have answered: sent after a rollback was acknowledged, answered before modern's next turn."""
    spans = [
        (flip.acknowledged_at, _modern_from(flips[number + 1 :]))
        for number, flip in enumerate(flips)
        if flip.rolled_back
    ]
    return [
        timing
        for timing in timings
        if any(begin < timing.sent_at and _answered_at(timing) < end for begin, end in spans)
    ]


def _modern_from(flips: Sequence[Flip]) -> float:
    return next((flip.begun_at for flip in flips if SERVING[flip.stage] == MODERN), float("inf"))


def _answered_at(timing: Timing) -> float:
    """At the latest: in an open workload the duration holds a wait before it was sent."""
    return timing.sent_at + timing.duration_ms / 1_000
