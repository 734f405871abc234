"""What runs beside the pages for as long as the console does: guards and the pilot, each started again when it breaks."""

import asyncio
from collections.abc import Sequence

import structlog

from parity.errors import fault_of
from proxy.console.seams import Watch

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_log = structlog.get_logger()


class Watches:
    """Runs them; one that breaks is logged and started again, and stops no other."""

    def __init__(self, watches: Sequence[Watch], *, first_pause_s: float = _FIRST_PAUSE_S) -> None:
        self._watches = tuple(watches)
        self._first_pause_s = first_pause_s
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all of them."""
        self._tasks = [asyncio.create_task(self._keep(one)) for one in self._watches]

    async def close(self) -> None:
        """Cancel them, and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, watch: Watch) -> None:
        pause_s = self._first_pause_s
        while True:
            try:
                await watch.run()
            except Exception as error:  # noqa: BLE001  one that breaks in any way must not stop the others
                _log.error(
                    "watch_failed", watch=type(watch).__name__, fault=fault_of(error), again_in_s=pause_s
                )
            else:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)
