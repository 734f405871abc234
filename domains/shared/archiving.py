"""What it means that a row is archived: the rooms differ in it, and keep their differences (Q-26)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Delete, Table, Update, delete, func, update


@dataclass(frozen=True, slots=True, eq=False)
class Archive:
    """Which rows are in the archive, how they come there, and what can be done with them there."""

    inside: ColumnElement[bool]
    put: Mapping[str, Any]
    take: Mapping[str, Any] = field(default_factory=dict)
    repeatable: bool = False
    """Whether archiving what is archived succeeds again."""
    before_deletion: bool = True
    """Whether only archived rows can be deleted."""


def by_deleted_at(table: Table, **also: Any) -> Archive:
    """The archive of the rows with a `deleted_at`; `also` are the columns that archiving sets beside it."""
    deleted_at = table.c.deleted_at
    put = {"deleted_at": func.now(), **also}
    return Archive(deleted_at.is_not(None), put, {"deleted_at": None})


@cache
def putting(table: Table, archive: Archive) -> Update:
    """Into the archive; made once, as the others are."""
    put = update(table).values({**archive.put, "updated_at": func.now()})
    return put if archive.repeatable else put.where(~archive.inside)


@cache
def taking(table: Table, archive: Archive) -> Update:
    """Out of the archive."""
    taken = update(table).values({**archive.take, "updated_at": func.now()})
    return taken if archive.repeatable else taken.where(archive.inside)


@cache
def deleting(table: Table, archive: Archive) -> Delete:
    """Gone for good."""
    return delete(table).where(archive.inside) if archive.before_deletion else delete(table)
