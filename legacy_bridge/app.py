"""The legacy backend as an aiohttp application: body, authentication, handler, answer, in the recorded order."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import structlog
from aiohttp import web

from legacy_bridge import shadow
from legacy_bridge.answers import not_found, refused, respond, too_many, unexpected
from legacy_bridge.auth import Auth, authenticate
from legacy_bridge.bodies import MAX_BODY_BYTES, Body, read_body
from legacy_bridge.calls import COOKIE_DOMAIN, Answer, Call, Handler, Services
from legacy_bridge.database import Database, Statements, statements
from legacy_bridge.endpoints import DOMAINS
from legacy_bridge.errors import Refusal
from legacy_bridge.events import EventSink
from legacy_bridge.ports import Ports
from legacy_bridge.rate_limits import RateLimiter, RateLimits, client_of
from legacy_bridge.sockets import SocketServer

_DATABASE = web.AppKey("database", Database)

_log = structlog.get_logger()


def create_app(
    *,
    database_url: str,
    jwt_secret: str,
    shadow_secret: str = "",
    pool_size: int = 10,
    rate_limits: RateLimits | None = None,
    ports: Ports | None = None,
    cookie_domain: str = COOKIE_DOMAIN,
    event_sink: EventSink | None = None,
) -> web.Application:
    """The application; starting it raises DatabaseError when the database refuses.

    Events go to `event_sink`, by default to the socket.io clients that are connected to the same port.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app[_DATABASE] = Database(database_url, pool_size)
    app.cleanup_ctx.append(_connect)
    sockets = SocketServer(app[_DATABASE], jwt_secret)
    sockets.attach(app)
    front = _Front(
        app[_DATABASE],
        Services(jwt_secret, cookie_domain, ports or Ports()),
        RateLimiter(rate_limits or RateLimits()),
        shadow_secret,
        event_sink or sockets,
    )
    app.router.add_get("/health", _health)
    for domain in DOMAINS:
        for (method, path), handler in domain.handlers.items():
            serve = front.serve(handler, domain.auth_of((method, path)))
            # a trailing slash is the same route, as in Express
            app.router.add_route(method, f"{path}{{slash:/?}}", serve)
            if method == "GET":
                app.router.add_route("HEAD", f"{path}{{slash:/?}}", serve)
        for prefix, auth in domain.routers.items():
            app.router.add_route("*", f"{prefix}{{rest:(/.*)?}}", front.serve(_no_route, auth))
    app.router.add_route("*", "/{rest:.*}", front.serve(_no_route, Auth.NONE))
    return app


class _Front:
    """What happens to every request of a domain before and after its handler."""

    def __init__(
        self,
        database: Database,
        services: Services,
        limiter: RateLimiter,
        shadow_secret: str,
        event_sink: EventSink,
    ) -> None:
        self._database = database
        self._services = services
        self._limiter = limiter
        self._shadow_secret = shadow_secret
        self._event_sink = event_sink

    def serve(self, handler: Handler, auth: Auth) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The aiohttp handler around one of ours."""

        async def answer(request: web.Request) -> web.Response:
            sent = Statements()
            statements.set(sent)
            try:
                body = await read_body(request)
            except Refusal as refusal:
                return respond(refusal.status, refused(refusal), sent)
            client, copy = client_of(request), self._is_copy(request, body)
            admission = self._limiter.admit(client, request.path, is_copy=copy)
            if not admission.admitted:
                return too_many(sent, admission.headers)
            try:
                given = await self._answer(request, body, handler, auth, is_copy=copy)
            except Refusal as refusal:
                given = Answer(refusal.status, refused(refusal))
            except Exception:  # noqa: BLE001 - the recorded backend, too, has one handler for what nobody foresaw
                _log.exception("request_failed", method=request.method, path=request.path)
                given = Answer(500, refused(unexpected(500)))
            if given.status < 400:
                self._limiter.succeeded(client, request.path, is_copy=copy)
            return respond(given.status, given.body, sent, extra=(*admission.headers, *given.headers))

        return answer

    def _is_copy(self, request: web.Request, body: Body) -> bool:
        return shadow.is_copy(
            request.headers,
            request.method,
            request.raw_path,
            body.raw,
            secret=self._shadow_secret,
            now_s=time.time(),
        )

    async def _answer(
        self, request: web.Request, body: Body, handler: Handler, auth: Auth, *, is_copy: bool
    ) -> Answer:
        ask = partial(authenticate, request, self._database, self._services.jwt_secret, auth, is_copy=is_copy)
        call = Call(
            self._database,
            await ask(),
            request.match_info,
            request.query,
            body.fields,
            is_array=body.is_array,
            headers=request.headers,
            cookies=request.cookies,
            remote=client_of(request),
            method=request.method,
            target=request.raw_path,
            services=self._services,
            ask_again=ask,
        )
        answer = await handler(call)
        if call.events and not is_copy:
            await self._event_sink.publish(call.events)
        return answer


async def _no_route(_: Call) -> Answer:
    """An unknown route of a router, which has asked first who it is."""
    return Answer(404, not_found())


async def _connect(app: web.Application) -> AsyncIterator[None]:
    await app[_DATABASE].open()
    yield
    await app[_DATABASE].close()


async def _health(_: web.Request) -> web.Response:
    return respond(200, {"backend": "legacy"}, Statements())
