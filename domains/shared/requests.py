"""HTTP in: what a request carries once it was read and its caller is known."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from domains.shared import node_json
from domains.shared.authentication import Presented
from domains.shared.events import Event
from domains.shared.house import House, OutgoingEmail
from domains.shared.permissions import Principal
from domains.shared.rate_limits import client_of
from domains.shared.shadow import Copy, copy_of
from domains.shared.validation import sanitized

MAX_BODY_BYTES = 10 * 1024 * 1024
_USUAL_TYPE = "application/json"  # which need not be taken apart
_JSON_TYPES = frozenset({"application/json", "text/plain"})


class UnreadableError(Exception):
    """A body that is not JSON (400), too large (413) or in a charset that JSON cannot be in (415)."""

    def __init__(self, status: int) -> None:
        super().__init__(f"unreadable body: {status}")
        self.status = status


_NONE: Mapping[str, str] = MappingProxyType({})


class Origin(NamedTuple):
    """Where a request came from, and what it was at the edge."""

    ip_address: str = ""
    user_agent: str | None = None
    method: str = "GET"
    target: str = ""
    cookies: Mapping[str, str] = _NONE


class Call(msgspec.Struct, frozen=True):
    """One authenticated request; `params` are the `{…}` of its path, `body` has its strings escaped."""

    principal: Principal
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    is_array: bool = False
    """Whether the body is an array, whose indices are its keys then."""
    events: list[Event] = msgspec.field(default_factory=list)
    origin: Origin = Origin()
    house: House = msgspec.field(default_factory=House)
    emails: list[OutgoingEmail] = msgspec.field(default_factory=list)

    @property
    def key(self) -> str:
        """The `{id}` of its path."""
        return self.params.get("id", "")

    def emit(self, *events: Event) -> None:
        """Tell the sockets, once the controller has succeeded."""
        self.events.extend(events)

    def post(self, *emails: OutgoingEmail) -> None:
        """Send e-mail, once the controller has succeeded."""
        self.emails.extend(emails)


def origin_of(request: web.Request, trusted_hops: int) -> Origin:
    """Where it came from, as text that a database takes."""
    headers = request.headers
    agent = headers.get("User-Agent")
    claimed = headers.getall("X-Forwarded-For", []) if trusted_hops else []
    return Origin(
        client_of(request.remote, claimed, trusted_hops),
        agent if agent is None or agent.isascii() else agent.encode("utf-8", "replace").decode(),
        request.method,
        request.raw_path,
        request.cookies if "Cookie" in headers else _NONE,
    )


class Body(NamedTuple):
    """The bytes of a body and its fields, an array's by their index."""

    raw: bytes
    fields: dict[str, Any]
    is_array: bool = False


async def read_body(request: web.Request) -> Body:
    """The body of a request; raises UnreadableError."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise UnreadableError(413) from None
    except web.RequestPayloadError:  # it says that it is compressed, and is not
        request.content.feed_eof()  # so that aiohttp does not wait for the rest of it
        raise UnreadableError(400) from None
    charset = _charset_of(request) if raw else None
    if charset is None:
        return Body(raw, {})
    try:
        parsed = node_json.parse(raw, charset)
    except LookupError:
        raise UnreadableError(415) from None
    except (ValueError, RecursionError):
        raise UnreadableError(400) from None
    is_array = isinstance(parsed, list)
    if is_array:
        parsed = {str(index): value for index, value in enumerate(parsed)}
    if not isinstance(parsed, dict):
        raise UnreadableError(400)
    return Body(raw, sanitized(parsed), is_array)


def _charset_of(request: web.Request) -> str | None:
    """In which charset its JSON is; None where it says that it is none. Raises UnreadableError."""
    if request.headers.get("Content-Type") == _USUAL_TYPE:
        return "utf-8"
    if request.content_type not in _JSON_TYPES:
        return None
    charset = (request.charset or "utf-8").lower()
    if not charset.startswith("utf-"):
        raise UnreadableError(415)
    return charset


def copy_in(request: web.Request, raw: bytes, shadow_secret: str) -> Copy | None:
    """The copy that the request proves to be."""
    headers = request.headers
    mark = headers.get("X-Crossfade-Shadow")
    if mark is None:
        return None
    return copy_of(
        mark,
        headers.get("X-Crossfade-Signature"),
        method=request.method,
        target=request.raw_path,
        body=raw,
        secret=shadow_secret,
        now_s=time.time(),
    )


def presented(request: web.Request, origin: Origin, copy: Copy | None, *, by_key: bool) -> Presented:
    """What the request presents of its caller; an API key only where one lets in."""
    headers = request.headers
    return Presented(
        authorization=headers.get("Authorization"),
        api_key=(headers.get("X-API-Key") or headers.get("API-Key")) if by_key else None,
        method=origin.method,
        target=origin.target,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
        copy=copy,
    )
