"""What a handler is given and what it gives back; every domain module is a table of them."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from legacy_bridge.auth import User
from legacy_bridge.database import Database
from legacy_bridge.events import Event
from legacy_bridge.ports import Ports

COOKIE_DOMAIN = ".crm.example.test"
"""The domain of the recorded cookies."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the handlers of sign-in need besides the database."""

    jwt_secret: str = field(default_factory=secrets.token_hex, repr=False)
    cookie_domain: str = COOKIE_DOMAIN
    ports: Ports = field(default_factory=Ports)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in; `body` are its sanitised fields, and the handler may change them.

    `params` are the `{…}` of the path. An array as body has its indices as keys of `body`, and `is_array` is set.
    `user` is ANONYMOUS where the endpoint asks nobody who they are; `remote` is who the client says it is (Q-17).
    `ask_again` finds out once more who is asking, as the health checks do.
    """

    database: Database
    user: User
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any]
    is_array: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    remote: str | None = None
    method: str = "GET"
    target: str = ""
    services: Services = field(default_factory=Services)
    ask_again: Callable[[], Awaitable[User]] | None = field(default=None, repr=False)
    events: list[Event] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The `{id}` of the path."""
        return self.params["id"]

    @property
    def user_agent(self) -> str | None:
        """What the client says that it is."""
        return self.headers.get("User-Agent")

    def emit(self, event: Event) -> None:
        """Tell the sockets, once the handler has succeeded."""
        self.events.append(event)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers; refusals are raised."""

    status: int
    body: dict[str, Any]
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Call], Awaitable[Answer]]
Handlers = Mapping[tuple[str, str], Handler]
"""(method, path template) → handler, in the order in which the router tries them."""
