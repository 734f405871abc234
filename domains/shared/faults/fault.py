"""A fault: what modern then does, and the group of differences in which Crossfade has to show it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web

from domains.shared.database import Database

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Shown(StrEnum):
    """What it takes to see a fault."""

    BY_READ = "read"
    """A read answers otherwise than legacy."""
    AFTER_WRITE = "read after a write"
    """A read answers otherwise than legacy, after a write that went to legacy."""
    BY_WRITE = "write"
    """Modern's own write answers otherwise, or leaves other rows, than the same write of legacy."""
    NOT_AT_ALL = "error"
    """There is no answer to be compared."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request at an endpoint with a fault that is on; `handler` is what would answer it without."""

    request: web.Request
    handler: Handler
    database: Database
    jwt_secret: str
    memory: dict[Any, Any] = field(default_factory=dict)
    """What the fault remembers for as long as it is on."""

    async def answer(self) -> web.StreamResponse:
        """What is answered without the fault."""
        return await self.handler(self.request)


Act = Callable[[Asked], Awaitable[web.StreamResponse]]
"""Answers a request as the fault has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`endpoint` and `path` are globs, as in the rules of parity, and `kind` is one of its kinds of difference.

    `also` are the paths at which the same fault shows besides, such as the total of a list that has an item too many.
    """

    name: str
    does: str
    endpoint: str
    path: str
    kind: str
    act: Act
    also: tuple[str, ...] = ()
    shown: Shown = Shown.BY_READ
    acts_at: str = ""
    """The endpoints whose requests it spoils, where those are not the ones at which it shows."""

    def spoils(self, endpoint: str) -> bool:
        """Whether requests of the endpoint of that name are its."""
        return fnmatchcase(endpoint, self.acts_at or self.endpoint)
