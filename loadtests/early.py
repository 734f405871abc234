"""When a run may end before its last block: when nothing that binds could still be decided otherwise.

Looking again and again makes a chance finding likelier; the judge is therefore told how often it will be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.blocks import PAIRS_AT_LEAST
from loadtests.judge import Judged, PairOfBlocks, judge
from parity.load_results import Targets


@dataclass(frozen=True, slots=True)
class Looks:
    """Judges a run as its pairs come; `endpoints` are all that its load asks, with their domains."""

    endpoints: Sequence[tuple[str, str]]
    targets: Targets
    seed: int
    planned_pairs: int
    may_end: bool = True

    def judged(self, pairs: Sequence[PairOfBlocks]) -> Judged:
        """What these pairs say."""
        looks = self.planned_pairs - PAIRS_AT_LEAST + 1 if self.may_end else 1
        return judge(pairs, self.endpoints, self.targets, seed=self.seed, looks=looks)

    def end(self, judged: Judged, pairs: int) -> str:
        """Why the run may end after so many pairs, which said that; empty: it goes on."""
        if not self.may_end or not PAIRS_AT_LEAST <= pairs < self.planned_pairs or not judged.is_clear:
            return ""
        return f"everything was decided after {pairs} of {self.planned_pairs} pairs of blocks"
