"""An endpoint and who answers it, as data: server, proxy, parity and load tests read the same list."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from domains.shared.answers import Answer, Answers
from domains.shared.clock import Clock
from domains.shared.database import Database
from domains.shared.generations import Callers
from domains.shared.permissions import Audience
from domains.shared.requests import Call
from domains.shared.shapes import ANYTHING

Models = type[BaseModel] | tuple[type[BaseModel], ...]
Build = Callable[[Database, Clock], object]
"""Makes a room's controller on a database."""


UNTOLD = Answer(ANYTHING)
"""An answer that nobody has described."""


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is a template with `{id}`; `handler` is the controller's method, not yet bound to one."""

    domain: str
    method: str
    path: str
    handler: Callable[[Any, Call], Awaitable[web.StreamResponse]]
    build: Build
    audience: Audience | None = None
    """Whom it is for; where nothing is said it is for nobody."""
    by_key: bool = True
    """Whether an API key lets in, too; else a token alone."""
    cached: bool = True
    """Whether a read may be answered as it was a moment ago, as long as nothing was written meanwhile."""
    mirrorable: bool = True
    """Whether copies of its requests may go to the shadow backend; not where somebody signs in, on or off."""
    read_back: str = ""
    """Of a write, the path of the read that shows what it wrote, where it is not the one that parity finds by default."""
    required: bool = True
    """Whether a verdict asks for its success; not where legacy never gives one."""
    reads: tuple[str, ...] | None = None
    """The other domains that its answer shows, those with `!` only as references to what may be removed; None is any."""
    callers: Callers = Callers.ANY
    """Of which callers it may change what is looked up when they call, where it is a write of users."""
    shown_in: tuple[str, ...] | None = None
    """The other domains of which it may change what they show, where it is a write; None is any."""
    query: Models = ()
    body: Models = ()
    """The validators of what it takes; of several each must be content. None where it is not looked at."""
    answers: Answers = field(default_factory=dict, compare=False)
    """What the controller's methods answer."""
    service: type[Any] | None = field(default=None, compare=False)
    """Whose docstrings describe what the methods of the same names do."""

    @property
    def name(self) -> str:
        """The name of the controller's method."""
        handler = self.handler.func if isinstance(self.handler, partial) else self.handler
        return getattr(handler, "__name__", "")

    @property
    def answer(self) -> Answer:
        """What it answers; of a method that the room says nothing about, anything."""
        return self.answers.get(self.name, UNTOLD)

    @property
    def is_open(self) -> bool:
        """Whether everybody is let in, without saying who they are."""
        return self.audience is Audience.EVERYBODY

    @property
    def router(self) -> str:
        """`/v1/<name>`: the paths below it are this route's neighbours, whether they are endpoints or not."""
        return "/".join(self.path.split("/", 3)[:3])
