"""Every endpoint of escrows, one line each."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from domains.escrows.controllers import SectionController, build
from domains.shared.requests import Call
from domains.shared.routes import Route


def _route(
    method: str, path: str, handler: Callable[[SectionController, Call], Awaitable[web.Response]]
) -> Route:
    return Route("escrows", method, f"/v1/escrows{path}", handler, build)


ROUTES = (
    _route("GET", "", SectionController.list_page),
    _route("POST", "", SectionController.create),
    _route("GET", "/stats", SectionController.count),
    _route("GET", "/export", SectionController.export),
    _route("GET", "/health/auth", SectionController.check_authentication),
    _route("GET", "/health/db", SectionController.check_database),
    _route("POST", "/batch-delete", SectionController.delete_many),
    _route("GET", "/{id}", SectionController.get),
    _route("PUT", "/{id}", SectionController.update),
    _route("DELETE", "/{id}", SectionController.delete),
    _route("PUT", "/{id}/archive", SectionController.archive),
    _route("PUT", "/{id}/restore", SectionController.restore),
    _route("GET", "/{id}/details", SectionController.details),
    _route("PUT", "/{id}/details", SectionController.change_details),
    _route("GET", "/{id}/property-details", SectionController.property),
    _route("PUT", "/{id}/property-details", SectionController.change_property),
    _route("GET", "/{id}/people", SectionController.people),
    _route("PUT", "/{id}/people", SectionController.change_people),
    _route("GET", "/{id}/timeline", SectionController.timeline),
    _route("PUT", "/{id}/timeline", SectionController.change_timeline),
    _route("GET", "/{id}/financials", SectionController.financials),
    _route("PUT", "/{id}/financials", SectionController.change_financials),
    _route("GET", "/{id}/checklists", SectionController.checklists),
    _route("GET", "/{id}/checklist-loan", SectionController.checklist),
    _route("PUT", "/{id}/checklist-loan", SectionController.change_loan),
    _route("GET", "/{id}/checklist-house", SectionController.checklist),
    _route("PUT", "/{id}/checklist-house", SectionController.change_house),
    _route("GET", "/{id}/checklist-admin", SectionController.checklist),
    _route("PUT", "/{id}/checklist-admin", SectionController.change_admin),
    _route("PATCH", "/{id}/checklist", SectionController.change_item),
    _route("GET", "/{id}/documents", SectionController.documents),
    _route("PUT", "/{id}/documents", SectionController.change_documents),
    _route("GET", "/{id}/notes", SectionController.notes),
    _route("POST", "/{id}/notes", SectionController.add_note),
)
"""The endpoints of this room."""
