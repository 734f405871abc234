"""HTTP in, service call, HTTP out: the same for every room, which declares the words of its answers."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from aiohttp import web
from sqlalchemy import RowMapping

from domains.shared.clock import utc_now
from domains.shared.events import Change, Event
from domains.shared.models import Resource
from domains.shared.node_json import column_value, iso_moment
from domains.shared.pagination import Page
from domains.shared.permissions import Principal
from domains.shared.requests import Call
from domains.shared.responses import csv_file, success

Parts = dict[str, Any]
"""What an answer has beside `success`, in its order."""
Row = Mapping[Any, Any]
"""One row, as the database or a service gives it."""


class Service(Protocol):
    """What a controller asks of its room's service."""

    @property
    def resource(self) -> Resource:
        """What the rows are."""

    async def list_page(self, principal: Principal, query: Mapping[str, str]) -> Page:
        """The page that a query asks for."""

    async def get(self, principal: Principal, key: str) -> dict[str, Any]:
        """One, as it is shown."""

    async def create(self, principal: Principal, body: Mapping[str, Any]) -> Row:
        """A new one."""

    async def update(self, principal: Principal, key: str, body: Mapping[str, Any]) -> Row:
        """One after an update."""

    async def archive(self, principal: Principal, key: str) -> Row:
        """One that was put into the archive."""

    async def restore(self, principal: Principal, key: str) -> Row:
        """One that was taken out of it."""

    async def delete(self, principal: Principal, key: str) -> Row:
        """One that is gone for good."""

    async def delete_many(self, principal: Principal, body: Mapping[str, Any]) -> Sequence[RowMapping]:
        """Several that are gone for good."""

    async def count(self, principal: Principal, query: Mapping[str, str]) -> dict[str, Any]:
        """The statistics."""

    async def export(self, principal: Principal, query: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """All that a query asks for, as CSV."""


class CrudController:
    """The endpoints that every room has."""

    collection: ClassVar[str]
    """The key of the rows in a list."""
    timestamped: ClassVar[bool] = False
    """Whether an answer ends with the time at which it was given (Q-21)."""
    timestamped_batch: ClassVar[bool] = False
    """Whether the answer to a batch does so."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._label = service.resource.label
        self._many = f"{service.resource.name}s"

    def pagination(self, page: Page) -> dict[str, int | None]:
        """The page in the spelling of most rooms (Q-21)."""
        return {
            "currentPage": page.number,
            "totalPages": page.of,
            "totalCount": page.total,
            "limit": page.limit,
        }

    def shown(self, row: Row) -> dict[str, Any]:
        """A row as the API shows it."""
        return {name: column_value(value) for name, value in row.items()}

    def created(self, row: Row) -> Parts:
        """What is told of a new row."""
        return {"data": self.shown(row), "message": f"{self._label} created successfully"}

    def updated(self, row: Row) -> Parts:
        """What is told of a row after an update."""
        return {"data": self.shown(row)}

    def archived(self, row: Row) -> Parts:
        """What is told of a row that was put into the archive."""
        return {"data": self.shown(row), "message": f"{self._label} archived successfully"}

    def restored(self, row: Row) -> Parts:
        """What is told of a row that was taken out of it."""
        return {"data": self.shown(row), "message": f"{self._label} restored successfully"}

    def deleted(self, row: Row) -> Parts:
        """What is told of a row that is gone."""
        del row
        return {"message": f"{self._label} deleted successfully"}

    def many_deleted(self, rows: Sequence[Row]) -> Parts:
        """What is told of several rows that are gone."""
        count = len(rows)
        message = f"Successfully deleted {count} {self._many}" if rows else f"No {self._many} found to delete"
        return {"message": message, "deletedCount": count, "deletedIds": [row["id"] for row in rows]}

    def events(self, call: Call, change: Change, row: Row) -> Iterable[Event]:
        """Whom a change of a row is told, and what."""
        del call, change, row
        return ()

    async def announce(self, call: Call, change: Change, row: Row) -> None:
        """Tell whom a change is told."""
        call.emit(*self.events(call, change, row))

    def answer(self, parts: Parts, *, status: int = 200, timestamped: bool | None = None) -> web.Response:
        """The parts in the envelope; where the room's answers have one, with the time."""
        stamped = self.timestamped if timestamped is None else timestamped
        return success(status=status, **parts, **({"timestamp": iso_moment(utc_now())} if stamped else {}))

    async def list_page(self, call: Call) -> web.Response:
        """GET on the collection."""
        page = await self._service.list_page(call.principal, call.query)
        return self.answer({"data": {self.collection: page.rows, "pagination": self.pagination(page)}})

    async def get(self, call: Call) -> web.Response:
        """GET on one."""
        return self.answer({"data": await self._service.get(call.principal, call.key)})

    async def create(self, call: Call) -> web.Response:
        """POST on the collection."""
        row = await self._service.create(call.principal, call.body)
        await self.announce(call, Change.CREATED, row)
        return self.answer(self.created(row), status=201)

    async def update(self, call: Call) -> web.Response:
        """PUT on one."""
        row = await self._service.update(call.principal, call.key, call.body)
        await self.announce(call, Change.UPDATED, row)
        return self.answer(self.updated(row))

    async def archive(self, call: Call) -> web.Response:
        """PUT on `/archive` of one."""
        return self.answer(self.archived(await self._service.archive(call.principal, call.key)))

    async def restore(self, call: Call) -> web.Response:
        """PUT on `/restore` of one."""
        return self.answer(self.restored(await self._service.restore(call.principal, call.key)))

    async def delete(self, call: Call) -> web.Response:
        """DELETE on one."""
        row = await self._service.delete(call.principal, call.key)
        await self.announce(call, Change.DELETED, row)
        return self.answer(self.deleted(row))

    async def delete_many(self, call: Call) -> web.Response:
        """POST on `/batch-delete` of the collection."""
        rows = await self._service.delete_many(call.principal, call.body)
        return self.answer(self.many_deleted(rows), timestamped=self.timestamped_batch)

    async def count(self, call: Call) -> web.Response:
        """GET on `/stats` of the collection (Q-15)."""
        return self.answer({"data": await self._service.count(call.principal, call.query)})

    async def export(self, call: Call) -> web.StreamResponse:
        """GET on `/export` of the collection (Q-15)."""
        return csv_file(self.collection, await self._service.export(call.principal, call.query))
