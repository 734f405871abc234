"""What holds for every request and every answer of the console, whatever is asked for."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from proxy.console.errors import (
    BadRequestError,
    MediaTypeError,
    MisdirectedError,
    TimeOutError,
    TooLargeError,
)
from proxy.console.settings import LOOPBACK

MAX_BODY_BYTES = 65_536
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

API_HEADER, API_VERSION = "Crossfade-Api", "1"
"""On every answer, so that a program knows whom it has reached before it believes what is said."""

HEADERS: Mapping[str, str] = {
    API_HEADER: API_VERSION,
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # without a referrer browsers would say `Origin: null` of our own forms
    "Referrer-Policy": "same-origin",
    "Server": "crossfade",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer; a file whose address tells its content may be kept."""


async def protect(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on an answer that is about to be sent."""
    kept = response.headers.get("Cache-Control", HEADERS["Cache-Control"])
    response.headers.update(HEADERS)
    response.headers["Cache-Control"] = kept


def require_host(request: web.Request, hosts: frozenset[str]) -> None:
    """Raises MisdirectedError for a name that is none of ours: a page whose name was pointed at us would be let in."""
    given = request.headers.getall("Host", [])
    name = host_name(given[0]) if len(given) == 1 else ""
    if name not in LOOPBACK and name not in hosts:
        raise MisdirectedError(
            f"Host {', '.join(given)[:100]!r}: expected a name of loopback or one of console.hosts"
        )


def host_name(host: str) -> str:
    """The name in a `Host` field, without its port; empty where it is malformed."""
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        is_sound = bracket and (not port or port.startswith(":"))
        return name.lower() if is_sound else ""
    name, _, port = host.partition(":")
    return "" if ":" in port or "@" in host else name.lower().removesuffix(".")


async def body_of(request: web.Request, kind: str, within_s: float) -> bytes:
    """The whole body, of that media type. Raises RequestError of what is wrong with it."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise MediaTypeError("a compressed body is not read here")
    if request.content_type != kind:
        raise MediaTypeError(f"Content-Type {request.content_type[:60]!r}: expected {kind}")
    try:
        async with asyncio.timeout(within_s):
            return await request.read()
    except TimeoutError:
        raise TimeOutError(f"the body did not come within {within_s:g} s") from None
    except web.HTTPRequestEntityTooLarge:
        raise TooLargeError(f"the body is over {MAX_BODY_BYTES:,} bytes") from None


async def json_of(request: web.Request, within_s: float) -> dict[str, Any]:
    """The body as a JSON object; no body at all is an empty one."""
    if not request.body_exists:
        return {}
    raw = await body_of(request, JSON, within_s)
    if not raw:
        return {}
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequestError("the body is no JSON") from None
    if not isinstance(value, dict):
        raise BadRequestError("the body is no JSON object")
    return value
