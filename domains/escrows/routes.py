"""Every endpoint of escrows, one line each."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from domains.escrows.controllers import EscrowController, build
from domains.shared.requests import Call
from domains.shared.routes import Route


def _route(
    method: str, path: str, handler: Callable[[EscrowController, Call], Awaitable[web.Response]]
) -> Route:
    return Route("escrows", method, path, handler, build)


ROUTES = (
    _route("GET", "/v1/escrows", EscrowController.list_page),
    _route("POST", "/v1/escrows", EscrowController.create),
    _route("GET", "/v1/escrows/stats", EscrowController.count),
    _route("GET", "/v1/escrows/export", EscrowController.export),
    _route("POST", "/v1/escrows/batch-delete", EscrowController.delete_many),
    _route("GET", "/v1/escrows/{id}", EscrowController.get),
    _route("PUT", "/v1/escrows/{id}", EscrowController.update),
    _route("DELETE", "/v1/escrows/{id}", EscrowController.delete),
    _route("PUT", "/v1/escrows/{id}/archive", EscrowController.archive),
    _route("PUT", "/v1/escrows/{id}/restore", EscrowController.restore),
)
"""The endpoints of this room."""
