"""Which shadows only fail, as the parity worker said last: what it would shed is shed before it is captured.

One capture goes through when the cool-down is over. It becomes the probe, and if that hangs there is no receipt, so
nothing is known, until its timeout.
"""

import time
from collections.abc import Callable, Mapping

from parity.exchange import LEFT_ALONE, Backend

_AGAIN_S = 1.0
"""How long nothing more goes through where nothing is heard of the one that did."""
_LEVELS = {backend: f"{LEFT_ALONE}/{backend.value}" for backend in Backend}


class LeftAlone:
    """What one proxy worker knows of the shadows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[Backend, float] = {}

    def told(self, levels: Mapping[str, float]) -> None:
        """How the parity worker stands now: seconds by `LEFT_ALONE` and the shadow."""
        for backend, name in _LEVELS.items():
            if (left_s := levels.get(name, 0.0)) > 0:
                self._until[backend] = self._clock() + left_s
            else:
                self._until.pop(backend, None)

    def forget(self) -> None:
        """The parity worker is gone; the next one finds out by itself."""
        self._until.clear()

    def wants(self, shadow: Backend) -> bool:
        """Whether a copy to it may come to something. True is the answer to one capture: the next may get another."""
        until = self._until.get(shadow)
        if until is None:
            return True
        now = self._clock()
        if now < until:
            return False
        self._until[shadow] = now + _AGAIN_S
        return True
