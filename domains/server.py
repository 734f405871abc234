"""The modern backend as an aiohttp application: body, caller, controller, answer, in the recorded order."""

from collections.abc import AsyncIterator, Sequence
from functools import cache as once

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from domains.routes import ROUTES
from domains.shared.authentication import Authenticator
from domains.shared.background import Background
from domains.shared.caching import Cache, CacheSettings
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.events import EventSink
from domains.shared.faults import FAULTS, Faults, Handler
from domains.shared.front import Front
from domains.shared.generations import Generations
from domains.shared.house import COOKIE_DOMAIN, GoogleSignIn, House, Mailer, NoGoogle, NoMailer
from domains.shared.openapi import document
from domains.shared.performance import SLOW_S, Performance
from domains.shared.rate_limits import RateLimiter, RateLimits
from domains.shared.requests import MAX_BODY_BYTES
from domains.shared.responses import finish, plain
from domains.shared.routes import Build, Route
from domains.shared.sockets import SocketServer
from domains.shared.statements import Tally


def create_app(
    *,
    database_url: str,
    jwt_secret: str,
    shadow_secret: str = "",
    pool_size: int = 10,
    faults: bool = False,
    event_sink: EventSink | None = None,
    relay_url: str | None = None,
    cache: CacheSettings | None = None,
    slow_s: float = SLOW_S,
    routes: Sequence[Route] = ROUTES,
    rate_limits: RateLimits | None = None,
    google: GoogleSignIn | None = None,
    mailer: Mailer | None = None,
    cookie_domain: str = COOKIE_DOMAIN,
) -> web.Application:
    """The application; it connects to the database with the first request that needs it.

    Events go to `event_sink`, by default to the socket.io clients that are connected to the same port, and through the
    relay to those of other processes.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    database = Database(database_url, pool_size=pool_size)
    background = Background()
    answers = Cache(cache or CacheSettings())
    performance = Performance(slow_s=slow_s)
    sockets = SocketServer(database, jwt_secret=jwt_secret, clock=utc_now, relay_url=relay_url)
    sockets.attach(app)
    front = Front(
        authenticator=Authenticator(
            database, background, jwt_secret=jwt_secret, clock=utc_now, cache=answers
        ),
        database=database,
        cache=answers,
        generations=Generations(routes),
        performance=performance,
        event_sink=event_sink or sockets,
        shadow_secret=shadow_secret,
        limiter=RateLimiter(rate_limits or RateLimits()),
        house=House(jwt_secret, cookie_domain, google or NoGoogle(), mailer or NoMailer()),
        background=background,
    )
    controllers: dict[Build, object] = {route.build: route.build(database, utc_now) for route in routes}
    planted = Faults(FAULTS, database, jwt_secret=jwt_secret) if faults else None

    async def close(_: web.Application) -> AsyncIterator[None]:
        yield
        await background.drain()
        performance.write_down()
        await database.close()

    app.cleanup_ctx.append(close)
    app.router.add_get("/health", _health)
    app.router.add_get("/metrics", _exposition(performance))
    app.router.add_get("/v1/openapi.json", _described(routes))
    if planted is not None:
        planted.add_routes(app)
    for route in routes:
        handler = front.serve(route, controllers[route.build])
        if planted is not None:
            handler = planted.around(handler, method=route.method, path=route.path)
        # a path of its own for the slash, and no pattern: aiohttp finds plain paths by one look-up
        for path in (route.path, f"{route.path}/"):
            for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
                app.router.add_route(method, path, handler)
    opened = {route.router for route in routes if route.is_open}
    for router, by_key in {route.router: route.by_key for route in routes}.items():
        unknown = front.unknown(by_key=by_key, is_open=router in opened)
        app.router.add_route("*", f"{router}{{rest:(/.*)?}}", unknown)
    app.router.add_route("*", "/{rest:.*}", front.unknown(by_key=False, is_open=True))
    return app


def _exposition(performance: Performance) -> Handler:
    async def expose(_: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        return web.Response(body=performance.exposition(), headers=headers)

    return expose


def _described(routes: Sequence[Route]) -> Handler:
    content = once(lambda: document(routes))  # made when somebody asks

    async def describe(_: web.Request) -> web.Response:
        answer = plain(content())
        finish(answer, Tally(), limits={})
        return answer

    return describe


async def _health(_: web.Request) -> web.Response:
    answer = plain({"backend": "modern"})
    finish(answer, Tally(), limits={})
    return answer
