"""The words of the answers about contacts and their roles; the rest is what every room does."""

from collections.abc import Awaitable
from typing import TypeVar

from aiohttp import web

from domains.contacts.services import AssignmentService, ContactService, RoleService
from domains.shared.clock import Clock, utc_now
from domains.shared.controllers import CrudController, Parts, Row
from domains.shared.database import Database
from domains.shared.errors import ApiError
from domains.shared.node_json import iso_moment
from domains.shared.pagination import Page
from domains.shared.requests import Call

_Found = TypeVar("_Found")


class ContactController(CrudController):
    """Contacts over HTTP, and the roles that they have and can have."""

    collection = "contacts"

    def __init__(self, contacts: ContactService, roles: RoleService, assignments: AssignmentService) -> None:
        super().__init__(contacts)
        self._contacts = contacts
        self._roles = roles
        self._assignments = assignments

    def created(self, row: Row) -> Parts:
        """The contact, without a message, as in all answers about one."""
        return {"data": self.shown(row)}

    archived = restored = deleted = created

    def pagination(self, page: Page) -> dict[str, int | None]:
        """`{total, limit, offset, hasMore}`."""
        return {"total": page.total, "limit": page.limit, "offset": page.offset, "hasMore": page.has_more}

    async def list_page(self, call: Call) -> web.Response:
        """GET on the collection."""
        page = await self._contacts.list_page(call.principal, call.query)
        return self.answer({"data": page.rows, "pagination": self.pagination(page)})

    async def search(self, call: Call) -> web.Response:
        """GET on `/search` of the collection."""
        return self._listed(await self._contacts.search(call.principal, call.query))

    async def list_roles(self, call: Call) -> web.Response:
        """GET on the roles that there are."""
        return self._listed(await self._roles.list_all(call.query))

    async def get_role(self, call: Call) -> web.Response:
        """GET on one of them."""
        role = await _refused_at(self._roles.get(call.key))
        return self.answer({"data": role}, timestamped=True)

    async def create_role(self, call: Call) -> web.Response:
        """POST on the roles that there are."""
        role = await _refused_at(self._roles.create(call.body))
        return self.answer({"data": role}, status=201, timestamped=True)

    async def list_assignments(self, call: Call) -> web.Response:
        """GET on the roles of a contact."""
        return self._listed(await self._assignments.list_all(call.principal, call.key))

    async def add_assignment(self, call: Call) -> web.Response:
        """POST on the roles of a contact."""
        added = await self._assignments.add(call.principal, call.key, call.body)
        return self.answer({"data": added}, status=201, timestamped=True)

    async def set_primary(self, call: Call) -> web.Response:
        """PUT on the first role of a contact."""
        first = await self._assignments.set_primary(call.principal, call.key, call.body)
        return self.answer({"data": first}, timestamped=True)

    async def remove_assignment(self, call: Call) -> web.Response:
        """DELETE on one role of a contact."""
        await self._assignments.remove(call.principal, call.key, call.params["roleId"])
        return self.answer({"message": "Role removed successfully"}, timestamped=True)

    def _listed(self, rows: list[dict[str, object]]) -> web.Response:
        return self.answer({"data": rows, "count": len(rows)}, timestamped=True)


async def _refused_at(work: Awaitable[_Found]) -> _Found:
    """What the work finds; a refusal tells its time too, which only those of the roles themselves do."""
    try:
        return await work
    except ApiError as error:
        error.beside["timestamp"] = iso_moment(utc_now())
        raise


def build(database: Database, clock: Clock) -> ContactController:
    """The room's controller on a database."""
    return ContactController(
        ContactService(database, clock), RoleService(database), AssignmentService(database)
    )
