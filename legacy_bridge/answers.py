"""Answers as the recorded API writes them: the envelope, the JSON, the headers."""

import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from legacy_bridge import node
from legacy_bridge.database import Statements
from legacy_bridge.errors import Refusal

_VARY = "Origin, Accept-Encoding"
_RATE_LIMIT = {"RateLimit-Policy": "500;w=900", "RateLimit-Limit": "500"}
_BASE36 = string.digits + string.ascii_lowercase


def respond(
    status: int,
    body: Mapping[str, Any],
    sent: Statements,
    *,
    rate_limited: bool = True,
    extra: Sequence[tuple[str, str]] = (),
) -> web.Response:
    """One answer; `rate_limited` says whether the request came as far as the rate limiter.

    `extra` are headers of this answer only.
    """
    headers = CIMultiDict(
        {
            "Vary": _VARY,
            "X-Query-Count": str(sent.count),
            "Server-Timing": f"db;dur={sent.duration_s * 1000:.2f}",
        }
    )
    if rate_limited:
        headers.extend(_RATE_LIMIT)
    headers.extend(extra)
    text = node.write_json(body)
    return web.Response(
        status=status, text=text, content_type="application/json", charset="utf-8", headers=headers
    )


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
