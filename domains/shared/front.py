"""What happens to every request of a domain before and after its controller.

Body, caller, cache or controller, events, answer; a copy that rehearses runs the same and leaves nothing behind.
"""

import asyncio
import secrets
import string
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from functools import partial

import msgspec
import structlog
from aiohttp import web

from domains.shared.authentication import Authenticator
from domains.shared.background import Background
from domains.shared.caching import Cache
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.errors import ApiError, EndpointNotFoundError, TooManyRequestsError, UnprocessedError
from domains.shared.events import EventSink
from domains.shared.faults import Handler
from domains.shared.generations import HEADER, Generations
from domains.shared.house import House
from domains.shared.node_json import iso_moment
from domains.shared.performance import Performance, Served
from domains.shared.permissions import ANONYMOUS, Principal, require_audience
from domains.shared.rate_limits import RateLimiter
from domains.shared.requests import Call, UnreadableError, copy_in, origin_of, presented, read_body
from domains.shared.responses import Kept, Streamed, failure, finish, kept
from domains.shared.routes import Route
from domains.shared.shadow import PROOF_HEADER, WITHIN_HEADER, Copy, proof_of, within_s
from domains.shared.statements import Tally, tallied

Act = Callable[[Call], Awaitable[web.StreamResponse]]

_UNLISTED = "unlisted"
_BASE36 = string.digits + string.ascii_lowercase
_log = structlog.get_logger()


class _Course(msgspec.Struct):
    """How the request went so far, for its headers and figures."""

    tally: Tally
    by_key: bool
    is_open: bool
    limits: Mapping[str, str] | None = None
    client: str = ""
    is_copy: bool = False
    cache: str = ""
    write_set: str | None = None


