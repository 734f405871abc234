"""Answers as the recorded API writes them: the envelope, the JSON, the headers."""

import secrets
import string
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from legacy_bridge import node
from legacy_bridge.database import Statements
from legacy_bridge.errors import Refusal

_VARY = "Origin, Accept-Encoding"
_TOO_MANY = "Too many requests, please try again later."
_BASE36 = string.digits + string.ascii_lowercase


def respond(
    status: int, body: Mapping[str, Any], sent: Statements, *, extra: Iterable[tuple[str, str]] = ()
) -> web.Response:
    """One answer; `extra` are headers of this answer only."""
    text = node.write_json(body)
    return web.Response(
        status=status,
        text=text,
        content_type="application/json",
        charset="utf-8",
        headers=_headers(sent, extra),
    )


def too_many(sent: Statements, limits: Iterable[tuple[str, str]]) -> web.Response:
    """What the rate limiter answers: a plain sentence, said to be HTML (Q-17)."""
    return web.Response(
        status=429, text=_TOO_MANY, content_type="text/html", charset="utf-8", headers=_headers(sent, limits)
    )


def _headers(sent: Statements, extra: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    headers = CIMultiDict(
        {
            "Vary": _VARY,
            "X-Query-Count": str(sent.count),
            "Server-Timing": f"db;dur={sent.duration_s * 1000:.2f}",
        }
    )
    headers.extend(extra)
    return headers


def refused(refusal: Refusal) -> dict[str, Any]:
    """The error envelope."""
    return {"success": False, "error": refusal.error}


def not_found() -> dict[str, Any]:
    """The envelope of an unknown route; unlike the others it has a timestamp."""
    suggestion = "Check the API documentation for valid endpoints"
    refusal = Refusal(404, "NOT_FOUND", "Endpoint not found", suggestion=suggestion)
    return refused(refusal) | {"timestamp": datetime.now(UTC)}


def unexpected(status: int) -> Refusal:
    """What the generic error handler answers; the id would lead an operator to the log."""
    now = datetime.now(UTC)
    word = "".join(secrets.choice(_BASE36) for _ in range(9))
    error_id = f"ERR_{int(now.timestamp() * 1000)}_{word}"
    message = "An error occurred processing your request"
    return Refusal(status, "INTERNAL_ERROR", message, errorId=error_id, timestamp=now)
