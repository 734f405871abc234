"""What every room does with its rows; a room declares what its rows are and which words find one.

Each operation is one statement that finds the row, checks the permission and acts, so that nothing can come
between; only to say why it did not act may a second one be needed. No HTTP is in sight.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, ClassVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    False_,
    FromClause,
    RowMapping,
    Select,
    Update,
    bindparam,
    false,
    func,
    select,
)

from domains.shared.archiving import Archive, by_deleted_at, deleting, putting, taking
from domains.shared.batches import Batch, Needs, batch_values, deletion, ids_of
from domains.shared.changes import NO_VERSION, Also, changing, telling
from domains.shared.clock import Clock
from domains.shared.csv_export import CHUNK_ROWS, Export, exporting, heading, lines
from domains.shared.database import Database
from domains.shared.errors import (
    ApiError,
    ConflictError,
    InvalidInputError,
    NotArchivedError,
    NotFoundError,
    VersionConflictError,
)
from domains.shared.models import Resource
from domains.shared.node_json import column_value
from domains.shared.pagination import Page, bounds
from domains.shared.permissions import Access, Principal, Scope, caller_values, granted, in_scope, refusal
from domains.shared.statements import announce
from domains.shared.statistics import Statistics, counted, counting
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
    source: ClassVar[FromClause]
    whole: ClassVar[Sequence[ColumnElement[Any]]]
    """Where a read finds its columns, and which ones one row has; else the table, and all of its columns."""
    names: ClassVar[tuple[str, ...]]
    """Those of the columns of a whole row."""
    hides_archived: ClassVar[bool] = False
    """Whether an archived row can neither be read nor changed (Q-26)."""
    told_of_moves: ClassVar[tuple[str, ...]] = ()
    """What is needed of a row that was archived, restored or deleted, with its id; none is all of it."""
    archiving: ClassVar[Archive]
    """Which rows are archived; where a room does not say so, those with a `deleted_at`."""
    not_to_archive: ClassVar[str]
    not_to_restore: ClassVar[str]
    """The sentences for what is in another state, or not there; else that there is none."""
    batch: ClassVar[Batch] = Batch(Needs.NO_ACTIVE)
    statistics: ClassVar[Statistics]
    exported: ClassVar[Export]

    def __init_subclass__(cls) -> None:
        missing = f"{cls.resource.label} not found"
        table = cls.resource.table
        facts: dict[str, Any] = {"not_to_archive": missing, "not_to_restore": missing}
        facts |= {"source": table, "whole": tuple(table.c)}
        if "deleted_at" in table.c:
            facts["archiving"] = by_deleted_at(table)
        for name, value in facts.items():
            if not hasattr(cls, name):
                setattr(cls, name, value)
        cls.names = tuple(str(column.key) for column in cls.whole)

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

    def wanted(self, principal: Principal, query: Mapping[str, str]) -> Sequence[ColumnElement[bool]]:
        """The rows that a query asks for, of those in its scope."""
        return [in_scope(self.resource, principal, Scope.of(query.get("scope")))]

    def shown(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        """A whole row, column for column, as the API shows it."""
        return {name: column_value(row[name]) for name in self.names}

    async def get(self, principal: Principal, key: str) -> dict[str, Any]:
        """One row that the caller may see, as the API shows it."""
        return self.shown(await self.row(principal, key))

    async def row(self, principal: Principal, key: str) -> RowMapping:
        """One row that the caller may see."""
        return await self.read(principal, self.found_by(principal, key, Access.VIEW))

    async def read(self, principal: Principal, found: Found) -> RowMapping:
        """One row that the caller may see, by other words than those of `found_by`."""
        reading = _reading(type(self), found.how, Access.VIEW)  # type: ignore[arg-type]  # mypy: a class hashes
        missing = f"{self.resource.label} not found"
        if not (rows := await self._database.run(reading, values_of(principal, found))):
            raise refusal(self.resource, principal, Access.VIEW, missing)
        if self.hides_archived and rows[0]["deleted_at"] is not None:
            raise NotFoundError(missing)
        return rows[0]

    async def require(self, principal: Principal, key: str, access: Access) -> None:
        """Raise unless the caller was granted that; a system_admin always was, but not what is personal."""
        if principal.is_system_admin and not self.resource.personal:
            return
        if await self._granted(principal, self.found_by(principal, key, access), access) is None:
            raise refusal(self.resource, principal, access, f"{self.resource.label} not found")

    @asynccontextmanager
    async def judging(self, principal: Principal, key: str) -> AsyncIterator[None]:
        """Whatever is wrong with a change is told only to who may make it: a stranger learns nothing about it."""
        try:
            yield
        except ApiError:
            await self.require(principal, key, Access.EDIT)
            raise

    async def page(
        self,
        columns: Sequence[ColumnElement[Any]],
        where: Sequence[ColumnElement[bool]],
        *order: ColumnElement[Any],
        number: int,
        limit: int,
    ) -> Page:
        """One page and the number of all rows, of which it is one."""
        size, offset = bounds(number, limit)
        found = await self.window(columns, where, *order, limit=size, offset=offset)
        return Page(found.rows, found.total, number, limit)

    async def window(
        self,
        columns: Sequence[ColumnElement[Any]],
        where: Sequence[ColumnElement[bool]],
        *order: ColumnElement[Any],
        limit: int,
        offset: int,
    ) -> Page:
        """Some rows and the number of all: one statement, and a second one only where it finds no rows.

        Rows with equal sort keys stay in the database's order.
        """
        if any(isinstance(condition, False_) for condition in where):
            return Page(
                (), 0, 1, limit, offset
            )  # a scope without rows, of which the database need not be asked
        counted = select(func.count().label("total")).select_from(self.source).where(*where)
        total_rows = counted.correlate(None).scalar_subquery().label("total_rows")
        paged = select(*columns, total_rows).select_from(self.source).where(*where)
        rows = await self._database.run(paged.order_by(*order).limit(limit).offset(offset))
        if rows:
            return Page(rows, rows[0]["total_rows"], 1, limit, offset)
        is_first = offset == 0 and limit > 0
        total = 0 if is_first else (await self._database.run(counted))[0]["total"]
        return Page(rows, total, 1, limit, offset)

    async def change(
        self,
        principal: Principal,
        key: str,
        values: Mapping[str, Any],
        *,
        version: int | None,
        also: Also | None = None,
        parameters: Mapping[str, Any] | None = None,
        attempted: Any = None,
    ) -> Mapping[Any, Any]:
        """Change columns of one row and return it whole; raises VersionConflictError when it has moved on.

        `parameters` are those of `also`; `attempted` is the version as the client wrote it, where that is to be told.
        """
        table = self.resource.table
        found = self.found_by(principal, key, Access.EDIT)
        by = {"last_modified_by": principal.user_id} if "version" in table.c else {}
        statement, own = changing(
            table, {**values, **by}, version=version, hides_archived=self.hides_archived
        )
        missing = NotFoundError(f"{self.resource.label} not found")
        try:
            return await self._move(
                *(principal, found, Access.EDIT, statement, missing),
                also=also,
                parameters=own | dict(parameters or {}),
            )
        except NotFoundError:
            current = None if version is None else await self._granted(principal, found, Access.EDIT)
            if (
                version is None
                or current is None
                or (self.hides_archived and current["deleted_at"] is not None)
            ):
                raise
            told = None if version == NO_VERSION else version if attempted is None else attempted
            raise VersionConflictError(
                self.resource.name, current=current["version"], attempted=told
            ) from None

    async def archive(self, principal: Principal, key: str) -> Mapping[Any, Any]:
        """Put one row into the archive."""
        missing = NotFoundError(self.not_to_archive)
        found, put = self.moved_by(principal, key), putting(self.resource.table, self.archiving)
        return await self._move(
            principal, found, Access.EDIT, put, missing, parameters={}, names=self.told_of_moves
        )

    async def restore(self, principal: Principal, key: str) -> Mapping[Any, Any]:
        """Take one row out of the archive."""
        missing = NotFoundError(self.not_to_restore)
        found, taken = self.moved_by(principal, key), taking(self.resource.table, self.archiving)
        return await self._move(
            principal, found, Access.EDIT, taken, missing, parameters={}, names=self.told_of_moves
        )

    async def delete(self, principal: Principal, key: str) -> Mapping[Any, Any]:
        """Delete one row for good."""
        gone = deleting(self.resource.table, self.archiving)
        found = self.found_by(principal, key, Access.DELETE)
        try:
            return await self._move(
                *(principal, found, Access.DELETE, gone, self.not_to_delete()),
                parameters={},
                names=self.told_of_moves,
            )
        except InvalidInputError as error:  # nothing else of a deletion can be refused by the database
            raise ConflictError(f"{self.resource.label} is still referred to") from error

    async def delete_many(self, principal: Principal, body: Mapping[str, Any]) -> Sequence[RowMapping]:
        """Delete the rows of the `ids` for good; of nothing that the caller may not delete, or of none (Q-02)."""
        ids = ids_of(body, self.batch)
        values = batch_values(self.resource, ids) | caller_values(principal)
        rows = await self._database.run(deletion(self.resource, self.archiving, self.batch), values)
        if not principal.is_system_admin and not (
            len(rows) >= values["different"] and all(row["was_granted"] for row in rows)
        ):
            raise refusal(self.resource, principal, Access.DELETE, "")
        archived = [row for row in rows if row["was_archived"]]
        match self.batch.needs:
            case Needs.ALL if len(archived) != len(ids):
                raise self.incomplete(ids, rows)
            case Needs.NO_ACTIVE if len(archived) != len(rows):
                active = ", ".join(str(row["id"]) for row in rows if not row["was_archived"])
                raise NotArchivedError(f"Some {self.resource.name}s are not archived: {active}")
        return [row for row in archived if row["was_deleted"]]

    async def count(self, principal: Principal, query: Mapping[str, str]) -> dict[str, Any]:
        """The statistics of the rows that a list in this scope shows (Q-15)."""
        scope = in_scope(self.resource, principal, Scope.of(query.get("scope")))
        statement = counting(self.resource, self.archiving, self.statistics, [scope])
        return counted(self.statistics, await self._database.run(statement))

    async def export(self, principal: Principal, query: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """The rows that a list with this query shows, as CSV in pieces (Q-15); raises before it returns."""
        where = self.wanted(principal, query)
        rows = await self._database.run(exporting(self.resource.table, self.exported, where))
        if rows:
            announce(rows[0]["of_all"] // CHUNK_ROWS)

        async def pieces(rows: Sequence[RowMapping]) -> AsyncGenerator[bytes, None]:
            yield heading(self.exported)
            while rows:
                yield lines(self.exported, rows)
                if len(rows) < CHUNK_ROWS:
                    break
                rows = await self._database.run(
                    exporting(self.resource.table, self.exported, where, after=rows[-1])
                )

        return pieces(rows)

    def not_to_delete(self) -> ApiError:
        """What is answered to the deletion of what is not in the archive."""
        return NotArchivedError(f"{self.resource.label} must be archived before deletion")

    def incomplete(self, ids: Sequence[str | None], rows: Sequence[RowMapping]) -> ApiError:
        """What is answered to a batch that needs them all where there are not all of them in the archive."""
        del ids, rows
        return self.not_to_delete()

    async def _move(
        self,
        principal: Principal,
        found: Found,
        access: Access,
        statement: Update | Delete,
        otherwise: ApiError,
        also: Also | None = None,
        parameters: Mapping[str, Any] | None = None,
        names: tuple[str, ...] = (),
    ) -> Mapping[Any, Any]:
        """The row that a statement changed, whose WHERE says in which state it must be; else raises `otherwise`.

        One statement for the change and, where it did not happen, for the reason. It is made once, and so must `statement`
        and `also` be, whose open parameters come beside them; without `names` the row is whole.
        """
        told = telling(self.resource, found.how, access, statement, names, also)
        rows = await self._database.run(told, {**values_of(principal, found), **(parameters or {})})
        if rows and rows[0]["id"] is not None:
            row = dict(rows[0])
            del row["was_granted"]
            return row
        if principal.is_system_admin and isinstance(otherwise, NotFoundError):
            raise otherwise  # the recorded sentence for what is not there is the same
        if rows and rows[0]["was_granted"]:
            raise otherwise
        raise refusal(self.resource, principal, access, f"{self.resource.label} not found")

    async def _granted(
        self,
        principal: Principal,
        found: Found,
        access: Access,
        names: Sequence[str] = ("version", "deleted_at"),
    ) -> RowMapping | None:
        """Some columns of the granted row, as far as the table has them; None when there is none."""
        seen = _seeing(self.resource, found.how, access, tuple(names))
        rows = await self._database.run(seen, values_of(principal, found))
        return rows[0] if rows else None


@cache
def _by_id(resource: Resource) -> ColumnElement[bool]:
    found: ColumnElement[bool] = resource.table.c.id == KEY
    return found


@cache
def _reading(room: type[CrudService], how: ColumnElement[bool], access: Access) -> Select[Any]:
    """Made once, because a whole row is what is asked for most."""
    return select(*room.whole).select_from(room.source).where(how, granted(room.resource, access))


@lru_cache
def _seeing(
    resource: Resource, how: ColumnElement[bool], access: Access, names: tuple[str, ...]
) -> Select[Any]:
    columns = [resource.table.c[name] for name in names if name in resource.table.c]
    return select(*columns).where(how, granted(resource, access))


def values_of(principal: Principal, found: Found) -> dict[str, Any]:
    """The parameters of a statement about one row."""
    return {"key": found.key, **caller_values(principal)}
