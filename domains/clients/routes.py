"""Every endpoint of clients, one line each."""

from functools import partial

from domains.clients.answers import ANSWERS
from domains.clients.controllers import ClientController, build
from domains.clients.services import ClientService
from domains.clients.validators import CreateClient, ListQuery, Note, Tags, UpdateClient
from domains.shared.batches import Ids
from domains.shared.permissions import Audience, ScopeQuery
from domains.shared.routes import Route

_route = partial(
    Route,
    "clients",
    build=build,
    answers=ANSWERS,
    service=ClientService,
    audience=Audience.GRANTED,
    reads=("contacts", "leads"),
)
_LIST = (ListQuery, ScopeQuery)
_OF_ITS_CONTACT = ("contacts", "escrows")  # appointments show no more of a client than the name

ROUTES = (
    _route("GET", "/v1/clients", ClientController.list_page, query=_LIST),
    _route("POST", "/v1/clients", ClientController.create, body=CreateClient, shown_in=("contacts",)),
    _route("GET", "/v1/clients/stats", ClientController.count, query=ScopeQuery),
    _route("GET", "/v1/clients/export", ClientController.export, query=_LIST),
    _route("POST", "/v1/clients/batch-delete", ClientController.delete_many, body=Ids),
    _route("GET", "/v1/clients/{id}", ClientController.get),
    _route("PUT", "/v1/clients/{id}", ClientController.update, body=UpdateClient),
    _route("DELETE", "/v1/clients/{id}", ClientController.delete),
    _route("PUT", "/v1/clients/{id}/archive", ClientController.archive, shown_in=()),
    _route("POST", "/v1/clients/{id}/notes", ClientController.add_note, body=Note, shown_in=_OF_ITS_CONTACT),
    _route("PATCH", "/v1/clients/{id}/tags", ClientController.set_tags, body=Tags, shown_in=_OF_ITS_CONTACT),
)
"""The endpoints of this room."""
