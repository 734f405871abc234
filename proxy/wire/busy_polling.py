"""Where requests come one by one, the loop looks for their answers again and again instead of going to sleep.

A core that slept finds its caches cold, and a virtual one has to be given back by the host first: that is most of what a
proxy adds. Staying awake costs that core instead, so it is done only while little is asked and answers come soon, as
Linux polls for guests of a hypervisor (Documentation/virt/kvm/halt-polling.rst).
"""

import asyncio
from collections.abc import Callable
from time import perf_counter

_SMOOTHED_OVER = 32
_SELDOM = 0.5
"""In windows, like the next: a mean gap between requests from which on they come one by one."""
_GAP_AT_MOST = 4.0
"""So that after a pause some eighty requests tell that many come again."""


class BusyPolling:
    """Turns the loop for `window_s` after a request began, or until what began has ended; 0: never.

    Only while at most two requests come in a window, and if the last answer came within one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, window_s: float) -> None:
        self.window_s = window_s
        self._call_soon = loop.call_soon
        self._turning: Callable[[], None] = self._turn
        self._awaited = 0
        self._is_turning = False
        self._was_soon = True
        self._began = self._until = 0.0
        self._gap_s = _GAP_AT_MOST * window_s

    def began(self) -> None:
        """A request goes to a backend."""
        window_s = self.window_s
        if not window_s:
            return
        now = perf_counter()
        gap_s = min(now - self._began, _GAP_AT_MOST * window_s)
        self._began = now
        self._gap_s += (gap_s - self._gap_s) / _SMOOTHED_OVER
        if self._gap_s < _SELDOM * window_s or not self._was_soon:
            return
        self._until = now + window_s
        self._awaited += 1
        if not self._is_turning:
            self._is_turning = True
            self._call_soon(self._turning)

    def ended(self, duration_s: float) -> None:
        """Its answer took that long."""
        self._was_soon = duration_s <= self.window_s
        if self._awaited:
            self._awaited -= 1

    def _turn(self) -> None:
        if self._awaited and perf_counter() < self._until:
            self._call_soon(self._turning)
        else:
            self._is_turning = False
            self._awaited = 0  # what is late may be a stream of events
