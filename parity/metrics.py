"""How Prometheus reads what one parity worker counts of the batches that it records."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client.samples import Sample

from parity.exchange import LEFT_ALONE
from parity.exposition import Family, FamilyCollector, Kind
from parity.recorded_counts import RecordedCounts

PREFIX = "crossfade_parity"

LEVELS: Mapping[str, tuple[str, str]] = {
    "shadow_in_flight": ("backend", "Copies under way to a shadow."),
    "shadow_waiting": ("backend", "Copies that wait for their turn."),
    "shadow_limit": ("backend", "How many copies may be under way now."),
    LEFT_ALONE: ("backend", "For how long no copy is sent to a shadow that only fails; 0: it is not down."),
    "held_bytes": ("what", "Bytes held: batches that are not recorded yet, answers of shadows."),
}
"""What is told of the ways to the shadows, by the name that `levels` have before their slash; label and help."""
_ANSWERS = "parity"
"""What proxies show `held_bytes` of a parity worker under; here it is one of two."""


class ParityMetrics(RecordedCounts, FamilyCollector):
    """Counts on the event loop of a worker, but for `busy_s`, and is read there. `levels` are those that go with receipts."""

    def __init__(self, levels: Callable[[], Mapping[str, float]] = dict) -> None:
        super().__init__()
        self._levels = levels

    def families(self) -> Sequence[Family]:
        """Everything, of one moment."""
        outcomes, asides = self._outcomes.copy(), self._asides.copy()
        levels = self._read_levels()
        return [
            _counter(
                "outcomes",
                "Captures that were recorded, by their outcome.",
                [({"endpoint": endpoint, "outcome": name}, n) for (endpoint, name), n in outcomes.items()],
            ),
            _counter(
                "asides",
                "What asking again brought, by what it was for.",
                [({"aside": aside, "reason": reason}, n) for (aside, reason), n in asides.items()],
            ),
            _counter("batches", "Batches that were recorded.", [({}, self._recorded)]),
            _counter(
                "batches_resent", "Batches that came although they had come before.", [({}, self.resent)]
            ),
            _counter("busy_seconds", "For how long the thread compared and recorded.", [({}, self.busy_s)]),
            _gauge("store_refuses", "1 while the store takes no batch.", [({}, float(self.is_refused))]),
            _gauge("held_batches", "Batches that are not recorded yet.", [({}, self._held_batches)]),
            *(
                _gauge(name, text, [({label: value}, n) for value, n in levels.get(name, {}).items()])
                for name, (label, text) in LEVELS.items()
            ),
        ]

    @property
    def _held_batches(self) -> float:
        return 0 if self._room is None else self._room.held_items

    def _read_levels(self) -> dict[str, dict[str, float]]:
        """By the name of the gauge and the value of its label."""
        found: dict[str, dict[str, float]] = {}
        for key, level in self._levels().items():
            name, _, value = key.partition("/")
            found.setdefault(name, {})["answers" if value == _ANSWERS else value] = level
        if self._room is not None:
            found.setdefault("held_bytes", {})["batches"] = self._room.held_bytes
        return found


_Numbers = Sequence[tuple[dict[str, str], float]]


def _counter(name: str, text: str, numbers: _Numbers) -> Family:
    return Family(f"{PREFIX}_{name}", text, Kind.COUNTER, _samples(f"{PREFIX}_{name}_total", numbers))


def _gauge(name: str, text: str, numbers: _Numbers) -> Family:
    return Family(f"{PREFIX}_{name}", text, Kind.GAUGE, _samples(f"{PREFIX}_{name}", numbers))


def _samples(name: str, numbers: _Numbers) -> Iterator[Sample]:
    return (Sample(name, labels, n) for labels, n in numbers)
