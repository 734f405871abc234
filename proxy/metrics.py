"""What one proxy worker counts of the requests it served, and how Prometheus reads it."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import add

from prometheus_client.samples import Sample

from parity.exchange import FALLBACK_BEGUN, LEFT_ALONE
from parity.exposition import Family, FamilyCollector, Kind, Reading, Readings
from proxy.counters import Counters

PREFIX = "crossfade_proxy"
NOBODY = "none"
"""The label `backend` where the proxy answered by itself, and `status` where the client went away unanswered."""

BOUNDS_S: Sequence[float] = (
    0.0005,
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    30.0,
)
_CLASSES = (NOBODY, *(f"{hundreds}xx" for hundreds in range(1, 10)))
_UPPER_BOUNDS = (*map(str, BOUNDS_S), "+Inf")
_SERVER_ERROR = 5
_Counts = dict[tuple[str, str, str, int], list[float]]

COUNTED: Mapping[str, str] = {
    "captured": "Answers that were kept for comparing.",
    "mirrored": "Requests that get exactly one outcome.",
    "not_mirrored": "Requests without a copy, by reason.",
    "shed": "Mirrored requests given up because a bound was reached, by reason.",
    "skipped": "Mirrored requests that cannot be compared, by reason.",
    "fallback": "Reads that legacy answered because modern broke.",
    FALLBACK_BEGUN: "Requests that legacy was asked for because modern broke, answered or not.",
    "failed": "Requests that got an error of the proxy's own, or a broken answer.",
}
LEVELS: Mapping[str, str] = {
    "requests_in_flight": "Requests of clients that are not answered yet.",
    "client_connections": "Open connections of clients.",
    "mirrored_in_flight": "Mirrored requests without an outcome, not handed over yet.",
    "captures_waiting": "Captures that are in no batch yet.",
    "captures_unacknowledged": "Captures in batches whose receipts have not come.",
    "flag_version": "The version of the flag table that is served.",
}
"""Gauges without labels."""

LEVELS_BY: Mapping[str, tuple[str, str]] = {
    "backend_connections_in_use": ("backend", "Connections to a backend with a request on them."),
    "backend_connections_idle": ("backend", "Open connections to a backend that wait for a request."),
    "shadow_in_flight": ("backend", "Copies under way to a shadow, as the parity worker said last."),
    "shadow_waiting": ("backend", "Copies that wait for their turn."),
    "shadow_limit": ("backend", "How many copies may be under way now."),
    LEFT_ALONE: ("backend", "For how long no copy is sent to a shadow that only fails; 0: it is not down."),
    "held_bytes": (
        "what",
        "Bytes held for comparing: captured bodies, captures in the outbox, shadows' answers.",
    ),
}
"""Gauges with one label."""


class Metrics(FamilyCollector):
    """Counts requests on one thread, and is read on the same.

    `gauges` says how high a level is now; its keys are those of `LEVELS`, and of `LEVELS_BY` with the label's value
    behind a slash, such as `held_bytes/outbox`. Nothing of it is kept up to date: it is asked when somebody reads.
    """

    def __init__(self, counters: Counters, gauges: Mapping[str, Callable[[], float]]) -> None:
        self._counters = counters
        self._served: _Counts = {}
        self._broken: dict[tuple[str, str, bool], int] = {}
        handed_over = Reading(
            f"{PREFIX}_handed_over",
            "Exchanges that went into a batch for the parity worker.",
            lambda: counters.given,
            Kind.COUNTER,
        )
        self._readings = Readings([handed_over, *(_level(key, read) for key, read in gauges.items())])

    def served(self, endpoint: str, backend: str, stage: str, status: int, duration_s: float) -> None:
        """One request has ended. `status` is what the client was told, 0 if nothing."""
        try:
            counts = self._served[endpoint, backend, stage, status // 100]
        except KeyError:
            counts = self._served[endpoint, backend, stage, status // 100] = [0] * (len(_UPPER_BOUNDS) + 1)
        # The last place is the sum of the durations.
        counts[bisect_left(BOUNDS_S, duration_s)] += 1
        counts[-1] += duration_s

    def broke(self, endpoint: str, backend: str, *, began: bool) -> None:
        """The authoritative backend gave no whole answer; `began`: some of it went out, and was `served` by its status."""
        key = (endpoint, backend, began)
        self._broken[key] = self._broken.get(key, 0) + 1

    def answers(self) -> Iterator[tuple[str, str, int, int]]:
        """Endpoint, backend, requests, and how many of them are errors of that backend: 5xx, or no whole answer.

        Those whose clients went away first are left out.
        """
        for (endpoint, backend, _, hundreds), counts in self._served.items():
            if hundreds:
                n = int(sum(counts[:-1]))
                yield endpoint, backend, n, n if hundreds == _SERVER_ERROR else 0
        for (endpoint, backend, began), n in self._broken.items():
            yield endpoint, backend, 0 if began else n, n

    def families(self) -> Sequence[Family]:
        """Everything, of one moment."""
        served = {key: counts.copy() for key, counts in self._served.items()}
        totals = self._counters.totals()
        return [
            Family(
                f"{PREFIX}_requests", "Requests of clients that have ended.", Kind.COUNTER, _requests(served)
            ),
            Family(
                f"{PREFIX}_request_duration_seconds",
                "From the head of a request to the end of its answer.",
                Kind.HISTOGRAM,
                _durations(served),
            ),
            *(
                Family(f"{PREFIX}_{name}", text, Kind.COUNTER, _counted(name, totals))
                for name, text in COUNTED.items()
            ),
            *self._readings.families(),
        ]


def _requests(served: _Counts) -> Iterator[Sample]:
    for (endpoint, backend, stage, hundreds), counts in served.items():
        labels = {"endpoint": endpoint, "backend": backend, "stage": stage, "status": _CLASSES[hundreds]}
        yield Sample(f"{PREFIX}_requests_total", labels, sum(counts[:-1]))


def _durations(served: _Counts) -> Iterator[Sample]:
    name = f"{PREFIX}_request_duration_seconds"
    sums: dict[tuple[str, str], list[float]] = {}
    for (endpoint, backend, _, _), counts in served.items():
        found = sums.get((endpoint, backend))
        sums[endpoint, backend] = counts if found is None else [*map(add, found, counts)]
    for (endpoint, backend), counts in sums.items():
        labels = {"endpoint": endpoint, "backend": backend}
        count = 0.0
        for level, n in zip(_UPPER_BOUNDS, counts, strict=False):
            count += n
            yield Sample(f"{name}_bucket", {**labels, "le": level}, count)
        yield Sample(f"{name}_count", labels, count)
        yield Sample(f"{name}_sum", labels, counts[-1])


def _counted(counted: str, totals: Mapping[tuple[str, str, str], int]) -> Iterator[Sample]:
    for (endpoint, name, reason), n in totals.items():
        if name == counted:
            labels = {"endpoint": endpoint, "reason": reason} if reason else {"endpoint": endpoint}
            yield Sample(f"{PREFIX}_{name}_total", labels, n)


def _level(key: str, read: Callable[[], float]) -> Reading:
    name, _, value = key.partition("/")
    if value:
        label, text = LEVELS_BY[name]
        return Reading(f"{PREFIX}_{name}", text, read, labels={label: value})
    return Reading(f"{PREFIX}_{name}", LEVELS[name], read)
