"""What one parity worker counts of the batches that it records; metrics.py shows it where somebody asks for it."""

from collections import Counter
from collections.abc import Sequence

from parity.exchange import Batch
from parity.outcome import Comparison
from parity.room import Room
from parity.settle import AskedAgain


class RecordedCounts:
    """Counted on the event loop of a worker. `busy_s`, for how long its thread has worked, is written by that thread alone."""

    def __init__(self) -> None:
        self.busy_s = 0.0
        self.resent = 0
        self.is_refused = False
        """Whether the store took nothing, the last time it was asked."""
        self._room: Room | None = None
        self._recorded = 0
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._asides: Counter[tuple[str, str]] = Counter()

    def watch(self, room: Room) -> None:
        """Tell how full it is from now on."""
        self._room = room

    def recorded(self, batch: Batch, comparisons: Sequence[Comparison], beside: AskedAgain) -> None:
        """A batch is in the store, with the outcome of each of its captures."""
        self._recorded += 1
        for capture, comparison in zip(batch.captures, comparisons, strict=True):
            self._outcomes[capture.endpoint, comparison.outcome.value] += 1
        for (_, aside, reason), n in beside.counts.items():
            self._asides[aside, reason] += n
