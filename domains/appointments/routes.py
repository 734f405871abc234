"""Every endpoint of appointments, one line each."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from domains.appointments.controllers import AppointmentController, build
from domains.shared.requests import Call
from domains.shared.routes import Route


def _route(
    method: str, path: str, handler: Callable[[AppointmentController, Call], Awaitable[web.Response]]
) -> Route:
    return Route("appointments", method, f"/v1/appointments{path}", handler, build)


ROUTES = (
    _route("GET", "", AppointmentController.list_page),
    _route("POST", "", AppointmentController.create),
    _route("GET", "/stats", AppointmentController.count),
    _route("GET", "/export", AppointmentController.export),
    _route("POST", "/batch-delete", AppointmentController.delete_many),
    _route("GET", "/{id}", AppointmentController.get),
    _route("PUT", "/{id}", AppointmentController.update),
    _route("DELETE", "/{id}", AppointmentController.delete),
    _route("PUT", "/{id}/archive", AppointmentController.archive),
    _route("POST", "/{id}/cancel", AppointmentController.cancel),
    _route("POST", "/{id}/complete", AppointmentController.complete),
)
"""The endpoints of this room."""
