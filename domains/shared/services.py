"""What every room does with its rows; a room declares what its rows are and which words find one.

Each operation is one statement that finds the row, checks the permission and acts, so that nothing can come
between; only to say why it did not act may a second one be needed. No HTTP is in sight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    RowMapping,
    Select,
    Update,
    bindparam,
    delete,
    false,
    func,
    select,
    update,
)

from domains.shared.clock import Clock
from domains.shared.database import Database
from domains.shared.errors import NotFoundError, VersionConflictError
from domains.shared.models import Resource
from domains.shared.pagination import Page, bounds
from domains.shared.permissions import Access, Principal, caller_values, granted, refusal
from domains.shared.uuids import uuid_of


@dataclass(frozen=True, slots=True)
class Found:
    """Which row the key of a request means: a condition made once, with `KEY`, and the value for it."""

    how: ColumnElement[bool]
    key: Any


KEY: BindParameter[Any] = bindparam("key")
"""Stands for the key in the conditions of `Found`."""
_NONE = false()


class CrudService:
    """Reads and writes the rows of one resource for a caller, who gets what they were granted and nothing else."""

    resource: ClassVar[Resource]
    hides_archived: ClassVar[bool] = False
    """Whether an archived row can neither be read nor changed (Q-26)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def found_by(self, principal: Principal, key: str, access: Access) -> Found:
        """Which row the key of a request means: that of the id; what cannot be one is the id of nothing (Q-09)."""
        del principal, access
        row_id = uuid_of(key)
        return Found(_NONE, key) if row_id is None else Found(_by_id(self.resource), row_id)

    def moved_by(self, principal: Principal, key: str) -> Found:
        """The same for archiving and restoring."""
        return self.found_by(principal, key, Access.EDIT)

    async def row(self, principal: Principal, key: str) -> RowMapping:
        """One row that the caller may see."""
        found = self.found_by(principal, key, Access.VIEW)
        reading = _reading(self.resource, found.how, Access.VIEW)
        missing = f"{self.resource.label} not found"
        if not (rows := await self._database.run(reading, _values(principal, found))):
            raise refusal(self.resource, principal, Access.VIEW, missing)
        if self.hides_archived and rows[0]["deleted_at"] is not None:
            raise NotFoundError(missing)
        return rows[0]

    async def require(self, principal: Principal, key: str, access: Access) -> None:
        """Raise unless the caller was granted that; a system_admin always was."""
        if principal.is_system_admin:
            return
        if await self._granted(principal, self.found_by(principal, key, access), access) is None:
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
        found = self.found_by(principal, key, Access.EDIT)
        written = {
            **values,
            "updated_at": func.now(),
            "version": table.c.version + 1,
            "last_modified_by": principal.user_id,
        }
        statement = update(table).values(written)
        if version is not None:
            statement = statement.where(table.c.version == version)
        if self.hides_archived:
            statement = statement.where(table.c.deleted_at.is_(None))
        if changed := await self._write(principal, found, Access.EDIT, statement):
            return changed
        missing = f"{self.resource.label} not found"
        is_unexplained = version is not None or (self.hides_archived and not principal.is_system_admin)
        if is_unexplained and (current := await self._granted(principal, found, Access.EDIT)):
            if self.hides_archived and current["deleted_at"] is not None:
                raise NotFoundError(missing)
            if version is not None:
                raise VersionConflictError(self.resource.name, current=current["version"], attempted=version)
        raise refusal(self.resource, principal, Access.EDIT, missing)

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
        self, principal: Principal, found: Found, access: Access, statement: Update | Delete, missing: str
    ) -> RowMapping:
        """The row that a statement changed, whose WHERE says in which state it must be."""
        if moved := await self._write(principal, found, access, statement):
            return moved
        if not principal.is_system_admin and await self._granted(principal, found, access) is not None:
            raise NotFoundError(missing)  # theirs, but in another state
        raise refusal(self.resource, principal, access, missing)

    async def _write(
        self, principal: Principal, found: Found, access: Access, statement: Update | Delete
    ) -> RowMapping | None:
        """The granted row after the statement; None when there was none to which it applied."""
        table = self.resource.table
        only = statement.where(found.how, granted(self.resource, access)).returning(table)
        rows = await self._database.run(only, _values(principal, found))
        return rows[0] if rows else None

    async def _granted(self, principal: Principal, found: Found, access: Access) -> RowMapping | None:
        """The version of the granted row, and when it was archived; None when there is none."""
        table = self.resource.table
        columns = [table.c[name] for name in ("version", "deleted_at") if name in table.c]
        seen = select(*columns).where(found.how, granted(self.resource, access))
        rows = await self._database.run(seen, _values(principal, found))
        return rows[0] if rows else None


@cache
def _by_id(resource: Resource) -> ColumnElement[bool]:
    found: ColumnElement[bool] = resource.table.c.id == KEY
    return found


@cache
def _reading(resource: Resource, how: ColumnElement[bool], access: Access) -> Select[Any]:
    """Made once, because a whole row is what is asked for most."""
    return select(resource.table).where(how, granted(resource, access))


def _values(principal: Principal, found: Found) -> dict[str, Any]:
    return {"key": found.key, **caller_values(principal)}
