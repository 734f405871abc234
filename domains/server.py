"""The modern backend as an aiohttp application: body, caller, controller, answer, in the recorded order."""

import secrets
import string
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import structlog
from aiohttp import web

from domains.routes import ROUTES
from domains.shared.authentication import Authenticator
from domains.shared.background import Background
from domains.shared.clock import utc_now
from domains.shared.controllers import CrudController
from domains.shared.database import Database
from domains.shared.errors import ApiError, EndpointNotFoundError, UnprocessedError
from domains.shared.events import EventSink, NobodyListens
from domains.shared.faults import Faults, Handler
from domains.shared.node_json import iso_moment
from domains.shared.requests import MAX_BODY_BYTES, Call, UnreadableError, presented, read_body
from domains.shared.responses import failure, finish, plain
from domains.shared.routes import Build, Route
from domains.shared.statements import Tally, tallied

Act = Callable[[Call], Awaitable[web.Response]]

_BASE36 = string.digits + string.ascii_lowercase
_log = structlog.get_logger()


def create_app(
    *,
    database_url: str,
    jwt_secret: str,
    shadow_secret: str = "",
    pool_size: int = 10,
    faults: bool = False,
    event_sink: EventSink | None = None,
) -> web.Application:
    """The application; it connects to the database with the first request that needs it."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    database = Database(database_url, pool_size=pool_size)
    background = Background()
    authenticator = Authenticator(database, background, jwt_secret=jwt_secret, clock=utc_now)
    front = _Front(authenticator, shadow_secret, event_sink or NobodyListens())
    controllers: dict[Build, CrudController] = {
        route.build: route.build(database, utc_now) for route in ROUTES
    }
    planted = Faults() if faults else None

    async def close(_: web.Application) -> AsyncIterator[None]:
        yield
        await background.drain()
        await database.close()

    app.cleanup_ctx.append(close)
    app.router.add_get("/health", _health)
    if planted is not None:
        planted.add_routes(app)
    for route in ROUTES:
        handler = front.serve(route, controllers[route.build])
        if planted is not None:
            handler = planted.around(handler, method=route.method, path=route.path)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, f"{route.path}{{slash:/?}}", handler)
    for domain in sorted({route.domain for route in ROUTES}):
        app.router.add_route("*", f"/v1/{domain}{{rest:(/.*)?}}", front.unknown)
    app.router.add_route("*", "/{rest:.*}", _outside)
    return app


class _Front:
    """What happens to every request of a domain before and after its controller."""

    def __init__(self, authenticator: Authenticator, shadow_secret: str, event_sink: EventSink) -> None:
        self._authenticator = authenticator
        self._shadow_secret = shadow_secret
        self._event_sink = event_sink

    def serve(self, route: Route, controller: CrudController) -> Handler:
        """The aiohttp handler of one endpoint."""
        return partial(self._answer, partial(route.handler, controller))

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """A path of a domain that has no endpoint: only those who are let in are told."""
        return await self._answer(_no_endpoint, request)

    async def _answer(self, act: Act, request: web.Request) -> web.StreamResponse:
        with tallied() as tally:
            limited = True
            try:
                body = await read_body(request)
                principal = await self._authenticator.authenticate(
                    presented(request, body.raw, self._shadow_secret)
                )
                call = Call(principal, request.match_info, request.query, body.fields, body.is_array)
                answer = await act(call)
                if call.events:
                    await self._event_sink.publish(call.events)
            except UnreadableError as error:
                answer, limited = failure(_unprocessed(error.status)), False
            except ApiError as error:
                answer = failure(error)
            except Exception:  # noqa: BLE001 - the edge: whatever it is, the client gets an answer without it
                unforeseen = _unprocessed(500)
                _log.exception("request_failed", method=request.method, path=request.path, **unforeseen.extra)
                answer = failure(unforeseen)
        finish(answer, tally, limited=limited)
        return answer


def _unprocessed(status: int) -> UnprocessedError:
    now = utc_now()
    word = "".join(secrets.choice(_BASE36) for _ in range(9))
    return UnprocessedError(status, error_id=f"ERR_{int(now.timestamp() * 1000)}_{word}", at=iso_moment(now))


async def _no_endpoint(_: Call) -> web.Response:
    raise EndpointNotFoundError(iso_moment(utc_now()))


async def _health(_: web.Request) -> web.Response:
    answer = plain({"backend": "modern"})
    finish(answer, Tally(), limited=True)
    return answer


async def _outside(_: web.Request) -> web.Response:
    answer = failure(EndpointNotFoundError(iso_moment(utc_now())))
    finish(answer, Tally(), limited=True)
    return answer
