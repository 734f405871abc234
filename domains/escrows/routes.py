"""Every endpoint of escrows, one line each."""

from functools import partial

from domains.escrows.answers import ANSWERS
from domains.escrows.controllers import SectionController, build
from domains.escrows.sections import SectionService
from domains.escrows.validators import (
    AddNote,
    Checklist,
    ChecklistItem,
    CreateEscrow,
    Documents,
    ListQuery,
    MyCommission,
    People,
    StoredMoney,
    Timeline,
    UpdateChecks,
    UpdateDetails,
    UpdateEscrow,
    UpdateProperty,
)
from domains.shared.batches import Ids
from domains.shared.permissions import Audience, ScopeQuery
from domains.shared.routes import Route

_route = partial(
    Route,
    "escrows",
    build=build,
    answers=ANSWERS,
    service=SectionService,
    audience=Audience.GRANTED,
    reads=(),
)
_PEOPLE = ("clients", "contacts", "leads")  # a client is a contact, and a lead becomes one
_LIST = (ListQuery, ScopeQuery)

ROUTES = (
    _route("GET", "/v1/escrows", SectionController.list_page, query=_LIST),
    _route("POST", "/v1/escrows", SectionController.create, body=CreateEscrow),
    _route("GET", "/v1/escrows/stats", SectionController.count, query=ScopeQuery),
    _route("GET", "/v1/escrows/export", SectionController.export, query=_LIST),
    _route(
        "GET",
        "/v1/escrows/health/auth",
        SectionController.check_authentication,
        audience=Audience.CALLERS,
        cached=False,
    ),
    _route(
        "GET",
        "/v1/escrows/health/db",
        SectionController.check_database,
        audience=Audience.CALLERS,
        cached=False,
    ),
    _route("POST", "/v1/escrows/batch-delete", SectionController.delete_many, body=Ids),
    _route("GET", "/v1/escrows/{id}", SectionController.get),
    _route("PUT", "/v1/escrows/{id}", SectionController.update, body=(UpdateEscrow, UpdateChecks)),
    _route("DELETE", "/v1/escrows/{id}", SectionController.delete),
    _route("PUT", "/v1/escrows/{id}/archive", SectionController.archive),
    _route("PUT", "/v1/escrows/{id}/restore", SectionController.restore),
    _route("GET", "/v1/escrows/{id}/details", SectionController.details),
    _route("PUT", "/v1/escrows/{id}/details", SectionController.change_details, body=UpdateDetails),
    _route("GET", "/v1/escrows/{id}/property-details", SectionController.property),
    _route(
        "PUT", "/v1/escrows/{id}/property-details", SectionController.change_property, body=UpdateProperty
    ),
    _route("GET", "/v1/escrows/{id}/people", SectionController.people, reads=_PEOPLE),
    _route("PUT", "/v1/escrows/{id}/people", SectionController.change_people, body=People),
    _route("GET", "/v1/escrows/{id}/timeline", SectionController.timeline),
    _route("PUT", "/v1/escrows/{id}/timeline", SectionController.change_timeline, body=Timeline),
    _route("GET", "/v1/escrows/{id}/financials", SectionController.financials),
    _route(
        "PUT",
        "/v1/escrows/{id}/financials",
        SectionController.change_financials,
        body=(StoredMoney, MyCommission),
    ),
    _route("GET", "/v1/escrows/{id}/checklists", SectionController.checklists),
    _route("GET", "/v1/escrows/{id}/checklist-loan", SectionController.checklist),
    _route("PUT", "/v1/escrows/{id}/checklist-loan", SectionController.change_loan, body=Checklist),
    _route("GET", "/v1/escrows/{id}/checklist-house", SectionController.checklist),
    _route("PUT", "/v1/escrows/{id}/checklist-house", SectionController.change_house, body=Checklist),
    _route("GET", "/v1/escrows/{id}/checklist-admin", SectionController.checklist),
    _route("PUT", "/v1/escrows/{id}/checklist-admin", SectionController.change_admin, body=Checklist),
    _route(
        "PATCH",
        "/v1/escrows/{id}/checklist",
        SectionController.change_item,
        body=ChecklistItem,
        read_back="/v1/escrows/{id}/checklists",
    ),
    _route("GET", "/v1/escrows/{id}/documents", SectionController.documents),
    _route("PUT", "/v1/escrows/{id}/documents", SectionController.change_documents, body=Documents),
    _route("GET", "/v1/escrows/{id}/notes", SectionController.notes),
    _route("POST", "/v1/escrows/{id}/notes", SectionController.add_note, body=AddNote),
)
"""The endpoints of this room."""
