"""What it means that a row is archived: the rooms differ in it, and keep their differences (Q-26)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, func


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
