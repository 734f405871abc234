"""What became of the rehearsals of one proxy worker, how long writes were held back for them, and whether there are any."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import structlog
from prometheus_client.samples import Sample

from parity.exposition import Family, FamilyCollector, Kind
from proxy.metrics import BOUNDS_S, PREFIX

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_UPPER_BOUNDS = (*map(str, BOUNDS_S), "+Inf")


class RehearsalResults(FamilyCollector):
    """Lives as long as its worker: what a reload changes has no part in it.

    `is_stopped` says that modern once answered a rehearsal without its write set, so that it may have kept what it
    wrote. There is no way back but another process.
    """

    def __init__(self) -> None:
        self.is_stopped = False
        self._results: dict[tuple[str, str], int] = {}
        self._held: dict[str, list[float]] = {}

    def ended(self, endpoint: str, result: str) -> None:
        """One write that was drawn has its result: `answered`, or the word why there is no answer."""
        self._results[endpoint, result] = self._results.get((endpoint, result), 0) + 1

    def delayed(self, endpoint: str, delay_s: float) -> None:
        """A write was held back for so long, while modern was asked."""
        counts = self._held.setdefault(endpoint, [0] * (len(_UPPER_BOUNDS) + 1))
        # The last place is the sum of the delays.
        counts[bisect_left(BOUNDS_S, delay_s)] += 1
        counts[-1] += delay_s

    def stop(self, endpoint: str, status: int) -> None:
        """Nothing is rehearsed any more; said once."""
        if not self.is_stopped:
            self.is_stopped = True
            log.error("rehearsals_stopped", endpoint=endpoint, status=status, missing="X-Write-Set")

    def families(self) -> Sequence[Family]:
        """Everything, of one moment."""
        held = {endpoint: counts.copy() for endpoint, counts in self._held.items()}
        stopped = Sample(f"{PREFIX}_rehearsals_stopped", {}, float(self.is_stopped))
        return [
            Family(
                f"{PREFIX}_rehearsals",
                "Writes that were drawn for a rehearsal, by what became of it.",
                Kind.COUNTER,
                _results(dict(self._results)),
            ),
            Family(
                f"{PREFIX}_rehearsal_seconds",
                "For how long writes were held back, from their last byte on, while modern was asked.",
                Kind.HISTOGRAM,
                _delays(held),
            ),
            Family(
                f"{PREFIX}_rehearsals_stopped",
                "1 if modern answered a rehearsal without its write set: nothing is rehearsed any more.",
                Kind.GAUGE,
                iter([stopped]),
            ),
        ]


def _results(results: dict[tuple[str, str], int]) -> Iterator[Sample]:
    for (endpoint, result), n in results.items():
        yield Sample(f"{PREFIX}_rehearsals_total", {"endpoint": endpoint, "result": result}, n)


def _delays(held: dict[str, list[float]]) -> Iterator[Sample]:
    name = f"{PREFIX}_rehearsal_seconds"
    for endpoint, counts in held.items():
        labels = {"endpoint": endpoint}
        count = 0.0
        for level, n in zip(_UPPER_BOUNDS, counts, strict=False):
            count += n
            yield Sample(f"{name}_bucket", {**labels, "le": level}, count)
        yield Sample(f"{name}_count", labels, count)
        yield Sample(f"{name}_sum", labels, counts[-1])
