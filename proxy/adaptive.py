"""How many copies may be under way at one shadow backend: fewer as soon as it strains, slowly more while it does not.

Additive increase, multiplicative decrease (RFC 5681 section 3.1 does the same with segments). Strain is a copy that
failed, that took much longer than others of its endpoint, or that waited long for a connection to the database
(`Server-Timing: pool;dur=<ms>`, where the backend tells it). At most one decrease a round trip: copies that were
sent before the last decrease say nothing about it.
"""

import re
import time
from collections.abc import Callable

from proxy.fields import name_of, text, value_of
from proxy.settings import AdaptiveSettings

_POOL = re.compile(r'(?:^|,)\s*pool\s*;(?:[^,"]*;)?\s*dur\s*=\s*"?(\d{1,9}(?:\.\d{1,9})?)', re.IGNORECASE)
_FALL = 0.3
_RISE = 0.005
_RISE_AT_FLOOR = 0.05
"""How much of the way the baseline goes to a quicker copy, to a slower one, and to one that was alone.

What is slow with one copy at a time is not slow by our doing: it soon is the new baseline.
"""


class AdaptiveLimit:
    """The limit of one shadow backend, between 1 and `most`; memory is bounded by the number of endpoints."""

    def __init__(
        self, most: int, settings: AdaptiveSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._settings = settings
        self._clock = clock
        self._exact = float(most)
        self._changed_at = clock()
        self._decreased_at = float("-inf")
        self._baselines: dict[str, float] = {}

    @property
    def limit(self) -> int:
        """How many copies may be under way now."""
        return int(self._exact)

    @property
    def is_reduced(self) -> bool:
        """Whether more would be allowed if the shadow did not strain."""
        return self.limit < self._most

    def succeeded(self, endpoint: str, began_at: float, duration_s: float, pool_wait_s: float = 0.0) -> None:
        """A copy that was sent at `began_at` was answered within `duration_s`."""
        settings = self._settings
        baseline = self._baselines.get(endpoint, duration_s)
        is_slow = duration_s > baseline * settings.slow_factor + settings.slack_s
        self._baselines[endpoint] = baseline + (duration_s - baseline) * self._weight(duration_s, baseline)
        if is_slow or pool_wait_s > settings.pool_wait_s:
            self._decrease(began_at, settings.strained_factor)
        elif self.is_reduced and self._clock() - self._changed_at >= settings.recover_s:
            self._exact = min(float(self._most), self.limit + 1.0)
            self._changed_at = self._clock()

    def failed(self, began_at: float) -> None:
        """A copy that was sent at `began_at` was not answered, or not in time."""
        self._decrease(began_at, self._settings.failed_factor)

    def _decrease(self, began_at: float, factor: float) -> None:
        if began_at < self._decreased_at:
            return
        self._exact = max(1.0, self._exact * factor)
        self._decreased_at = self._changed_at = self._clock()

    def _weight(self, duration_s: float, baseline: float) -> float:
        if duration_s < baseline:
            return _FALL
        return _RISE_AT_FLOOR if self.limit == 1 else _RISE


def pool_wait_s(block: bytes) -> float:
    """How long an answer with these field lines waited for a connection to the database; 0 where it does not say."""
    waits = (
        float(found[1]) / 1000
        for line in block.split(b"\r\n")
        if name_of(line).lower() == b"server-timing"
        for found in _POOL.finditer(text(value_of(line)))
    )
    return max(waits, default=0.0)
