"""What every room does with its rows; a room declares what its rows are and which words find one.

Each operation is one statement that finds the row, checks the permission and acts, so that nothing can come
between; only to say why it did not act may a second one be needed. No HTTP is in sight.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Delete,
    RowMapping,
    Update,
    delete,
    func,
    literal,
    select,
    update,
)

from domains.shared.clock import Clock
from domains.shared.database import Database
from domains.shared.errors import NotFoundError, VersionConflictError
from domains.shared.models import Resource
from domains.shared.pagination import Page, bounds
from domains.shared.permissions import Access, Principal, granted, refusal


class CrudService(ABC):
    """Reads and writes the rows of one resource for a caller, who gets what they were granted and nothing else."""

    resource: ClassVar[Resource]

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @abstractmethod
    def found_by(self, principal: Principal, key: str, access: Access) -> ColumnElement[bool]:
        """Which row the key of a request means."""

    def moved_by(self, principal: Principal, key: str) -> ColumnElement[bool]:
        """The same for archiving and restoring."""
        return self.found_by(principal, key, Access.EDIT)

    async def row(self, principal: Principal, key: str) -> RowMapping:
        """One row that the caller may see; archived ones too."""
        readable = granted(self.resource, principal, Access.VIEW)
        found = await self._database.run(
            select(self.resource.table).where(self.found_by(principal, key, Access.VIEW), readable)
        )
        if not found:
            raise refusal(self.resource, principal, Access.VIEW, f"{self.resource.label} not found")
        return found[0]

    async def require(self, principal: Principal, key: str, access: Access) -> None:
        """Raise unless the caller was granted that; a system_admin always was."""
        if principal.is_system_admin:
            return
        allowed = granted(self.resource, principal, access)
        if not await self._database.run(
            select(literal(1)).where(self.found_by(principal, key, access), allowed)
        ):
            raise refusal(self.resource, principal, access, f"{self.resource.label} not found")

    async def page(
        self,
        columns: Sequence[ColumnElement[Any]],
        where: Sequence[ColumnElement[bool]],
        order: ColumnElement[Any],
        *,
        number: int,
        limit: int,
    ) -> Page:
        """One page and the number of all rows: one statement, and a second one only beyond the last page.

        Rows with equal sort keys stay in the database's order.
        """
        table = self.resource.table
        size, offset = bounds(number, limit)
        counted = select(func.count().label("total")).select_from(table).where(*where)
        paged = select(*columns, counted.scalar_subquery().label("total_rows")).where(*where)
        rows = await self._database.run(paged.order_by(order).limit(size).offset(offset))
        if rows:
            return Page(rows, rows[0]["total_rows"], number, limit)
        total = 0 if number == 1 else (await self._database.run(counted))[0]["total"]
        return Page(rows, total, number, limit)

    async def change(
        self, principal: Principal, key: str, values: Mapping[str, Any], *, version: int | None
    ) -> RowMapping:
        """Change columns of one row and return it whole; raises VersionConflictError when it has moved on."""
        table = self.resource.table
        allowed = self._allowed(principal, self.found_by(principal, key, Access.EDIT), Access.EDIT)
        fresh = [] if version is None else [table.c.version == version]
        written = {
            **values,
            "updated_at": func.now(),
            "version": table.c.version + 1,
            "last_modified_by": principal.user_id,
        }
        if changed := await self._database.run(
            update(table).where(*allowed, *fresh).values(written).returning(table)
        ):
            return changed[0]
        if version is not None and (
            seen := await self._database.run(select(table.c.version).where(*allowed))
        ):
            raise VersionConflictError(self.resource.name, current=seen[0]["version"], attempted=version)
        raise refusal(self.resource, principal, Access.EDIT, f"{self.resource.label} not found")

    async def archive(self, principal: Principal, key: str) -> RowMapping:
        """Put one row into the archive."""
        table = self.resource.table
        put = (
            update(table)
            .where(table.c.deleted_at.is_(None))
            .values(deleted_at=func.now(), updated_at=func.now())
        )
        missing = f"{self.resource.label} not found or already archived"
        return await self._move(principal, self.moved_by(principal, key), Access.EDIT, put, missing)

    async def restore(self, principal: Principal, key: str) -> RowMapping:
        """Take one row out of the archive."""
        table = self.resource.table
        taken = (
            update(table)
            .where(table.c.deleted_at.is_not(None))
            .values(deleted_at=None, updated_at=func.now())
        )
        missing = f"{self.resource.label} not found in archives"
        return await self._move(principal, self.moved_by(principal, key), Access.EDIT, taken, missing)

    async def delete(self, principal: Principal, key: str) -> RowMapping:
        """Delete one archived row for good."""
        table = self.resource.table
        gone = delete(table).where(table.c.deleted_at.is_not(None))
        only = f"Only archived {self.resource.name}s can be permanently deleted."
        missing = f"{self.resource.label} not found in archives. {only}"
        return await self._move(
            principal, self.found_by(principal, key, Access.DELETE), Access.DELETE, gone, missing
        )

    async def _move(
        self,
        principal: Principal,
        wanted: ColumnElement[bool],
        access: Access,
        statement: Update | Delete,
        missing: str,
    ) -> RowMapping:
        """The row that a statement changed, whose WHERE says in which state it must be."""
        allowed = self._allowed(principal, wanted, access)
        if moved := await self._database.run(statement.where(*allowed).returning(self.resource.table)):
            return moved[0]
        if not principal.is_system_admin and await self._database.run(select(literal(1)).where(*allowed)):
            raise NotFoundError(missing)  # theirs, but in another state
        raise refusal(self.resource, principal, access, missing)

    def _allowed(
        self, principal: Principal, wanted: ColumnElement[bool], access: Access
    ) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return wanted, granted(self.resource, principal, access)
