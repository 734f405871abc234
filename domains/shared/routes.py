"""An endpoint and who answers it, as data: server, proxy, parity and load tests read the same list."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from domains.shared.clock import Clock
from domains.shared.controllers import CrudController
from domains.shared.database import Database
from domains.shared.requests import Call

Build = Callable[[Database, Clock], CrudController]
"""Makes a room's controller on a database."""


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is a template with `{id}`; `handler` is the controller's method, not yet bound to one."""

    domain: str
    method: str
    path: str
    handler: Callable[[Any, Call], Awaitable[web.Response]]
    build: Build
