"""What happened how often since the last batch, and how many mirrored requests are still on their way."""

from parity.exchange import FALLBACK_BEGUN, Backend, Count

UNLISTED = "(unlisted)"
"""The endpoint under which unlisted requests are counted: their paths are no label, there are too many."""


Key = tuple[str, str, str]
"""Endpoint, name, reason."""


def requested_key(endpoint: str, authoritative: Backend) -> Key:
    """What the requests at an endpoint are counted under that have this authoritative backend; to be made once."""
    return (endpoint, "requests", authoritative.value)


class Counters:
    """The proxy's side of the books. Not for use from several threads.

    Every mirrored request is counted once as `mirrored` and leaves `in_flight` once: into a batch as a
    capture, or as `shed`. So at every moment mirrored = captures in batches + shed + in flight. `given` is how many
    captures went into batches so far.
    """

    __slots__ = ("_deltas", "_taken", "given", "in_flight")

    def __init__(self) -> None:
        self._deltas: dict[tuple[str, str, str], int] = {}
        self._taken: dict[tuple[str, str, str], int] = {}
        self.in_flight = 0
        self.given = 0

    def add(self, key: Key) -> None:
        """One more of what is counted at every request."""
        deltas = self._deltas
        deltas[key] = deltas.get(key, 0) + 1

    def not_mirrored(self, endpoint: str, reason: str) -> None:
        """No copy: `stage`, `write`, `sampled_out`, `unlisted`, or `unanswered` (there is nothing to compare with)."""
        self._add(endpoint, "not_mirrored", reason)

    def mirrored(self, endpoint: str) -> None:
        """There will be exactly one outcome."""
        self._add(endpoint, "mirrored")
        self.in_flight += 1

    def shed(self, endpoint: str, reason: str) -> None:
        """The outcome of a mirrored request is that this worker gave it up: `parity_queue`, `shadow_down`."""
        self._add(endpoint, "shed", reason)
        self.in_flight -= 1

    def handed_over(self, captures: int) -> None:
        """So many mirrored requests are in a batch: their outcomes are the parity worker's."""
        self.in_flight -= captures
        self.given += captures

    def captured(self, endpoint: str) -> None:
        """A capture is in the queue to the parity workers. Told to whoever reads the metrics alone."""
        self._keep(endpoint, "captured", "")

    def skipped(self, endpoint: str, reason: str) -> None:
        """A capture says by itself why there is nothing to compare: `body_too_large`. Its outcome is counted later."""
        self._keep(endpoint, "skipped", reason)

    def asked_legacy(self, endpoint: str) -> None:
        """Modern failed, and legacy is asked: it may answer or not."""
        self._add(endpoint, FALLBACK_BEGUN)

    def fell_back(self, endpoint: str) -> None:
        """Modern failed, legacy answered."""
        self._add(endpoint, "fallback")

    def failed(self, endpoint: str) -> None:
        """The client got an error of the proxy's own, or a broken answer."""
        self._add(endpoint, "failed")

    @property
    def pending(self) -> bool:
        """Whether there is anything to take."""
        return bool(self._deltas)

    def take(self) -> tuple[Count, ...]:
        """What was counted since the last time."""
        counts = tuple(
            Count(endpoint, name, reason, n) for (endpoint, name, reason), n in self._deltas.items()
        )
        for key, n in self._deltas.items():
            self._taken[key] = self._taken.get(key, 0) + n
        self._deltas = {}
        return counts

    def totals(self) -> dict[tuple[str, str, str], int]:
        """What was counted since the worker began, by endpoint, name and reason."""
        totals = dict(self._taken)
        for key, n in self._deltas.items():
            totals[key] = totals.get(key, 0) + n
        return totals

    def _add(self, endpoint: str, name: str, reason: str = "") -> None:
        self.add((endpoint, name, reason))

    def _keep(self, endpoint: str, name: str, reason: str) -> None:
        key = (endpoint, name, reason)
        self._taken[key] = self._taken.get(key, 0) + 1
