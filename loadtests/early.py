"""When a run may end before its last block: when nothing that binds could still be decided otherwise.

Looking again and again makes a chance finding likelier; the judge is therefore told how often it will be asked.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from loadtests.blocks import PAIRS_AT_LEAST
from loadtests.judge import NO_EXTRA, Extra, Judged, PairOfBlocks, judge
from loadtests.tallies import Key
from parity.load_results import Targets


@dataclass(frozen=True, slots=True)
class Looks:
    """Judges a run as its pairs come; `endpoints` are all that its load asks, with their domains.

    `successes` are the recorded successes that the load has of each (`escrows/list`). With `may_go_on` there may be
    extra pairs after the planned ones, and the last look is behind those.
    """

    endpoints: Sequence[Key]
    targets: Targets
    seed: int
    planned_pairs: int
    may_end: bool = True
    may_go_on: bool = False
    successes: Mapping[Key, Collection[str]] = field(default_factory=dict)

    def judged(
        self, pairs: Sequence[PairOfBlocks], extra: Extra = NO_EXTRA, left_out: Collection[str] = ()
    ) -> Judged:
        """What these pairs say; of the successes so many were left out."""
        expected = {key for key, names in self.successes.items() if not set(left_out).issuperset(names)}
        looks = self.planned_pairs - PAIRS_AT_LEAST + 1 if self.may_end else 1
        return judge(
            *(pairs, self.endpoints, self.targets),
            seed=self.seed,
            looks=looks + self.may_go_on,
            extra=extra,
            expected=expected,
        )

    def end(self, judged: Judged, pairs: int) -> str:
        """Why the run may end after so many pairs, which said that; empty: it goes on."""
        if not self.may_end or not PAIRS_AT_LEAST <= pairs < self.planned_pairs or not judged.is_clear:
            return ""
        return f"everything was decided after {pairs} of {self.planned_pairs} pairs of blocks"
