"""The status as it is now, read once a second for all who watch, and not at all while nobody does."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from proxy.console import answers
from proxy.console.errors import UnavailableError
from proxy.console.threads import StoreThreads
from proxy.console.views import Views

EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Moment:
    """What an event says; `id` is another one as soon as anything but the time is."""

    id: str
    data: bytes
    event: str = "status"


AWAY = Moment("away", b"{}", "away")
"""The status cannot be read: what was told last may not be so any more."""


class Live:
    """Reads the status while anybody watches, and tells all of them. Bounded in those who may watch."""

    def __init__(
        self,
        views: Views,
        threads: StoreThreads,
        *,
        most: int,
        every_s: float = EVERY_S,
    ) -> None:
        self._views = views
        self._threads = threads
        self._most = most
        self._every_s = every_s
        self._watching = 0
        self._reading: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._moment: Moment | None = None
        self._closed = False

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Be one of those who watch; raises UnavailableError when they are too many."""
        if self._watching >= self._most:
            raise UnavailableError(
                f"{self._most} streams of events are open, and no more may be; close one",
                headers={"Retry-After": "10"},
            )
        self._watching += 1
        try:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read_on())
            yield
        finally:
            self._watching -= 1

    async def next(self, after: str | None, within_s: float) -> Moment | None:
        """A moment with another id than `after`, as soon as there is one; None when there is none in time.

        Raises ConnectionResetError when the console ends.
        """
        try:
            async with asyncio.timeout(within_s), self._changed:
                while not self._closed and (self._moment is None or self._moment.id == after):
                    await self._changed.wait()
        except TimeoutError:
            return None
        if self._closed:
            raise ConnectionResetError("the console ends")
        return self._moment

    async def close(self) -> None:
        """Read no more, and send away those who watch."""
        self._closed = True
        async with self._changed:
            self._changed.notify_all()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read_on(self) -> None:
        while self._watching:
            try:
                moment = _moment(await self._threads.run(self._views.status))
            except Exception:  # noqa: BLE001  whatever it is: who asks for the status itself is told
                moment = AWAY
            async with self._changed:
                self._moment = moment
                self._changed.notify_all()
            await asyncio.sleep(self._every_s)


def _moment(status: answers.Status) -> Moment:
    timeless = msgspec.json.encode(msgspec.structs.replace(status, at=""))
    return Moment(f"{status.version}-{zlib.crc32(timeless):08x}", msgspec.json.encode(status))
