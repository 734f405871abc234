"""Work whose answer is given before it is over: a rollback goes on to the verdict of that moment, for which nobody waits."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import structlog

from proxy.console.threads import StoreThreads

T = TypeVar("T")
_log = structlog.get_logger()


class EarlyAnswers:
    """Runs in the threads of the store; used on the loop."""

    def __init__(self, threads: StoreThreads) -> None:
        self._threads = threads
        self._finishing: set[asyncio.Task[None]] = set()

    async def answer(self, act: Callable[[Callable[[T], None]], None]) -> T:
        """What `act` tells first, while it goes on; raises what kept it from that."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[T] = loop.create_future()

        def done(value: T) -> None:
            loop.call_soon_threadsafe(_resolve, told, value)

        work = asyncio.create_task(self._threads.run(act, done))
        self._finishing.add(work)
        work.add_done_callback(lambda ended: self._finished(ended, is_told=told.done()))
        await asyncio.wait((work, told), return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            await work
        return await told

    def _finished(self, work: "asyncio.Task[None]", *, is_told: bool) -> None:
        self._finishing.discard(work)
        # what failed before anything was told, is told to who asked
        if not work.cancelled() and work.exception() is not None and is_told:
            _log.warning("rollback_without_verdict", fault=type(work.exception()).__name__)


def _resolve(told: "asyncio.Future[T]", value: T) -> None:
    if not told.done():
        told.set_result(value)
