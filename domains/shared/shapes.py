"""What stands in an answer, as JSON schema: made from the columns, written as `node_json` writes their values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    String,
    Table,
    Time,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from domains.shared.wire import Schema

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
ID: Schema = {"type": "string", "format": "uuid"}
DECIMAL: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["450000.00"]}
"""NUMERIC, whose digits no reader may lose."""
ANYTHING: Schema = {}


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A schema with a name of its own in the document; such may stand anywhere in a schema."""

    name: str
    schema: Mapping[str, Any]


Part = Shape | Mapping[str, Any]
"""What a schema is made of."""


def nothing_or(part: Part) -> Schema:
    """That, or null; what has no type may be null as it is."""
    if isinstance(part, Shape):
        return {"anyOf": [part, {"type": "null"}]}
    kind = part.get("type", [])
    return {**part, "type": [kind, "null"]} if isinstance(kind, str) else dict(part)


def each(part: Part) -> Schema:
    """An array of that."""
    return {"type": "array", "items": part}


def keyed(part: Part) -> Schema:
    """An object of that, by keys that nobody knows beforehand."""
    return {"type": "object", "additionalProperties": part}


def whole(parts: Mapping[str, Part], *, optional: Iterable[str] = ()) -> Schema:
    """An object with these keys and no others."""
    left_out = frozenset(optional)
    schema: Schema = {"type": "object", "properties": dict(parts), "additionalProperties": False}
    required = [name for name in parts if name not in left_out]
    return {**schema, "required": required} if required else schema


def of_column(column: ColumnElement[Any]) -> Schema:
    """A column's value."""
    match column.type:
        case Uuid():
            kind = ID
        case TSVECTOR() | Time() | String():
            kind = TEXT
        case Boolean():
            kind = FLAG
        case Integer():
            kind = INTEGER
        case Numeric():
            kind = DECIMAL
        case DateTime() | Date():
            kind = MOMENT
        case ARRAY():
            kind = each(nothing_or(TEXT))
        case JSONB():
            return ANYTHING
        case other:
            raise TypeError(f"no schema for a column of {other}")
    return kind if getattr(column, "nullable", True) is False else nothing_or(kind)


def of_columns(columns: Iterable[ColumnElement[Any]]) -> dict[str, Part]:
    """The values of columns, by the columns' names."""
    return {str(column.key): of_column(column) for column in columns}


def row(columns: Iterable[ColumnElement[Any]], **more: Part) -> Schema:
    """A row as the API shows it, and what it shows beside it."""
    return whole(of_columns(columns) | more)


def some(table: Table, *names: str) -> dict[str, Part]:
    """Some columns of a table."""
    return {name: of_column(table.c[name]) for name in names}


def spelled(columns: Mapping[str, str], *tables: Table) -> dict[str, Part]:
    """Key → column of one of the tables, as a room spells them."""
    return {
        key: next(of_column(table.c[name]) for table in tables if name in table.c)
        for key, name in columns.items()
    }
