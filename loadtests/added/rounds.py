"""Rounds of slices: every lane once a round, in an order that is drawn anew."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.added.result import SERVING, STAGES


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a slice goes, and how much: to `backend` directly, or through the proxy at a `stage` at which that serves.

    `level` is the share of that backend's capacity.
    """

    level: float
    backend: str
    stage: str = ""

    @property
    def path(self) -> str:
        """Who is asked, in words."""
        return f"the proxy at {self.stage}" if self.stage else f"the {self.backend} backend"

    @property
    def place(self) -> tuple[float, str, int]:
        """Its place in a table: by level and backend, directly first, then by stage."""
        return self.level, self.backend, STAGES.index(self.stage) + 1 if self.stage else 0

    @property
    def direct(self) -> "Lane":
        """The lane of the same requests past the proxy."""
        return Lane(self.level, self.backend)


def lanes(levels: Sequence[float], stages: Sequence[str]) -> list[Lane]:
    """Each stage and each backend that serves at one of them, at each level."""
    found: dict[Lane, None] = {}
    for level in levels:
        through = [Lane(level, SERVING[stage], stage) for stage in stages]
        found |= dict.fromkeys([*(lane.direct for lane in through), *through])
    return list(found)


def plan_rounds(rounds: int, lanes: Sequence[Lane], *, seed: int) -> list[list[Lane]]:
    """So many rounds of all lanes."""
    rng = random.Random(seed)
    return [rng.sample(lanes, len(lanes)) for _ in range(rounds)]


def seed_of(lane: Lane, number: int, *, seed: int) -> int:
    """The seed of a slice: all lanes of a round (from 0) and a level have one, so that they are sent the same requests."""
    return (seed * 1_000 + number) * 1_000 + round(lane.level * 100)
