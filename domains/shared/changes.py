"""Changes of one row as statements that are made once: what differs between two requests comes as parameters."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Delete,
    Executable,
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
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.selectable import CTE

from domains.shared.models import Resource
from domains.shared.permissions import Access, granted

_FORMS_KEPT = 500  # clients choose which columns they send
NO_VERSION = -(2**31)
"""The version that no row has: what stands for null, which is refused like an old one, as recorded."""


def version_of(changes: dict[str, Any]) -> int | None:
    """The version that a row must have, taken out of its changes; None where they say nothing of it."""
    if "version" not in changes:
        return None
    version: int | None = changes.pop("version")
    return NO_VERSION if version is None else version


Values = Mapping[str, Any]
"""Column → value. An expression counts by its identity: one that is made once makes one statement."""


Also = Callable[[CTE], CTE]
"""From the rows that a statement changed to another one, on what belongs to them: both happen, or none. Made once."""


def adding(
    table: Table, values: Values, returning: tuple[ColumnElement[Any], ...] = (), *, unique: str | None = None
) -> tuple[Executable, dict[str, Any]]:
    """The insertion of a row, which tells of these columns (else of all), and its parameters.

    With `unique` nothing is inserted, and nothing told, where another row has that column's value already.
    """
    plain, computed = _parted(values)
    return _adding(table, tuple(plain), computed, returning, unique), _parameters(plain)


def setting(
    table: Table, values: Values, *only: ColumnElement[bool], returning: tuple[ColumnElement[Any], ...] = ()
) -> tuple[Update, dict[str, Any]]:
    """The update of these columns and nothing else, and its parameters; `only` are conditions that are made once."""
    plain, computed = _parted(values)
    return _setting(table, tuple(plain), computed, only, returning), _parameters(plain)


def changing(
    table: Table, values: Values, *, version: int | None, hides_archived: bool
) -> tuple[Update, dict[str, Any]]:
    """The update of these columns of a row that keeps account of its changes, and its parameters."""
    plain, computed = _parted(values)
    statement = _changing(table, tuple(plain), computed, version is not None, hides_archived)
    parameters = _parameters(plain)
    return statement, parameters if version is None else parameters | {"known_version": version}


@lru_cache(maxsize=_FORMS_KEPT)
def telling(
    resource: Resource,
    how: ColumnElement[bool],
    access: Access,
    statement: Update | Delete,
    names: tuple[str, ...] = (),
    also: Also | None = None,
) -> Select[Any]:
    """The change of a granted row, told with the row after it and whether it was granted at all.

    Of the row these columns are told, which must have the id; without names all. `also` makes another change of it.
    """
    may = granted(resource, access)
    shown: list[Any] = [resource.table.c[name] for name in names] or [resource.table]
    moved = statement.where(how, may).returning(*shown).cte("moved")
    seen = select(may.label("was_granted")).where(how).subquery("seen")
    # named as text: to name each column of a wide table costs more than all the rest of the request
    columns: tuple[ColumnElement[Any], ...] = literal_column("seen.was_granted"), literal_column("moved.*")
    told = select(*columns).select_from(seen.outerjoin(moved, true()))
    return told if also is None else told.add_cte(also(moved))


def _parted(values: Values) -> tuple[dict[str, Any], tuple[tuple[str, Any], ...]]:
    computed = tuple((name, value) for name, value in values.items() if isinstance(value, ClauseElement))
    return {name: value for name, value in values.items() if not isinstance(value, ClauseElement)}, computed


def _parameters(plain: Values) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in plain.items()}


def _open(table: Table, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}


@lru_cache(maxsize=_FORMS_KEPT)
def _adding(
    table: Table,
    names: tuple[str, ...],
    computed: tuple[tuple[str, Any], ...],
    returning: tuple[ColumnElement[Any], ...],
    unique: str | None,
) -> Executable:
    statement = insert(table).values({**_open(table, names), **dict(computed)})
    if unique is not None:
        statement = statement.on_conflict_do_nothing(index_elements=[unique])
    return statement.returning(*(returning or table.c))


@lru_cache(maxsize=_FORMS_KEPT)
def _setting(
    table: Table,
    names: tuple[str, ...],
    computed: tuple[tuple[str, Any], ...],
    only: tuple[ColumnElement[bool], ...],
    returning: tuple[ColumnElement[Any], ...],
) -> Update:
    statement = update(table).where(*only).values({**_open(table, names), **dict(computed)})
    return statement.returning(*returning) if returning else statement


@lru_cache(maxsize=_FORMS_KEPT)
def _changing(
    table: Table,
    names: tuple[str, ...],
    computed: tuple[tuple[str, Any], ...],
    versioned: bool,  # noqa: FBT001 - a fact, and part of the key
    hides_archived: bool,  # noqa: FBT001 - likewise
) -> Update:
    statement = update(table).values({**_open(table, names), **dict(computed)})
    if versioned:
        statement = statement.where(table.c.version == bindparam("known_version"))
    if hides_archived:
        statement = statement.where(table.c.deleted_at.is_(None))
    written: dict[str, Any] = {"updated_at": func.now()}
    if "version" in table.c:
        written["version"] = table.c.version + 1
    return statement.values(written)
