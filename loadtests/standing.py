"""What a load test tells whoever waits for it."""

from dataclasses import dataclass
from typing import Protocol

from loadtests.judge import Judged
from parity.load_results import QUERIES, TIME, LoadRatio


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is as a block begins: `left_s` seconds if it goes on to the end; `so_far` is empty at first."""

    block: int
    blocks: int
    side: str
    left_s: float
    so_far: str = ""

    def words(self, left: str) -> str:
        """All of it, with the time that is left in words."""
        words = f"block {self.block} of {self.blocks} on {self.side}, {left} left"
        return f"{words}; so far {self.so_far}" if self.so_far else words


class Onlooker(Protocol):
    """Is told what a run does."""

    def told(self, text: str) -> None:
        """A sentence."""

    def begins(self, standing: Standing) -> None:
        """A block begins."""


def so_far(judged: Judged) -> str:
    """What the answer looks like by now, such as `time 0.62 (0.58-0.66), queries 0.40`; empty where nothing can be said."""
    found = {measure: judged.overall.judged(measure) for measure in (TIME, QUERIES)}
    return ", ".join(
        f"{measure} {_ratio(one.measured)}" for measure, one in found.items() if one and one.measured
    )


def _ratio(ratio: LoadRatio) -> str:
    if ratio.low == ratio.high:
        return f"{ratio.value:.2f}"
    return f"{ratio.value:.2f} ({ratio.low:.2f}-{ratio.high:.2f})"
