"""Every endpoint of contacts and of their roles, one line each; API keys do not let in here, as recorded."""

from functools import partial

from domains.contacts.answers import ANSWERS
from domains.contacts.controllers import ContactController, build
from domains.contacts.services import ContactService
from domains.contacts.validators import (
    Assignment,
    CreateContact,
    CreateRole,
    ListQuery,
    Primary,
    SearchQuery,
    UpdateContact,
)
from domains.shared.permissions import Audience, ScopeQuery
from domains.shared.routes import Route

_route = partial(
    Route,
    "contacts",
    build=build,
    answers=ANSWERS,
    service=ContactService,
    audience=Audience.GRANTED,
    by_key=False,
    reads=("clients", "leads"),
)

ROUTES = (
    _route("GET", "/v1/contacts", ContactController.list_page, query=ListQuery),
    _route("POST", "/v1/contacts", ContactController.create, body=CreateContact, shown_in=()),
    _route("GET", "/v1/contacts/stats", ContactController.count, query=ScopeQuery),
    _route("GET", "/v1/contacts/export", ContactController.export, query=ListQuery),
    _route("GET", "/v1/contacts/search", ContactController.search, query=SearchQuery),
    _route("GET", "/v1/contacts/{id}", ContactController.get),
    _route("PUT", "/v1/contacts/{id}", ContactController.update, body=UpdateContact),
    _route("DELETE", "/v1/contacts/{id}", ContactController.delete),
    _route("PATCH", "/v1/contacts/{id}/archive", ContactController.archive),
    _route("PATCH", "/v1/contacts/{id}/unarchive", ContactController.restore),
    _route("GET", "/v1/contacts/{id}/roles", ContactController.list_assignments),
    # legacy fails at both, whatever it is asked
    _route(
        *("POST", "/v1/contacts/{id}/roles", ContactController.add_assignment),
        body=Assignment,
        required=False,
    ),
    _route(
        *("PUT", "/v1/contacts/{id}/roles/primary", ContactController.set_primary),
        body=Primary,
        required=False,
    ),
    _route("DELETE", "/v1/contacts/{id}/roles/{roleId}", ContactController.remove_assignment),
    _route("GET", "/v1/contact-roles", ContactController.list_roles, audience=Audience.CALLERS),
    _route(
        "POST", "/v1/contact-roles", ContactController.create_role, body=CreateRole, audience=Audience.CALLERS
    ),
    _route("GET", "/v1/contact-roles/{id}", ContactController.get_role, audience=Audience.CALLERS),
)
"""The endpoints of this room."""
