"""How the stages stand that are taken from a provider, as Prometheus reads it."""

import time
from collections.abc import Callable, Iterator, Sequence

from prometheus_client.samples import Sample

from parity.exposition import Family, FamilyCollector, Kind
from proxy.openfeature import Figures
from proxy.openfeature_states import ProviderState

PREFIX = "crossfade_openfeature"


class OpenFeatureMetrics(FamilyCollector):
    """Reads the figures of a watch; a process that does not hold the lease tells no states."""

    def __init__(self, figures: Figures, *, clock: Callable[[], float] = time.time) -> None:
        self._figures = figures
        self._clock = clock

    def families(self) -> Sequence[Family]:
        """Everything, of one moment."""
        states, changes, now = dict(self._figures.states), dict(self._figures.changes), self._clock()
        silent = {
            key: 0.0 if state.silent_since is None else max(0.0, now - state.silent_since)
            for key, state in states.items()
        }
        return [
            Family(
                f"{PREFIX}_watching",
                "1 in the process that asks the provider.",
                Kind.GAUGE,
                iter([Sample(f"{PREFIX}_watching", {}, float(bool(states)))]),
            ),
            Family(
                f"{PREFIX}_state",
                "1 at the state in which a flag is.",
                Kind.GAUGE,
                _states({key: state.state for key, state in states.items()}),
            ),
            Family(
                f"{PREFIX}_silent_seconds",
                "For how long the provider has given no answer that counts.",
                Kind.GAUGE,
                (Sample(f"{PREFIX}_silent_seconds", {"key": key}, value) for key, value in silent.items()),
            ),
            Family(
                f"{PREFIX}_changes",
                "Changes of flags that were made because the provider said so.",
                Kind.COUNTER,
                (
                    Sample(f"{PREFIX}_changes_total", {"key": key, "direction": direction}, n)
                    for (key, direction), n in changes.items()
                ),
            ),
        ]


def _states(states: dict[str, ProviderState]) -> Iterator[Sample]:
    for key, now in states.items():
        for state in ProviderState:
            yield Sample(f"{PREFIX}_state", {"key": key, "state": state.value}, float(state is now))
