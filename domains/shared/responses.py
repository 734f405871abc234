"""HTTP out: the envelope of the API, its headers, and what the proxy is told beside it."""

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from domains.shared import node_json
from domains.shared.errors import ApiError
from domains.shared.statements import Tally

_VARY = {"Vary": "Origin, Accept-Encoding"}
_RATE_LIMIT = {"RateLimit-Policy": "500;w=900", "RateLimit-Limit": "500"}


def success(*, status: int = 200, **parts: Any) -> web.Response:
    """`{"success": true, …}` with the parts in their order."""
    return _answer(status, {"success": True, **parts})


def failure(error: ApiError) -> web.Response:
    """The error envelope."""
    row = {"code": error.code, "message": error.message, **error.extra}
    return _answer(error.status, {"success": False, "error": row, **error.beside})


def csv_file(name: str, pieces: AsyncIterator[bytes]) -> web.Response:
    """A CSV file that is sent while it is made: it is never in memory as a whole."""
    headers = {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=pieces, headers=headers)


def plain(body: Any, *, status: int = 200) -> web.Response:
    """JSON outside the envelope."""
    return _answer(status, body)


def finish(answer: web.StreamResponse, tally: Tally, *, limited: bool) -> None:
    """The headers of every answer; `limited` says whether the request came as far as the rate limit."""
    answer.headers.update(_VARY)
    if limited:
        answer.headers.update(_RATE_LIMIT)
    answer.headers["X-Query-Count"] = str(tally.statements)
    answer.headers["Server-Timing"] = f"db;dur={tally.seconds * 1000:.2f}"


def _answer(status: int, body: Any) -> web.Response:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return web.Response(status=status, body=node_json.dumps(body), headers=headers)
