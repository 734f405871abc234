"""Faults of whole answers: status, error, headers, bytes; and none at all."""

from collections.abc import Callable

from aiohttp import web

from domains.shared.faults.acts import on_answer, on_value
from domains.shared.faults.changes import at, gone, put
from domains.shared.faults.fault import Asked, Fault, Shown

_Change = Callable[[web.Response], None]


def _status(status: int) -> _Change:
    return lambda answer: answer.set_status(status)


def _header(name: str, value: str) -> _Change:
    return lambda answer: answer.headers.update({name: value})


def _without_vary(answer: web.Response) -> None:
    answer.headers.popall("Vary", None)


def _half(answer: web.Response) -> None:
    body = answer.body
    if isinstance(body, bytes):
        answer.body = body[: len(body) // 2]


def _nothing(answer: web.Response) -> None:
    answer.body = b""


async def _failing(asked: Asked) -> web.StreamResponse:
    await asked.answer()
    headers = {"Content-Type": "application/json; charset=utf-8", "Vary": "Origin, Accept-Encoding"}
    return web.Response(
        status=500, body=b'{"success":false,"error":{"code":"SERVER_ERROR"}}', headers=headers
    )


async def _closing(asked: Asked) -> web.StreamResponse:
    if asked.request.transport is not None:
        asked.request.transport.close()
    return await asked.answer()


OF_ANSWERS: tuple[Fault, ...] = (
    Fault(
        name="status-200-for-404",
        does="answers 200 where there is no such listing",
        endpoint="GET /v1/listings/{id}",
        path="$status",
        kind="status",
        act=on_answer(_status(200), 404),
    ),
    Fault(
        name="status-404-for-403",
        does="answers 404 where somebody may not see an escrow",
        endpoint="GET /v1/escrows/{id}",
        path="$status",
        kind="status",
        act=on_answer(_status(404), 403),
    ),
    Fault(
        name="status-500",
        does="fails where the people of an escrow are asked for",
        endpoint="GET /v1/escrows/{id}/people",
        path="$status",
        kind="status",
        also=("$.**",),
        act=_failing,
    ),
    Fault(
        name="error-code",
        does="calls what is forbidden ACCESS_DENIED",
        endpoint="GET /v1/clients/{id}",
        path="$.error.code",
        kind="value",
        act=on_value(at("error.code", put("ACCESS_DENIED")), 403),
    ),
    Fault(
        name="error-message",
        does="says in other words that there is no such listing",
        endpoint="GET /v1/listings/{id}",
        path="$.error.message",
        kind="value",
        act=on_value(at("error.message", put("No such listing")), 404),
    ),
    Fault(
        name="error-without-message",
        does="refuses a scope without saying why",
        endpoint="GET /v1/listings",
        path="$.error.message",
        kind="missing",
        act=on_value(at("error.message", gone), 400),
    ),
    Fault(
        name="content-type",
        does="says of its teams that they are in Latin-1",
        endpoint="GET /v1/teams",
        path="header:content-type",
        kind="header",
        act=on_answer(_header("Content-Type", "application/json; charset=iso-8859-1")),
    ),
    Fault(
        name="content-type-text",
        does="says of a theme that it is text",
        endpoint="GET /v1/settings/theme",
        path="header:content-type",
        kind="header",
        also=("$.**",),
        act=on_answer(_header("Content-Type", "text/plain; charset=utf-8")),
    ),
    Fault(
        name="header-dropped",
        does="does not say of settings what they vary with",
        endpoint="GET /v1/settings",
        path="header:vary",
        kind="header",
        act=on_answer(_without_vary),
    ),
    Fault(
        name="cache-control",
        does="lets everybody keep a profile for ten minutes",
        endpoint="GET /v1/auth/profile",
        path="header:cache-control",
        kind="header",
        act=on_answer(_header("Cache-Control", "public, max-age=600")),
    ),
    Fault(
        name="location",
        does="says where the documents of an escrow are, although they are in the answer",
        endpoint="GET /v1/escrows/{id}/documents",
        path="header:location",
        kind="header",
        act=on_answer(_header("Location", "/v2/documents")),
    ),
    Fault(
        name="body-truncated",
        does="sends half a public profile",
        endpoint="GET /v1/profiles/public/{username}",
        path="$",
        kind="type",
        act=on_answer(_half),
    ),
    Fault(
        name="body-empty",
        does="says whether somebody has a role without a body",
        endpoint="GET /v1/auth/verify-role",
        path="$",
        kind="missing",
        act=on_answer(_nothing),
    ),
    Fault(
        name="drop-answer",
        does="closes the connection of a read of one escrow without an answer",
        endpoint="GET /v1/escrows/{id}",
        path="",
        kind="",
        shown=Shown.NOT_AT_ALL,
        act=_closing,
    ),
)
"""What the status or the headers say is changed after the front has said it."""
