"""What a run has measured so far, and the rows of a result that it makes."""

from collections import defaultdict
from dataclasses import dataclass, field

from loadtests.added.books import Counted, mirrored_of
from loadtests.added.flips import Flip, after_rollbacks
from loadtests.added.measured import added_ms, path_measured
from loadtests.added.result import MODERN, Capacity, DirectRow, FlipsFound, StageRow
from loadtests.added.rounds import Lane
from loadtests.added.slices import Sliced


@dataclass
class Found:
    """Slices by lane, one a round; of those through the proxy also what its store counted meanwhile."""

    capacities: list[Capacity] = field(default_factory=list)
    rounds: int = 0
    slices: dict[Lane, list[Sliced]] = field(default_factory=lambda: defaultdict(list))
    counted: dict[Lane, list[Counted]] = field(default_factory=lambda: defaultdict(list))
    flips: tuple[Sliced, list[Flip]] | None = None

    def rate(self, lane: Lane) -> float:
        """Requests a second of that lane."""
        return lane.level * next(one.rps for one in self.capacities if one.backend == lane.backend)

    def direct_rows(self) -> list[DirectRow]:
        """Of the lanes past the proxy."""
        return [
            DirectRow(lane.backend, lane.level, path_measured(slices, self.rate(lane)))
            for lane, slices in self._in_order()
            if not lane.stage
        ]

    def stage_rows(self, seed: int) -> list[StageRow]:
        """Of the lanes through the proxy, each beside the one past it."""
        return [self._stage_row(lane, slices, seed) for lane, slices in self._in_order() if lane.stage]

    def _in_order(self) -> list[tuple[Lane, list[Sliced]]]:
        return sorted(self.slices.items(), key=lambda item: item[0].place)

    def _stage_row(self, lane: Lane, slices: list[Sliced], seed: int) -> StageRow:
        direct = self.slices[lane.direct]
        p50, p90, p99 = (added_ms(slices, direct, share, seed=seed) for share in (0.5, 0.9, 0.99))
        return StageRow(
            stage=lane.stage,
            level=lane.level,
            backend=lane.backend,
            measured=path_measured(slices, self.rate(lane)),
            added_p50_ms=p50,
            added_p90_ms=p90,
            added_p99_ms=p99,
            # a refusal of the proxy's own names nobody; it is among the failed
            served_otherwise=sum(
                timing.served_by not in {lane.backend, ""} for one in slices for timing in one.all_sent
            ),
            counted=mirrored_of(self.counted[lane]),
        )

    def flips_found(self) -> FlipsFound | None:
        """Of the flips under load; None where there were none."""
        if self.flips is None:
            return None
        sliced, flips = self.flips
        after = after_rollbacks(flips, sliced.all_sent)
        return FlipsFound(
            measured=path_measured([sliced], sliced.slice.rate_rps or 0.0),
            made=[flip.made for flip in flips],
            after_rollback=len(after),
            by_modern=sum(timing.served_by == MODERN for timing in after),
        )
