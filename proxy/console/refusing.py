"""Every error as an answer: what we foresaw by its kind, everything else as a sentence that tells nothing of us."""

import re
from collections.abc import Callable

import msgspec
import structlog
from aiohttp import web

from parity.errors import AcceptanceError, ParityError, RulesError, fault_of
from proxy.console import answers
from proxy.console.bodies import invalid
from proxy.console.errors import (
    BadRequestError,
    ConflictError,
    FieldFault,
    InvalidError,
    MethodError,
    NotFoundError,
    RequestError,
    TooLargeError,
    UnavailableError,
)
from proxy.errors import ConflictError as FlagConflictError
from proxy.errors import FlagStoreError, ProxyError, ShareError, UnknownKeyError

_log = structlog.get_logger()
_FIELDS = {"shape": "by_shape"}


def _of_a_wish(said: str) -> RequestError:
    """What cannot be accepted so: where the command line names an option, here it is the field of that name."""
    named = re.match(r"--(\w+):? (.*)", said, re.DOTALL)
    if named is None:
        return InvalidError(said)
    return invalid([FieldFault(_FIELDS.get(named[1], named[1]), named[2])])


_KINDS: tuple[tuple[type[Exception], Callable[[str], RequestError]], ...] = (
    (FlagConflictError, ConflictError),
    (UnknownKeyError, NotFoundError),
    (ShareError, InvalidError),
    (FlagStoreError, UnavailableError),
    (ProxyError, lambda said: ConflictError(_in_a_line(said), code="refused")),
    (AcceptanceError, _of_a_wish),
    (RulesError, UnavailableError),
    (ParityError, UnavailableError),
    (web.HTTPNotFound, lambda _: NotFoundError("there is nothing at this path")),
    (web.HTTPMethodNotAllowed, lambda _: MethodError("this path does not take that method")),
    (web.HTTPRequestEntityTooLarge, lambda _: TooLargeError("the body is over the bound")),
    (web.HTTPException, BadRequestError),
)
"""The first kind that fits decides, so the special ones stand before the general."""


def _in_a_line(said: str) -> str:
    """What is said in several lines, the first of which begins what the others list."""
    first, *others = [line.strip() for line in said.splitlines()]
    return f"{first} {'; '.join(others)}".strip()


def refusal_of(error: Exception) -> RequestError:
    """The answer to what went wrong; what nobody foresaw is logged by its place, without a value."""
    if isinstance(error, RequestError):
        return error
    for kind, make in _KINDS:
        if isinstance(error, kind):
            made = make(str(error))
            if isinstance(error, ProxyError | ParityError):
                made.lines = tuple(str(error).splitlines())
            if isinstance(error, web.HTTPMethodNotAllowed):
                made.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
            return made
    _log.error("console_failed", fault=fault_of(error))
    return RequestError("something of ours went wrong; the log of the console says where")


def envelope(error: RequestError) -> web.Response:
    """The answer of the API."""
    faults = [answers.Fault(one.field, one.message) for one in error.fields]
    body = answers.Refusal(answers.Error(error.code, error.message, faults, list(error.lines)))
    return web.Response(
        body=msgspec.json.encode(body),
        status=error.status,
        headers=error.headers,
        content_type="application/json",
    )
