"""Every endpoint of appointments, one line each."""

from functools import partial

from domains.appointments.controllers import AppointmentController, build
from domains.shared.routes import Route

_route = partial(Route, "appointments", build=build, reads=("clients", "contacts", "leads!", "listings!"))

ROUTES = (
    _route("GET", "/v1/appointments", AppointmentController.list_page),
    _route("POST", "/v1/appointments", AppointmentController.create),
    _route("GET", "/v1/appointments/stats", AppointmentController.count),
    _route("GET", "/v1/appointments/export", AppointmentController.export),
    _route("POST", "/v1/appointments/batch-delete", AppointmentController.delete_many),
    _route("GET", "/v1/appointments/{id}", AppointmentController.get),
    _route("PUT", "/v1/appointments/{id}", AppointmentController.update),
    _route("DELETE", "/v1/appointments/{id}", AppointmentController.delete),
    _route("PUT", "/v1/appointments/{id}/archive", AppointmentController.archive),
    _route("POST", "/v1/appointments/{id}/cancel", AppointmentController.cancel),
    _route("POST", "/v1/appointments/{id}/complete", AppointmentController.complete),
)
"""The endpoints of this room."""
