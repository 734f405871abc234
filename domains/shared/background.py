"""Work that an answer does not wait for: held, bounded, and finished before the process ends."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

import structlog

_log = structlog.get_logger()


class Background:
    """A bounded set of tasks; when it is full, the next one waits its turn with its request."""

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Start the work in a context of its own; a failure is logged and hurts nobody."""
        while len(self._tasks) >= self._limit:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(_logged(name, work), name=name, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for what was started."""
        while self._tasks:
            await asyncio.wait(self._tasks)


async def _logged(name: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001 - nobody waits for it, so nobody could handle it
        _log.exception("background_work_failed", work=name)
