"""The store is asked in threads, so that one that hangs stops neither the loop nor whoever asks for something else."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from proxy.console.errors import UnavailableError

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 8
WAITING = 64


class StoreThreads:
    """A few threads, and a bounded line before them; who waits for longer than `within_s` is told so.

    A thread whose asker has gone finishes what it does: a change is never broken off in the middle.
    """

    def __init__(self, within_s: float, *, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._within_s = within_s
        self._most = threads + waiting
        self._busy = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="console-store")

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function returns or raises. Raises UnavailableError when it takes too long, or too many wait."""
        if self._busy >= self._most:
            raise UnavailableError(
                "too many requests wait for the store; ask again in a moment", headers={"Retry-After": "1"}
            )
        self._busy += 1
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))
        work.add_done_callback(self._ended)
        try:
            return await asyncio.wait_for(asyncio.shield(work), self._within_s)
        except TimeoutError:
            raise UnavailableError(
                f"the store did not answer within {self._within_s:g} s; what was asked for may still be done,"
                " so look before you ask again",
                headers={"Retry-After": "5"},
            ) from None

    def close(self) -> None:
        """No more work; what is being done is finished by its thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ended(self, work: "asyncio.Future[R]") -> None:
        self._busy -= 1
        if not work.cancelled():
            work.exception()  # looked at, so that nobody complains of one whose asker has gone
