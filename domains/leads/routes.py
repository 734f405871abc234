"""Every endpoint of leads, one line each."""

from functools import partial

from domains.leads.controllers import LeadController, build
from domains.shared.routes import Route

_route = partial(Route, "leads", build=build, reads=("clients!",))

ROUTES = (
    _route("GET", "/v1/leads", LeadController.list_page),
    _route("POST", "/v1/leads", LeadController.create),
    _route("GET", "/v1/leads/stats", LeadController.count),
    _route("GET", "/v1/leads/export", LeadController.export),
    _route("POST", "/v1/leads/batch-delete", LeadController.delete_many),
    _route("GET", "/v1/leads/{id}", LeadController.get),
    _route("PUT", "/v1/leads/{id}", LeadController.update),
    _route("DELETE", "/v1/leads/{id}", LeadController.delete),
    _route("PUT", "/v1/leads/{id}/archive", LeadController.archive),
    _route("POST", "/v1/leads/{id}/activities", LeadController.record_activity),
    _route("POST", "/v1/leads/{id}/convert", LeadController.convert),
)
"""The endpoints of this room."""
