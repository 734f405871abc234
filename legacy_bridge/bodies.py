"""Request bodies: read before anything else, parsed as JSON, their top-level strings HTML-escaped (Q-22)."""

from typing import Any, NamedTuple

from aiohttp import web

from legacy_bridge import node
from legacy_bridge.answers import unexpected

MAX_BODY_BYTES = 10 * 1024 * 1024
_JSON_TYPES = frozenset({"application/json", "text/plain"})
# What validator.js `escape` replaces.
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        '"': "&quot;",
        "'": "&#x27;",
        "<": "&lt;",
        ">": "&gt;",
        "/": "&#x2F;",
        "\\": "&#x5C;",
        "`": "&#96;",
    }
)


class Body(NamedTuple):
    """A request body: its bytes and its sanitised fields; an array has its indices as keys."""

    raw: bytes
    fields: dict[str, Any]
    is_array: bool = False


def escape(value: str) -> str:
    """A string as the legacy backend stores it; escaping again escapes again."""
    return value.translate(_ESCAPES)


async def read_body(request: web.Request) -> Body:
    """The body of a request; raises Refusal when it is not a JSON object or array, or too large."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise unexpected(413) from error
    except web.RequestPayloadError as error:  # it says that it is compressed, and is not
        request.content.feed_eof()  # so that aiohttp does not wait for the rest of it
        raise unexpected(400) from error
    if not raw or request.content_type not in _JSON_TYPES:
        return Body(raw, {})
    charset = (request.charset or "utf-8").lower()
    if not charset.startswith("utf-"):
        raise unexpected(415)
    try:
        parsed = node.parse_json(raw.decode(charset, "replace").removeprefix("\ufeff"))
    except LookupError as error:
        raise unexpected(415) from error
    except (ValueError, RecursionError) as error:
        raise unexpected(400) from error
    match parsed:
        case dict():
            return Body(raw, {key: _sanitised(value) for key, value in parsed.items()})
        case list():
            return Body(
                raw, {str(index): _sanitised(value) for index, value in enumerate(parsed)}, is_array=True
            )
        case _:
            raise unexpected(400)


def _sanitised(value: Any) -> Any:
    return escape(value) if isinstance(value, str) else value
