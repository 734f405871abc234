"""Every endpoint of leads, one line each."""

from functools import partial

from domains.leads.answers import ANSWERS
from domains.leads.controllers import LeadController, build
from domains.leads.services import LeadService
from domains.leads.validators import Activity, CreateLead, ListQuery, UpdateLead
from domains.shared.batches import Ids
from domains.shared.permissions import Audience, ScopeQuery
from domains.shared.routes import Route

_route = partial(
    Route,
    "leads",
    build=build,
    answers=ANSWERS,
    service=LeadService,
    audience=Audience.GRANTED,
    reads=("clients!",),
    shown_in=(),
)
_LIST = (ListQuery, ScopeQuery)

ROUTES = (
    _route("GET", "/v1/leads", LeadController.list_page, query=_LIST),
    _route("POST", "/v1/leads", LeadController.create, body=CreateLead),
    _route("GET", "/v1/leads/stats", LeadController.count, query=ScopeQuery),
    _route("GET", "/v1/leads/export", LeadController.export, query=_LIST),
    _route("POST", "/v1/leads/batch-delete", LeadController.delete_many, body=Ids),
    _route("GET", "/v1/leads/{id}", LeadController.get),
    _route("PUT", "/v1/leads/{id}", LeadController.update, body=UpdateLead),
    _route("DELETE", "/v1/leads/{id}", LeadController.delete),
    _route("PUT", "/v1/leads/{id}/archive", LeadController.archive),
    _route("POST", "/v1/leads/{id}/activities", LeadController.record_activity, body=Activity),
    # makes a contact and a client
    _route("POST", "/v1/leads/{id}/convert", LeadController.convert, shown_in=None),
)
"""The endpoints of this room."""
