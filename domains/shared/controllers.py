"""HTTP in, service call, HTTP out: the same for every room, which declares the words of its answers."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from aiohttp import web
from sqlalchemy import RowMapping

from domains.shared.models import Resource
from domains.shared.pagination import Page
from domains.shared.permissions import Principal
from domains.shared.requests import Call
from domains.shared.responses import success


class Service(Protocol):
    """What a controller asks of its room's service."""

    @property
    def resource(self) -> Resource:
        """What the rows are."""

    async def list_page(self, principal: Principal, query: Mapping[str, str]) -> Page:
        """The page that a query asks for."""

    async def get(self, principal: Principal, key: str) -> dict[str, Any]:
        """One, as it is shown."""

    async def create(self, principal: Principal, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new one."""

    async def update(self, principal: Principal, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One after an update."""

    async def archive(self, principal: Principal, key: str) -> RowMapping:
        """One that was put into the archive."""

    async def restore(self, principal: Principal, key: str) -> RowMapping:
        """One that was taken out of it."""

    async def delete(self, principal: Principal, key: str) -> RowMapping:
        """One that is gone for good."""


class CrudController:
    """The endpoints that every room has."""

    collection: ClassVar[str]
    """The key of the rows in a list."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._label = service.resource.label

    @abstractmethod
    def pagination(self, page: Page) -> dict[str, int | None]:
        """The page in the room's own spelling (Q-21)."""

    @abstractmethod
    def trace(self, row: RowMapping) -> dict[str, Any]:
        """What is told of a row that was archived, restored or deleted."""

    async def list_page(self, call: Call) -> web.Response:
        """GET on the collection."""
        page = await self._service.list_page(call.principal, call.query)
        return success(data={self.collection: page.rows, "pagination": self.pagination(page)})

    async def get(self, call: Call) -> web.Response:
        """GET on one."""
        return success(data=await self._service.get(call.principal, call.key))

    async def create(self, call: Call) -> web.Response:
        """POST on the collection."""
        created = await self._service.create(call.principal, call.body)
        return success(status=201, data=created | {"message": f"{self._label} created successfully"})

    async def update(self, call: Call) -> web.Response:
        """PUT on one."""
        updated = await self._service.update(call.principal, call.key, call.body)
        return success(data=updated, message=f"{self._label} updated successfully")

    async def archive(self, call: Call) -> web.Response:
        """PUT on `/archive` of one."""
        row = await self._service.archive(call.principal, call.key)
        return success(message=f"{self._label} archived successfully", data=self.trace(row))

    async def restore(self, call: Call) -> web.Response:
        """PUT on `/restore` of one."""
        row = await self._service.restore(call.principal, call.key)
        return success(message=f"{self._label} restored successfully", data=self.trace(row))

    async def delete(self, call: Call) -> web.Response:
        """DELETE on one."""
        row = await self._service.delete(call.principal, call.key)
        return success(message=f"{self._label} permanently deleted", data=self.trace(row))
