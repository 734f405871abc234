"""What a rehearsed request would have written, row by row: the value of `X-Write-Set`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Delete,
    Executable,
    Insert,
    Label,
    Select,
    Table,
    Update,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.dml import OnConflictDoUpdate
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase

from domains.shared import node_json

_MAX_HEADER = 32_000
"""Characters: what Crossfade reads of the head of an answer is four times as much."""
_MAX_SHOWN = 100
"""Rows of one table that are read; a header has no room for more."""
_PREFIX = "rehearsed_key_"
_INNER_PREFIX = "rehearsed_keys_"
_OPERATIONS: Mapping[type[UpdateBase], str] = {Insert: "insert", Update: "update", Delete: "delete"}

Read = Callable[[Executable], Awaitable[Sequence[Mapping[str, Any]]]]
"""Runs a statement inside of the rehearsal, and counts it nowhere."""


@dataclass(slots=True)
class WriteSet:
    """The rows that were written, in their order: table, operation, primary key, columns; and, once `show`n, the row."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)

    async def show(self, read: Read) -> None:
        """Add to every entry with a key the `row` as it is now, null where it is gone; one statement a table."""
        for name, table in self.tables.items():
            known = (one for one in self.rows if one["table"] == name and one["key"] is not None)
            entries = list(islice(known, _MAX_SHOWN))
            if not entries:
                continue
            columns = list(table.primary_key)
            keys = [[one["key"]] if len(columns) == 1 else one["key"] for one in entries]
            chosen: Executable = (
                select(literal_column("*")).select_from(table).where(_is_one_of(columns, keys))
            )
            found = {}
            for row in await read(chosen):
                shown = {column: node_json.column_value(value) for column, value in row.items()}
                found[_hashed([shown[column.name] for column in columns])] = shown
            for entry, key in zip(entries, keys, strict=True):
                entry["row"] = found.get(_hashed(key))

    def header(self) -> str:
        """As JSON in ASCII; `{"truncated": n}` stands for the last n rows where a header has no room for them."""
        kept: list[str] = []
        size = 2
        for row in self.rows:
            text = _ascii(row)
            size += len(text) + 1
            if size > _MAX_HEADER:
                kept.append(_ascii({"truncated": len(self.rows) - len(kept)}))
                break
            kept.append(text)
        return f"[{','.join(kept)}]"


Note = Callable[[WriteSet, list[dict[str, Any]]], list[dict[str, Any]]]


def watched(statement: Executable) -> tuple[Executable, Note]:
    """The statement that also tells the keys of the rows it writes, and how to note them and give back the rest.

    A write inside of another statement (a CTE) tells its keys where it returns them; else they are null.
    """
    inner = _inner_writes(statement)
    entries = [(_entry(part.element), _table(part.element)) for part in inner]
    if not isinstance(statement, UpdateBase) or not isinstance(statement.table, Table):
        if isinstance(statement, Select) and inner:
            statement = statement.add_columns(*_inner_keys(inner))
        return statement, lambda writes, rows: _noted(writes, entries, rows)
    outer, table = _entry(statement), statement.table
    keys = list(table.primary_key)
    # the public ways to ask for it leave their answer in the statement, also in those that are made from it
    is_quiet = not statement._returning  # noqa: SLF001 - see above
    told = statement.returning(
        *(column.label(f"{_PREFIX}{number}") for number, column in enumerate(keys)), *_inner_keys(inner)
    )

    def note(writes: WriteSet, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        writes.tables[table.name] = table
        for row in rows:
            key = [node_json.column_value(row.pop(f"{_PREFIX}{number}")) for number in range(len(keys))]
            writes.rows.append(outer | {"key": _key(key)})
        shown = _noted(writes, entries, rows)
        return [] if is_quiet else shown

    return told, note


def _noted(
    writes: WriteSet, entries: Sequence[tuple[dict[str, Any], Table]], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Note what was written inside, as the first row tells it, and take it out of all rows."""
    for number, (entry, table) in enumerate(entries):
        writes.tables[table.name] = table
        told = [row.pop(f"{_INNER_PREFIX}{number}", None) for row in rows]
        found = told[0] if told else []
        writes.rows += [entry] if found is None else [entry | {"key": _key(key)} for key in found]
    return rows


def _is_one_of(columns: Sequence[Column[Any]], keys: Sequence[Sequence[Any]]) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return or_(*(and_(*(column == part for column, part in zip(columns, key, strict=True))) for key in keys))


def _hashed(key: Sequence[Any]) -> tuple[str, ...]:
    return tuple(map(str, key))


def _key(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _inner_writes(statement: Any) -> list[CTE]:
    # a CTE is met wherever it is referred to, and run once
    found = [part for part in visitors.iterate(statement) if isinstance(part, CTE)]
    return list({id(part.element): part for part in found if isinstance(part.element, UpdateBase)}.values())


def _inner_keys(writes: Sequence[CTE]) -> list[Label[Any]]:
    """The keys that each write returns, as an array of arrays: none where it wrote nothing, null where it is silent."""
    return [_returned_keys(part).label(f"{_INNER_PREFIX}{number}") for number, part in enumerate(writes)]


def _returned_keys(part: CTE) -> ColumnElement[Any]:
    columns = [part.c.corresponding_column(column) for column in _table(part.element).primary_key]
    if any(column is None for column in columns):
        return literal(None, JSONB(none_as_null=True))
    keys = func.coalesce(func.jsonb_agg(func.jsonb_build_array(*columns)), literal([], JSONB), type_=JSONB)
    return select(keys).select_from(part).correlate(None).scalar_subquery()


def _table(statement: Any) -> Table:
    table: Table = statement.table
    return table


def _entry(statement: Any) -> dict[str, Any]:
    operation = next(word for kind, word in _OPERATIONS.items() if isinstance(statement, kind))
    if isinstance(getattr(statement, "_post_values_clause", None), OnConflictDoUpdate):
        operation = "upsert"
    return {
        "table": str(getattr(statement.table, "name", "")),
        "op": operation,
        "key": None,
        "columns": sorted(_columns(statement)),
    }


def _columns(statement: UpdateBase) -> set[str]:
    # how a statement keeps what it was given: by column, or by name where a SELECT gives it
    given: Any = getattr(statement, "_values", None) or getattr(statement, "_select_names", None) or ()
    return {str(getattr(column, "name", column)) for column in given}


def _ascii(value: Any) -> str:
    text = node_json.dumps_text(value)
    return "".join(c if c.isascii() else "".join(f"\\u{unit:04x}" for unit in _units(c)) for c in text)


def _units(character: str) -> Sequence[int]:
    encoded = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(encoded[at : at + 2]) for at in range(0, len(encoded), 2)]
