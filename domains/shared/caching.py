"""Answers and callers that are kept for a moment: bounded in bytes, made once however many ask.

What a value must have seen (`generations.py`) is part of its key, and so is who asks: a newer write is another key,
and nobody finds what was made for somebody else. Writes that nobody counted are seen after `ttl_s` at the latest.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

from cachetools import TTLCache

_ENTRY_BYTES = 600
"""About what an entry costs beside its value."""


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """`max_bytes` 0 is a cache that keeps nothing."""

    max_bytes: int = 64 * 2**20
    ttl_s: float = 5.0


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Any
    size: int


class Cache:
    """A bounded map whose missing values are computed by the first who asks; the others wait for that one."""

    def __init__(self, settings: CacheSettings, timer: Callable[[], float] = time.monotonic) -> None:
        self._entries: TTLCache[Hashable, _Entry] = TTLCache(
            settings.max_bytes, settings.ttl_s, timer=timer, getsizeof=lambda entry: entry.size
        )
        self._in_flight: dict[Hashable, asyncio.Future[Any]] = {}
        self._max_bytes = settings.max_bytes

    @property
    def is_on(self) -> bool:
        """Whether anything is kept."""
        return self._max_bytes > 0

    @property
    def held_bytes(self) -> int:
        """How much is kept."""
        return int(self._entries.currsize)

    def find(self, key: Hashable) -> Any:
        """The value, if it is kept; else None."""
        entry = self._entries.get(key)
        return None if entry is None else entry.value

    def keep(self, key: Hashable, value: Any, size: int) -> None:
        """Keep a value of that size in bytes, as long as others."""
        if size + _ENTRY_BYTES <= self._max_bytes:
            self._entries[key] = _Entry(value, size + _ENTRY_BYTES)

    async def get(
        self, key: Hashable, compute: Callable[[], Awaitable[Any]], size_of: Callable[[Any], int | None]
    ) -> tuple[Any, bool]:
        """The value, and whether it was found or is being computed for somebody else.

        `size_of` is its size in bytes; None is a value that must not be kept. An error is told to all who wait.
        """
        while True:
            entry = self._entries.get(key)
            if entry is not None:
                return entry.value, True
            pending = self._in_flight.get(key)
            if pending is None:
                return await self._compute(key, compute, size_of), False
            await asyncio.wait((pending,))
            if not pending.cancelled():
                value, is_kept = pending.result()
                if is_kept:
                    return value, True
                return await compute(), False

    async def _compute(
        self, key: Hashable, compute: Callable[[], Awaitable[Any]], size_of: Callable[[Any], int | None]
    ) -> Any:
        pending: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = pending
        try:
            value = await compute()
            size = size_of(value)
            pending.set_result((value, size is not None))
        except asyncio.CancelledError:
            pending.cancel()  # whoever waits computes it instead
            raise
        except Exception as error:
            pending.set_exception(error)
            pending.exception()  # perhaps nobody waits
            raise
        finally:
            del self._in_flight[key]
        if size is not None:
            self.keep(key, value, size)
        return value
