"""The console as a server: what is asked for goes to the API or to the pages, and everything through the same bounds."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

import msgspec
from aiohttp import web

from proxy.console import bodies
from proxy.console.api import Api
from proxy.console.attempts import Attempts
from proxy.console.callers import CSRF_HEADER, Callers, require_csrf
from proxy.console.connections import Connections
from proxy.console.events import Events
from proxy.console.forms import Forms
from proxy.console.live import Live
from proxy.console.looks import Looks
from proxy.console.notices import Notices
from proxy.console.openapi import document
from proxy.console.operator_api import OperatorApi
from proxy.console.operator_routes import OPERATOR_ROUTES
from proxy.console.pages import Pages
from proxy.console.protection import MAX_BODY_BYTES, json_of, protect, require_host
from proxy.console.refusing import envelope, refusal_of
from proxy.console.rendering import Rendering
from proxy.console.routes import PREFIX, ROUTES, Asked, Route
from proxy.console.seams import Sources, Watch
from proxy.console.sessions import Sessions
from proxy.console.settings import ConsoleSettings
from proxy.console.static_files import StaticFiles
from proxy.console.threads import StoreThreads
from proxy.console.tokens import Role, Tokens
from proxy.console.views import Views
from proxy.console.watches import Watches
from proxy.errors import ListenError
from proxy.ofrep import PATH as OFREP_PATH
from proxy.ofrep import add_ofrep

_END_S = 1.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Console:
    """Listens from `start` to `close`; what it stands on are the `sources`, and the `watches` run beside it."""

    def __init__(self, settings: ConsoleSettings, sources: Sources, watches: Sequence[Watch] = ()) -> None:
        self._settings = settings
        self._threads = StoreThreads(settings.store_s)
        self._sources = sources
        tokens = Tokens(sources.engine, sources.flags)
        self._callers = Callers(
            tokens,
            Sessions(sources.engine, tokens, settings),
            Attempts(settings),
            self._threads,
            secure=settings.tls is not None,
        )
        self._views = views = Views(sources)
        looks = Looks(sources.engine)
        self._api = Api(sources, settings, views, self._threads, looks)
        self._operator_api = OperatorApi(sources, views, self._threads, looks)
        self._live = Live(views, self._threads, most=settings.max_streams)
        self._events = Events(self._live, self._callers, proven_s=settings.proven_s)
        self._static = StaticFiles()
        rendering, notices = Rendering(self._static), Notices()
        self._pages = Pages(sources, self._api, self._callers, self._threads, rendering, notices)
        self._forms = Forms(self._api, self._callers, self._pages, rendering, notices, body_s=settings.body_s)
        self._watches = Watches(watches)
        self._described: bytes = b""
        self._runner = web.AppRunner(
            self._application(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_END_S,
            auto_decompress=False,
        )
        self._connections: Connections | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; returns the port. Raises ListenError."""
        await self._runner.setup()
        server = self._runner.server
        if server is None:
            raise AssertionError("set up")
        settings = self._settings
        self._connections = Connections(server, most=settings.max_connections, quiet_s=settings.quiet_s)
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._connections, settings.host, settings.port, ssl=_tls(settings)
            )
        except (OSError, ssl.SSLError) as error:
            await self.close()
            raise ListenError(
                f"cannot listen on {settings.host}:{settings.port} (console): {error.strerror or error}"
            ) from error
        self._watches.start()
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening, end the streams and the watches; a change that is under way in a thread is finished."""
        if self._server is not None:
            self._server.close()
        await self._watches.close()
        await self._live.close()
        if self._connections is not None:
            self._connections.close()
        await self._runner.cleanup()
        self._views.close()
        self._threads.close()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._middleware])
        application.on_response_prepare.append(protect)
        for route in ROUTES:
            application.router.add_route(route.method, f"{PREFIX}{route.path}", self._serve(route))
        application.router.add_route("GET", f"{PREFIX}/events", self._events.stream)
        application.router.add_route("GET", f"{PREFIX}/openapi.json", self._describe)
        application.router.add_get("/static/{name}", self._static.serve)
        self._pages.add_to(application.router)
        self._forms.add_to(application.router)
        add_ofrep(application, self._sources.flags.table, self._sources.endpoints, self._may_evaluate)
        return application

    async def _may_evaluate(self, request: web.Request) -> None:
        (await self._callers.of(request)).require(Role.VIEWER)

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._connections is not None:
            self._connections.begin(request)
        try:
            require_host(request, self._settings.hosts)
            return await handler(request)
        except Exception as error:  # noqa: BLE001  every error becomes an answer
            refusal = refusal_of(error)
            if request.path.startswith(("/api/", OFREP_PATH)):
                return envelope(refusal)
            return await self._forms.refuse(request, refusal)
        finally:
            if self._connections is not None:
                self._connections.end(request)

    def _serve(self, route: Route) -> Handler:
        answer = getattr(self._operator_api if route in OPERATOR_ROUTES else self._api, route.name)

        async def serve(request: web.Request) -> web.StreamResponse:
            caller = await self._callers.of(request)
            caller.require(route.role)
            if caller.session is not None:
                require_csrf(request, caller.session, request.headers.get(CSRF_HEADER, ""))
            query = bodies.checked(route.query, dict(request.query))
            given = (
                None
                if route.body is None
                else bodies.checked(route.body, await json_of(request, self._settings.body_s))
            )
            found = await answer(Asked(caller, request.match_info, query, given))
            return _json(msgspec.json.encode(found))

        return serve

    async def _describe(self, request: web.Request) -> web.StreamResponse:
        (await self._callers.of(request)).require(Role.VIEWER)
        self._described = self._described or msgspec.json.encode(document(own_version()))
        return _json(self._described)


def own_version() -> str:
    """That of the installed distribution."""
    try:
        return version("crossfade")
    except PackageNotFoundError:
        return "unknown"


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


def _tls(settings: ConsoleSettings) -> ssl.SSLContext | None:
    if settings.tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.tls.certificate, settings.tls.key)
    return context


async def run_console(
    settings: ConsoleSettings,
    sources: Sources,
    *,
    stop: asyncio.Event,
    ready: Callable[[int], None],
    watches: Sequence[Watch] = (),
) -> None:
    """Serve until `stop`; `ready` is told the port. Raises ListenError."""
    console = Console(settings, sources, watches)
    ready(await console.start())
    try:
        await stop.wait()
    finally:
        await console.close()
