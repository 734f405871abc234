"""Changes of one row as statements that are made once: what differs between two requests comes as parameters."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Delete,
    Select,
    Table,
    Update,
    bindparam,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.sql.selectable import CTE

from domains.shared.models import Resource
from domains.shared.permissions import Access, granted

_FORMS_KEPT = 500  # clients choose which columns they send


def changing(
    table: Table, values: Mapping[str, Any], *, version: int | None, hides_archived: bool
) -> tuple[Update, dict[str, Any]]:
    """The update of these columns, its WHERE still open, and its parameters."""
    if any(isinstance(value, ClauseElement) for value in values.values()):
        return _where(update(table).values(values), table, version=version, hides_archived=hides_archived), {}
    statement = _changing(table, tuple(values), version is not None, hides_archived)
    parameters = {f"new_{name}": value for name, value in values.items()}
    return statement, parameters if version is None else parameters | {"known_version": version}


def telling(
    resource: Resource, how: ColumnElement[bool], access: Access, statement: Update | Delete
) -> tuple[Select[Any], CTE]:
    """The change of a granted row, told with the row after it and whether it was granted at all; and the change."""
    may = granted(resource, access)
    moved = statement.where(how, may).returning(resource.table).cte("moved")
    seen = select(may.label("was_granted")).where(how).subquery("seen")
    # named as text: to name each column of a wide table costs more than all the rest of the request
    columns: tuple[ColumnElement[Any], ...] = literal_column("seen.was_granted"), literal_column("moved.*")
    return select(*columns).select_from(seen.outerjoin(moved, true())), moved


telling_again = lru_cache(maxsize=_FORMS_KEPT)(telling)
"""For statements that are made once; one that holds a client's values must not be kept."""


@lru_cache(maxsize=_FORMS_KEPT)
def _changing(table: Table, names: tuple[str, ...], versioned: bool, hides_archived: bool) -> Update:  # noqa: FBT001 - facts, and part of the key
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    known: Any = bindparam("known_version") if versioned else None
    return _where(update(table).values(values), table, version=known, hides_archived=hides_archived)


def _where(statement: Update, table: Table, *, version: Any, hides_archived: bool) -> Update:
    if version is not None:
        statement = statement.where(table.c.version == version)
    if hides_archived:
        statement = statement.where(table.c.deleted_at.is_(None))
    written: dict[str, Any] = {"updated_at": func.now()}
    if "version" in table.c:
        written["version"] = table.c.version + 1
    return statement.values(written)
