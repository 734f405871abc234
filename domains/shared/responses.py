"""HTTP out: the envelope of the API, its headers, and what the proxy is told beside it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from domains.shared import node_json
from domains.shared.errors import ApiError
from domains.shared.statements import Tally

COMMITTED = "X-Committed"
WRITE_SET = "X-Write-Set"

_WAIT_TOLD_S = 0.005  # a free connection takes microseconds
_HEADERS_KEPT = 2  # Content-Type, and Content-Length where it was asked for


def success(*, status: int = 200, **parts: Any) -> web.Response:
    """`{"success": true, …}` with the parts in their order."""
    return _answer(status, {"success": True, **parts})


def failure(error: ApiError) -> web.Response:
    """The error envelope."""
    row = {"code": error.code, "message": error.message, **error.extra}
    return _answer(error.status, {"success": False, "error": row, **error.beside})


class Streamed(web.StreamResponse):
    """An answer that is sent piece by piece, as fast as the client reads."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], headers: Mapping[str, str]) -> None:
        super().__init__(headers=dict(headers))
        self._pieces = pieces

    async def send(self, request: web.BaseRequest) -> None:
        """Send head and pieces; where one cannot be made the connection is broken, so that nobody takes it for whole."""
        await self.prepare(request)
        async with aclosing(self._pieces) as pieces:
            if request.method != "HEAD":
                async for piece in pieces:
                    await self.write(piece)
        await self.write_eof()


def csv_file(name: str, pieces: AsyncGenerator[bytes, None]) -> Streamed:
    """A CSV file that is sent while it is made: it is never in memory as a whole."""
    headers = {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    return Streamed(pieces, headers)


def plain(body: Any, *, status: int = 200) -> web.Response:
    """JSON outside the envelope."""
    return _answer(status, body)


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole answer as it can be given again."""

    status: int
    content_type: str
    body: bytes

    def answer(self) -> web.Response:
        """The answer, anew."""
        return web.Response(status=self.status, body=self.body, headers={"Content-Type": self.content_type})


def kept(answer: web.StreamResponse) -> Kept | None:
    """The answer to be kept; None where it is a stream, has headers of its own, or is a fault of ours."""
    body = answer.body if isinstance(answer, web.Response) else None
    if answer.status >= 500 or not isinstance(body, bytes) or len(answer.headers) > _HEADERS_KEPT:
        return None
    return Kept(answer.status, answer.headers["Content-Type"], body)


def finish(
    answer: web.StreamResponse,
    tally: Tally,
    *,
    limits: Mapping[str, str] | None,
    cache: str = "",
    write_set: str | None = None,
    is_write: bool = False,
) -> None:
    """The headers of every answer; `limits` are those of the rate limit; None where the request did not come so far.

    A write that failed says so where it is certain that nothing of it was committed: legacy may have it then.
    """
    timing = f"db;dur={tally.seconds * 1000:.2f}"
    if tally.waited_s >= _WAIT_TOLD_S:
        timing += f", pool;dur={tally.waited_s * 1000:.2f}"
    headers = {
        "Vary": "Origin, Accept-Encoding",
        **(limits or {}),
        "X-Query-Count": str(tally.statements + tally.announced),
        "Server-Timing": f"{timing}, cache;desc={cache}" if cache else timing,
    }
    if write_set is not None:
        headers[WRITE_SET] = write_set
    if is_write and answer.status >= 500 and not tally.may_have_committed:
        headers[COMMITTED] = "0"
    answer.headers.update(headers)


def _answer(status: int, body: Any) -> web.Response:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return web.Response(status=status, body=node_json.dumps(body), headers=headers)
