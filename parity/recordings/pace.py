"""When each line of a recording is due, at a multiple of the recorded speed."""

import asyncio
from contextlib import suppress


class Pace:
    """Counts from the first line that is waited for. A speed of None is as quick as the backends are."""

    def __init__(self, speed: float | None, stop: asyncio.Event) -> None:
        self._speed = speed
        self._stop = stop
        self._began: tuple[float, float] | None = None

    async def until(self, at_s: float) -> None:
        """Wait until a line of that moment is due, or until `stop`."""
        if self._speed is None:
            return
        now = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = now, at_s
        wait_s = self._began[0] + (at_s - self._began[1]) / self._speed - now
        if wait_s > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait_s)
