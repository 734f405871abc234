"""What an endpoint of the API is, and what a request of it brings along."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import BaseModel

from proxy.console import bodies
from proxy.console.callers import Caller
from proxy.console.tokens import Role


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who asks, what stands in the path, and the checked query and body."""

    caller: Caller
    path: Mapping[str, str]
    query: Any
    body: Any


Handler = Callable[[Asked], Awaitable[msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: the method that answers it, the least role, and what goes in and out."""

    method: str
    path: str
    name: str
    role: Role
    summary: str
    answer: type[msgspec.Struct]
    query: type[BaseModel] = bodies.Nothing
    body: type[BaseModel] | None = None

    @property
    def changes(self) -> bool:
        """Whether it may change anything."""
        return self.method not in {"GET", "HEAD"}
