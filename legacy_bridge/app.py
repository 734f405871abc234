"""The legacy backend as an aiohttp application: body, authentication, handler, answer, in the recorded order."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web

from legacy_bridge import escrows
from legacy_bridge.answers import not_found, refused, respond, unexpected
from legacy_bridge.auth import authenticate
from legacy_bridge.bodies import MAX_BODY_BYTES, read_body
from legacy_bridge.database import Database, Statements, statements
from legacy_bridge.endpoints import ENDPOINTS
from legacy_bridge.errors import Refusal
from legacy_bridge.escrows import Answer, Call
from legacy_bridge.shadow import is_copy

Handler = Callable[[Call], Awaitable[Answer]]

_DATABASE = web.AppKey("database", Database)
_HANDLERS: dict[tuple[str, str], Handler] = dict(
    zip(
        ENDPOINTS,
        (
            escrows.list_escrows,
            escrows.create_escrow,
            escrows.get_escrow,
            escrows.update_escrow,
            escrows.delete_escrow,
            escrows.archive_escrow,
            escrows.restore_escrow,
        ),
        strict=True,
    )
)

_log = structlog.get_logger()


def create_app(
    *, database_url: str, jwt_secret: str, shadow_secret: str = "", pool_size: int = 10
) -> web.Application:
    """The application; starting it raises DatabaseError when the database refuses."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app[_DATABASE] = Database(database_url, pool_size)
    app.cleanup_ctx.append(_connect)
    front = _Front(app[_DATABASE], jwt_secret, shadow_secret)
    app.router.add_get("/health", _health)
    for (method, path), handler in _HANDLERS.items():
        # a trailing slash is the same route, as in Express
        app.router.add_route(method, f"{path}{{slash:/?}}", front.serve(handler))
        if method == "GET":
            app.router.add_route("HEAD", f"{path}{{slash:/?}}", front.serve(handler))
    app.router.add_route("*", "/v1/escrows{rest:(/.*)?}", front.serve(None))
    app.router.add_route("*", "/{rest:.*}", _unknown_route)
    return app


class _Front:
    """What happens to every request of a domain before and after its handler."""

    def __init__(self, database: Database, jwt_secret: str, shadow_secret: str) -> None:
        self._database = database
        self._jwt_secret = jwt_secret
        self._shadow_secret = shadow_secret

    def serve(self, handler: Handler | None) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The aiohttp handler around one of ours; None is a route that the domain does not have."""

        async def answer(request: web.Request) -> web.Response:
            sent = Statements()
            statements.set(sent)
            try:
                raw, body = await read_body(request)
            except Refusal as refusal:
                return respond(refusal.status, refused(refusal), sent, rate_limited=False)
            try:
                status, content = await self._answer(request, raw, body, handler)
            except Refusal as refusal:
                status, content = refusal.status, refused(refusal)
            except Exception:  # noqa: BLE001 - the recorded backend, too, has one handler for what nobody foresaw
                _log.exception("request_failed", method=request.method, path=request.path)
                status, content = 500, refused(unexpected(500))
            return respond(status, content, sent)

        return answer

    async def _answer(
        self, request: web.Request, raw: bytes, body: dict[str, Any], handler: Handler | None
    ) -> tuple[int, dict[str, Any]]:
        target = request.raw_path
        copy = is_copy(
            request.headers, request.method, target, raw, secret=self._shadow_secret, now_s=time.time()
        )
        user = await authenticate(request, self._database, self._jwt_secret, is_copy=copy)
        if handler is None:
            return 404, not_found()
        escrow_id = request.match_info.get("id", "")
        answer = await handler(Call(self._database, user, escrow_id, request.query, body))
        return answer.status, answer.body


async def _connect(app: web.Application) -> AsyncIterator[None]:
    await app[_DATABASE].open()
    yield
    await app[_DATABASE].close()


async def _health(_: web.Request) -> web.Response:
    return respond(200, {"backend": "legacy"}, Statements())


async def _unknown_route(_: web.Request) -> web.Response:
    return respond(404, not_found(), Statements())
