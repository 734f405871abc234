"""Something asynchronous beside a test that is not: on a loop of its own, in a thread, as production has it (uvloop)."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

import uvloop

_T = TypeVar("_T")
_PATIENCE_S = 30.0


@contextmanager
def in_thread(make: Callable[[], AbstractAsyncContextManager[_T]]) -> Iterator[_T]:
    """What the context gives, while its loop runs; it is left, and waited for, at the end."""
    entered: concurrent.futures.Future[tuple[_T, Callable[[], None]]] = concurrent.futures.Future()

    async def hold() -> None:
        leaving = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with make() as value:
            entered.set_result((value, lambda: _call(loop, leaving)))
            await leaving.wait()

    failure: list[BaseException] = []

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(hold())
        except BaseException as error:  # noqa: BLE001  raised where it is waited for
            failure.append(error)
            if not entered.done():
                entered.set_exception(error)

    thread = threading.Thread(target=run, name="beside-the-test", daemon=True)
    thread.start()
    value, leave = entered.result(_PATIENCE_S)
    try:
        yield value
    finally:
        leave()
        thread.join(_PATIENCE_S)
    assert not thread.is_alive(), "what ran beside the test did not end"
    assert failure == []


def _call(loop: asyncio.AbstractEventLoop, leaving: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(leaving.set)