class Front:
    """Makes the aiohttp handler of an endpoint."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        database: Database,
        cache: Cache,
        generations: Generations,
        performance: Performance,
        event_sink: EventSink,
        shadow_secret: str,
        limiter: RateLimiter,
        house: House,
        background: Background,
    ) -> None:
        self._authenticator = authenticator
        self._database = database
        self._cache = cache
        self._generations = generations
        self._performance = performance
        self._event_sink = event_sink
        self._shadow_secret = shadow_secret
        self._limiter = limiter
        self._house = house
        self._background = background

    def serve(self, route: Route, controller: object) -> Handler:
        """The aiohttp handler of one endpoint."""
        act = partial(route.handler, controller)
        return partial(self._answer, route, act, by_key=route.by_key, is_open=route.is_open)

    def unknown(self, *, by_key: bool, is_open: bool) -> Handler:
        """The aiohttp handler of paths that have no endpoint: only those who are let in are told."""
        return partial(self._answer, None, _no_endpoint, by_key=by_key, is_open=is_open)

    async def _answer(
        self, route: Route | None, act: Act, request: web.Request, *, by_key: bool, is_open: bool
    ) -> web.StreamResponse:
        started = time.perf_counter()
        with tallied() as tally:
            course = _Course(tally, by_key, is_open)
            answer = await self._outcome(route, act, request, course)
            if answer.status < 400:
                self._limiter.succeeded(course.client, request.path, is_copy=course.is_copy)
            finish(
                *(answer, tally),
                limits=course.limits,
                cache=course.cache,
                write_set=course.write_set,
                is_write=route is not None and route.method != "GET" and not course.is_copy,
            )
            endpoint = f"{route.method} {route.path}" if route else _UNLISTED
            if isinstance(answer, Streamed):
                try:
                    await answer.send(request)
                finally:
                    self._performance.note(_served(endpoint, answer, started, course))
                return answer
        self._performance.note(_served(endpoint, answer, started, course))
        return answer

    async def _outcome(
        self, route: Route | None, act: Act, request: web.Request, course: _Course
    ) -> web.StreamResponse:
        try:
            return await self._let_in(route, act, request, course)
        except UnreadableError as error:
            return failure(_unprocessed(error.status))
        except ApiError as error:
            return failure(error)
        except Exception:  # noqa: BLE001 - the edge: whatever it is, the client gets an answer without it
            unforeseen = _unprocessed(500)
            _log.exception("request_failed", method=request.method, path=request.path, **unforeseen.extra)
            return failure(unforeseen)

    async def _let_in(
        self, route: Route | None, act: Act, request: web.Request, course: _Course
    ) -> web.StreamResponse:
        body = await read_body(request)
        headers = request.headers
        asks_cache = route is not None and route.method == "GET" and route.cached and self._cache.is_on
        seen: Hashable = ()
        if route is not None and asks_cache:
            seen = self._generations.seen_by(route, request.match_info.get("id", ""), headers.get(HEADER))
        origin = origin_of(request, self._limiter.trusted_hops)
        copy = copy_in(request, body.raw, self._shadow_secret)
        if copy is Copy.REHEARSE:
            course.write_set = "[]"  # until something is written: whoever is refused hears that nothing was
            if request.method == "OPTIONS":
                return self._proof(headers)
        elif headers.get("X-Crossfade-Shadow") == Copy.REHEARSE:
            raise _unprocessed(400)  # another backend commits it: here it would be the second time
        self._limit(request.path, origin.ip_address, course, is_copy=copy is not None)
        principal, shows_key = ANONYMOUS, False
        if not course.is_open:
            shown = presented(request, origin, copy, by_key=course.by_key)
            shows_key = shown.api_key is not None
            known = self._generations.seen_of_caller(headers.get(HEADER), by_key=bool(shown.api_key))
            principal = await self._authenticator.authenticate(shown, known)
        call = Call(
            principal,
            request.match_info,
            request.query,
            body.fields,
            body.is_array,
            origin=origin,
            house=self._house,
        )
        if route is None:
            return await act(call)
        require_audience(route.audience, principal)
        if copy is Copy.REHEARSE:
            return await self._rehearse_within(within_s(headers.get(WITHIN_HEADER)), act, call, course)
        if route.method == "GET":
            if not asks_cache:
                return await act(call)
            asked = (principal, shows_key, request.raw_path, seen)
            return await self._read(act, call, asked, course)
        return await self._write(route, act, call, is_copy=course.is_copy)

    def _limit(self, path: str, client: str, course: _Course, *, is_copy: bool) -> None:
        """Count the request; a copy, which no client sent, never counts."""
        course.client, course.is_copy = client, is_copy
        admission = self._limiter.admit(client, path, is_copy=is_copy)
        course.limits = admission.headers
        if not admission.admitted:
            raise TooManyRequestsError

    async def _read(
        self, act: Act, call: Call, asked: tuple[Principal, bool, str, object], course: _Course
    ) -> web.StreamResponse:
        """From the cache, else from the controller; refusals are kept like answers.

        What was answered without a look at the database shows nothing that a write could change.
        """
        lasting = asked[:-1]

        def size_of(value: object) -> int | None:
            # the target is part of the key, and as long as a client likes
            return len(value.body) + len(call.origin.target) if isinstance(value, Kept) else None

        if isinstance(known := self._cache.find(lasting), Kept):
            course.cache = "hit"
            return known.answer()

        async def compute() -> web.StreamResponse | Kept:
            sent = course.tally.statements
            try:
                answer = await act(call)
            except ApiError as error:
                answer = failure(error)
            made = kept(answer)
            size = size_of(made)
            if size is not None and course.tally.statements == sent:
                self._cache.keep(lasting, made, size)
            return made or answer

        found, hit = await self._cache.get(asked, compute, size_of)
        course.cache = "hit" if hit else "miss"
        return found.answer() if isinstance(found, Kept) else found

    async def _write(self, route: Route, act: Act, call: Call, *, is_copy: bool) -> web.StreamResponse:
        refused = False
        try:
            answer = await act(call)
        except ApiError as error:
            refused = error.status < 500
            raise
        finally:
            if not refused:
                self._generations.committed(route, call.key)
        if is_copy:
            return answer
        if call.events:
            await self._event_sink.publish(call.events)
        for email in call.emails:
            await self._background.run("email", self._house.mailer.send(email))
        return answer

    def _proof(self, headers: Mapping[str, str]) -> web.Response:
        """The answer to whoever asks whether a write may be rehearsed here: signed, so that it is no other's."""
        proof = proof_of(headers.get("X-Crossfade-Signature", ""), self._shadow_secret)
        return web.Response(status=204, headers={PROOF_HEADER: proof})

    async def _rehearse_within(
        self, seconds: float, act: Act, call: Call, course: _Course
    ) -> web.StreamResponse:
        """The real write begins then, and must not wait for our locks."""
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._rehearse(act, call, course)
        except TimeoutError:
            if not limit.expired():
                raise
            raise _unprocessed(503) from None

    async def _rehearse(self, act: Act, call: Call, course: _Course) -> web.StreamResponse:
        """The same in a transaction that is rolled back; nobody is told, nothing is kept."""
        async with self._database.rehearsal() as writes:
            try:
                answer = await act(call)
            except ApiError as error:
                answer = failure(error)
            finally:
                course.write_set = writes.header()
            await self._database.show(writes)
            course.write_set = writes.header()
            return answer


def _served(endpoint: str, answer: web.StreamResponse, started: float, course: _Course) -> Served:
    """The figures of a request that ends now."""
    tally, duration_s = course.tally, time.perf_counter() - started
    return Served(endpoint, answer.status, duration_s, tally.statements, tally.seconds, course.cache)


def _unprocessed(status: int) -> UnprocessedError:
    now = utc_now()
    word = "".join(secrets.choice(_BASE36) for _ in range(9))
    return UnprocessedError(status, error_id=f"ERR_{int(now.timestamp() * 1000)}_{word}", at=iso_moment(now))


async def _no_endpoint(_: Call) -> web.Response:
    raise EndpointNotFoundError(iso_moment(utc_now()))
