"""What every room does with its rows; a room declares what its rows are and which words find one.

Each operation is one statement that finds the row, checks the permission and acts, so that nothing can come
between; it locks the row it changes. No HTTP is in sight.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Delete,
    Executable,
    RowMapping,
    Update,
    delete,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from domains.shared.clock import Clock
from domains.shared.errors import Fault, InvalidInputError, NotFoundError, VersionConflictError
from domains.shared.models import Resource
from domains.shared.pagination import Page, bounds
from domains.shared.permissions import Access, Principal, granted, refusal

Change = Callable[[ColumnElement[bool]], Update | Delete]


class CrudService(ABC):
    """Reads and writes the rows of one resource for a caller, who gets what they were granted and nothing else."""

    resource: ClassVar[Resource]

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @abstractmethod
    def found_by(self, principal: Principal, key: str, access: Access) -> ColumnElement[bool]:
        """Which row the key of a request means."""

    def moved_by(self, principal: Principal, key: str) -> ColumnElement[bool]:
        """The same for archiving and restoring."""
        return self.found_by(principal, key, Access.EDIT)

    async def row(self, principal: Principal, key: str, columns: Sequence[ColumnElement[Any]]) -> RowMapping:
        """One row that the caller may see; archived ones too."""
        readable = granted(self.resource, principal, Access.VIEW)
        found = await self._run(select(*columns).where(self.found_by(principal, key, Access.VIEW), readable))
        if not found:
            raise refusal(self.resource, principal, Access.VIEW, f"{self.resource.label} not found")
        return found[0]

    async def require(self, principal: Principal, key: str, access: Access) -> None:
        """Raise unless the caller was granted that; a system_admin always was."""
        if principal.is_system_admin:
            return
        allowed = granted(self.resource, principal, access)
        if not await self._run(select(literal(1)).where(self.found_by(principal, key, access), allowed)):
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
        rows = await self._run(paged.order_by(order).limit(size).offset(offset))
        if rows:
            return Page(rows, rows[0]["total_rows"], number, limit)
        total = 0 if number == 1 else (await self._run(counted))[0]["total"]
        return Page(rows, total, number, limit)

    async def change(
        self, principal: Principal, key: str, values: Mapping[str, Any], *, version: int | None
    ) -> RowMapping:
        """Change columns of one row and return it whole; raises VersionConflictError when it has moved on."""
        table = self.resource.table
        written = {
            **values,
            "updated_at": func.now(),
            "version": table.c.version + 1,
            "last_modified_by": principal.user_id,
        }
        fresh = true() if version is None else table.c.version == version

        def updated(is_target: ColumnElement[bool]) -> Update:
            return update(table).where(is_target, fresh).values(written).returning(*table.c)

        missing = f"{self.resource.label} not found"
        wanted = self.found_by(principal, key, Access.EDIT)
        found = await self._write(principal, wanted, Access.EDIT, updated, missing=missing)
        if found["id"] is None and version is not None:
            raise VersionConflictError(self.resource.name, current=found["seen_version"], attempted=version)
        return found

    async def archive(self, principal: Principal, key: str) -> RowMapping:
        """Put one row into the archive."""
        table = self.resource.table
        return await self._move(
            principal,
            self.moved_by(principal, key),
            Access.EDIT,
            lambda is_target: (
                update(table)
                .where(is_target, table.c.deleted_at.is_(None))
                .values(deleted_at=func.now(), updated_at=func.now())
                .returning(*table.c)
            ),
            missing=f"{self.resource.label} not found or already archived",
        )

    async def restore(self, principal: Principal, key: str) -> RowMapping:
        """Take one row out of the archive."""
        table = self.resource.table
        return await self._move(
            principal,
            self.moved_by(principal, key),
            Access.EDIT,
            lambda is_target: (
                update(table)
                .where(is_target, table.c.deleted_at.is_not(None))
                .values(deleted_at=None, updated_at=func.now())
                .returning(*table.c)
            ),
            missing=f"{self.resource.label} not found in archives",
        )

    async def delete(self, principal: Principal, key: str) -> RowMapping:
        """Delete one archived row for good."""
        table = self.resource.table
        only = f"Only archived {self.resource.name}s can be permanently deleted."
        return await self._move(
            principal,
            self.found_by(principal, key, Access.DELETE),
            Access.DELETE,
            lambda is_target: (
                delete(table).where(is_target, table.c.deleted_at.is_not(None)).returning(*table.c)
            ),
            missing=f"{self.resource.label} not found in archives. {only}",
        )

    async def _move(
        self,
        principal: Principal,
        wanted: ColumnElement[bool],
        access: Access,
        change: Change,
        *,
        missing: str,
    ) -> RowMapping:
        found = await self._write(principal, wanted, access, change, missing=missing)
        if found["id"] is None:
            raise NotFoundError(missing)
        return found

    async def _write(
        self,
        principal: Principal,
        wanted: ColumnElement[bool],
        access: Access,
        change: Change,
        *,
        missing: str,
    ) -> RowMapping:
        """Lock the granted row and change it in one statement.

        The answer has the changed row, its `id` None when the change did not apply, and `seen_version`.
        """
        table = self.resource.table
        target = (
            select(table.c.id, table.c.version)
            .where(wanted, granted(self.resource, principal, access))
            .with_for_update(of=table)
            .cte("target")
        )
        changed = change(table.c.id == target.c.id).cte("changed")
        statement = select(target.c.version.label("seen_version"), *changed.c)
        found = await self._run(statement.select_from(target.outerjoin(changed, true())))
        if not found:
            raise refusal(self.resource, principal, access, missing)
        return found[0]

    async def _run(self, statement: Executable) -> Sequence[RowMapping]:
        """Run one statement; what PostgreSQL refuses of a client's values is the client's error (Q-09)."""
        try:
            async with self._engine.connect() as connection:
                return (await connection.execute(statement)).mappings().all()
        except (DataError, IntegrityError) as error:
            diagnostics = getattr(error.orig, "diag", None)
            field = getattr(diagnostics, "column_name", None) or getattr(diagnostics, "constraint_name", None)
            raise InvalidInputError([Fault(field or "", "Does not fit what is stored")]) from error
