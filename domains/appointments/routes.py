"""Every endpoint of appointments, one line each."""

from functools import partial

from domains.appointments.answers import ANSWERS
from domains.appointments.controllers import AppointmentController, build
from domains.appointments.services import AppointmentService
from domains.appointments.validators import (
    CreateAppointment,
    CreateChecks,
    ListQuery,
    UpdateAppointment,
    UpdateChecks,
)
from domains.shared.batches import Ids
from domains.shared.permissions import Audience, ScopeQuery
from domains.shared.routes import Route

_route = partial(
    Route,
    "appointments",
    build=build,
    answers=ANSWERS,
    service=AppointmentService,
    audience=Audience.GRANTED,
    reads=("clients", "contacts", "leads!", "listings!"),
)
_LIST = (ListQuery, ScopeQuery)

ROUTES = (
    _route("GET", "/v1/appointments", AppointmentController.list_page, query=_LIST),
    _route("POST", "/v1/appointments", AppointmentController.create, body=(CreateAppointment, CreateChecks)),
    _route("GET", "/v1/appointments/stats", AppointmentController.count, query=ScopeQuery),
    _route("GET", "/v1/appointments/export", AppointmentController.export, query=_LIST),
    _route("POST", "/v1/appointments/batch-delete", AppointmentController.delete_many, body=Ids),
    _route("GET", "/v1/appointments/{id}", AppointmentController.get),
    _route(
        "PUT", "/v1/appointments/{id}", AppointmentController.update, body=(UpdateAppointment, UpdateChecks)
    ),
    _route("DELETE", "/v1/appointments/{id}", AppointmentController.delete),
    _route("PUT", "/v1/appointments/{id}/archive", AppointmentController.archive),
    _route("POST", "/v1/appointments/{id}/cancel", AppointmentController.cancel),
    _route("POST", "/v1/appointments/{id}/complete", AppointmentController.complete),
)
"""The endpoints of this room."""
