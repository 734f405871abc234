"""OFREP: any OpenFeature SDK, in any language, asks the flag table (OpenFeature Remote Evaluation Protocol 0.2)."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import structlog
from aiohttp import ETag, web

from parity.exchange import Endpoint
from proxy.errors import FlagStoreError
from proxy.flags import FlagTable
from proxy.ofrep_flags import ErrorCode, Failure, ServedFlags

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

PATH = "/ofrep/v1/evaluate/flags"
Authorize = Callable[[web.Request], Awaitable[None]]
"""Returns when the caller may read flags; else raises what it is answered, such as `HTTPUnauthorized`."""

_MAX_BODY_BYTES = 65_536
_BODY_WITHIN_S = 5.0
_RETRY_AFTER_S = 1


class _ContextError(Exception):
    """The evaluation context cannot be had from the body."""

    def __init__(self, code: ErrorCode, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


def add_ofrep(
    application: web.Application,
    flags: Callable[[], FlagTable],
    endpoints: Sequence[Endpoint],
    authorize: Authorize,
    *,
    max_in_flight: int = 64,
) -> None:
    """Add the two routes of OFREP to an application.

    `flags` reads the present table, in a thread, for every request: what was changed is told at once. Over
    `max_in_flight` requests that wait for it the answer is 429.
    """
    handlers = _Ofrep(flags, ServedFlags(endpoints), authorize, max_in_flight)
    application.router.add_post(PATH, handlers.bulk)
    # the slashes of an endpoint's name: some SDKs encode them, others do not
    application.router.add_post(PATH + "/{key:.+}", handlers.single)


class _Ofrep:
    def __init__(
        self,
        flags: Callable[[], FlagTable],
        served: ServedFlags,
        authorize: Authorize,
        max_in_flight: int,
    ) -> None:
        self._flags = flags
        self._served = served
        self._authorize = authorize
        self._max_in_flight = max_in_flight
        self._in_flight = 0

    async def single(self, request: web.Request) -> web.Response:
        """One flag by its key."""
        await self._authorize(request)
        key = request.match_info["key"]
        try:
            targeting_key = await _targeting_key(request)
        except _ContextError as error:
            return _json(Failure(key, error.code, error.details), 400)
        table = await self._table()
        found = self._served.evaluate(table, key, targeting_key)
        if not isinstance(found, Failure):
            return _json(found, 200)
        return _json(found, 404 if found.error_code is ErrorCode.FLAG_NOT_FOUND else 400)

    async def bulk(self, request: web.Request) -> web.Response:
        """Every flag, or 304 where they are as the caller has them."""
        await self._authorize(request)
        try:
            targeting_key = await _targeting_key(request)
        except _ContextError as error:
            return _json({"errorCode": error.code, "errorDetails": error.details}, 400)
        table = await self._table()
        body = msgspec.json.encode(
            {
                "flags": list(self._served.evaluate_all(table, targeting_key)),
                "metadata": {"version": table.version},
            }
        )
        # the version alone would be equal for two clients, and for two stores
        tag = f"{table.version}-{hashlib.blake2b(body, digest_size=8).hexdigest()}"
        is_known = any(known.value in {tag, "*"} for known in request.if_none_match or ())
        answer = (
            web.Response(status=304) if is_known else web.Response(body=body, content_type="application/json")
        )
        answer.etag = ETag(tag)
        return answer

    async def _table(self) -> FlagTable:
        if self._in_flight >= self._max_in_flight:
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(_RETRY_AFTER_S)})
        self._in_flight += 1
        try:
            return await asyncio.to_thread(self._flags)
        except FlagStoreError as error:
            log.warning("ofrep_without_store", error=str(error))
            # what the database says of itself is not for everybody who may read flags
            raise web.HTTPInternalServerError(
                text='{"errorDetails":"the flag store does not answer"}', content_type="application/json"
            ) from error
        finally:
            self._in_flight -= 1


async def _targeting_key(request: web.Request) -> str | None:
    """`context.targetingKey` of the body; raises `_ContextError`."""
    body = await _body(request)
    try:
        # nothing at all is an empty context
        values = msgspec.json.decode(body) if body else {}
    except (ValueError, RecursionError) as error:
        raise _ContextError(ErrorCode.PARSE_ERROR, f"the body is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise _ContextError(
            ErrorCode.PARSE_ERROR, 'the body: expected an object like {"context": {"targetingKey": "jwt:42"}}'
        )
    context = values.get("context")
    if context is None:
        return None
    if not isinstance(context, dict):
        raise _ContextError(ErrorCode.INVALID_CONTEXT, "context: expected an object")
    key = context.get("targetingKey")
    if key is not None and not isinstance(key, str):
        raise _ContextError(ErrorCode.INVALID_CONTEXT, "context.targetingKey: expected text")
    return key


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            body = await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    if len(body) > _MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(_MAX_BODY_BYTES, len(body))
    return body


def _json(values: Any, status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(values), status=status, content_type="application/json")
