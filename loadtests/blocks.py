"""The plan of a load test: short blocks, the two sides in turn (AB BA AB …).

A block of one side and a block of the other with the same seed (so the same requests in the same order) make
a pair. Who goes first alternates, so that a drift of the machine, which only ever goes one way, meets both
alike; the pair is the unit that the judge resamples.
"""

from dataclasses import dataclass

from loadtests.errors import LoadTestError
from parity.exchange import Backend

PAIRS_AT_LEAST = 6
"""Below that a 95 % interval over pairs means little."""
_PAIRS_AT_MOST = 12
BLOCK_S = 4.0
"""How long a block is measured, where there is no need for fewer or longer ones."""
_BLOCK_AT_LEAST_S = 0.25


@dataclass(frozen=True, slots=True)
class Block:
    """One side under load for `measured_s` after the warm-up; `pair` counts from 0."""

    pair: int
    side: Backend
    seed: int
    measured_s: float


def plan_blocks(duration_s: float, *, seed: int, block_s: float = BLOCK_S, after: int = 0) -> list[Block]:
    """Blocks that measure `duration_s` seconds of each side in all, and come `after` so many pairs.

    Raises LoadTestError where that is too short.
    """
    pairs = max(PAIRS_AT_LEAST, min(_PAIRS_AT_MOST, round(duration_s / block_s)))
    if duration_s / pairs < _BLOCK_AT_LEAST_S:
        raise LoadTestError(
            f"a duration of {duration_s:g} s is too short: expected {PAIRS_AT_LEAST * _BLOCK_AT_LEAST_S:g} s at "
            f"least, {PAIRS_AT_LEAST} blocks of {_BLOCK_AT_LEAST_S:g} s on each side"
        )
    sides = (Backend.LEGACY, Backend.MODERN)
    return [
        Block(pair=pair, side=side, seed=seed * 1_000 + pair, measured_s=duration_s / pairs)
        for pair in range(after, after + pairs)
        for side in (sides if pair % 2 == 0 else reversed(sides))
    ]
