"""The pairs of blocks of a run, without what legacy itself does not answer as recorded in the middle of a load.

A load repeats and shuffles. What legacy then answers otherwise depends on what was sent before, by somebody else and
perhaps a moment later on the other side: both sides were not asked the same, and nothing can be said of it. What modern
alone answers otherwise stays, and is an error.
"""

from collections.abc import Iterable, Sequence

from loadtests.block_runs import BlockRun
from loadtests.judge import PairOfBlocks
from loadtests.timings import Timing
from parity.exchange import Backend

_Exchange = tuple[str, str]


class Pairs:
    """Grows by two blocks at a time; `left_out` are exchanges with the reason.

    What is learned of legacy holds for the extra pairs (`extra.py`) as well, and the other way round.
    """

    def __init__(self) -> None:
        self.left_out: dict[str, str] = {}
        self._unlike: set[_Exchange] = set()
        self._runs: list[tuple[BlockRun, BlockRun]] = []
        self._extra_runs: list[tuple[BlockRun, BlockRun]] = []
        self._pairs: list[PairOfBlocks] = []
        self._extra: list[PairOfBlocks] = []

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, blocks: Sequence[BlockRun], *, extra: bool = False) -> None:
        """Two more blocks, one of each side."""
        of_side = {run.summary.side: run for run in blocks}
        legacy, modern = of_side[Backend.LEGACY], of_side[Backend.MODERN]
        runs, pairs = (self._extra_runs, self._extra) if extra else (self._runs, self._pairs)
        runs.append((legacy, modern))
        if self._learn(legacy.timings):
            self._pairs = [self._pair(*one) for one in self._runs]
            self._extra = [self._pair(*one) for one in self._extra_runs]
        else:
            pairs.append(self._pair(legacy, modern))

    @property
    def by_now(self) -> list[PairOfBlocks]:
        """All of them but the extra ones."""
        return self._pairs

    @property
    def extra(self) -> list[PairOfBlocks]:
        """The extra ones."""
        return self._extra

    def _learn(self, timings: Iterable[Timing]) -> bool:
        """Whether there is something new to leave out; a 5xx, or no answer, is a fault whoever makes it."""
        before = len(self._unlike)
        for one in timings:
            if not one.as_recorded and 0 < one.status < 500:
                self._unlike.add((one.domain, one.exchange))
                name = f"{one.domain}/{one.exchange}"
                self.left_out[name] = (
                    f"legacy answers {one.status} to {one.exchange} in the middle of the load"
                )
        return len(self._unlike) > before

    def _pair(self, legacy: BlockRun, modern: BlockRun) -> PairOfBlocks:
        return PairOfBlocks(
            self._alike(legacy.timings),
            self._alike(modern.timings),
            legacy.summary.measured_s,
            modern.summary.measured_s,
        )

    def _alike(self, timings: Sequence[Timing]) -> Sequence[Timing]:
        if not self._unlike:
            return timings
        return [one for one in timings if (one.domain, one.exchange) not in self._unlike]
