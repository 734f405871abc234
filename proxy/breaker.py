"""Stops sending copies to a shadow backend that only fails, and finds out when it is back."""

import time
from collections.abc import Callable

_DUE_S = 0.001


class Breaker:
    """After `failures` failures on end nothing is admitted for `cool_down_s`, then one copy as a probe.

    `changed(is_down)` is called when the shadow goes down and when it is up again.
    """

    def __init__(
        self,
        failures: int,
        cool_down_s: float,
        changed: Callable[[bool], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._cool_down_s = cool_down_s
        self._changed = changed
        self._clock = clock
        self._failed = 0
        self._probe_at: float | None = None

    @property
    def cools_down(self) -> bool:
        """Whether nothing is admitted now."""
        return self._probe_at is not None and self._clock() < self._probe_at

    @property
    def left_s(self) -> float:
        """For how many seconds nothing is admitted, a millisecond when the probe is due; 0 while the shadow is up."""
        return 0.0 if self._probe_at is None else max(self._probe_at - self._clock(), _DUE_S)

    def admits(self) -> bool:
        """Whether a copy may be sent now; of those that ask after the cool-down only the first may."""
        if self.cools_down:
            return False
        if self._probe_at is not None:
            self._probe_at = self._clock() + self._cool_down_s
        return True

    def succeeded(self) -> None:
        """The shadow answered, rightly or wrongly."""
        self._failed = 0
        if self._probe_at is not None:
            self._probe_at = None
            self._changed(False)

    def failed(self) -> None:
        """The shadow did not answer."""
        self._failed += 1
        if self._probe_at is not None:
            self._probe_at = self._clock() + self._cool_down_s
        elif self._failed >= self._limit:
            self._probe_at = self._clock() + self._cool_down_s
            self._changed(True)
