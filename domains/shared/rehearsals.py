"""What a rehearsed request would have written, row by row: the value of `X-Write-Set`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Delete, Executable, Insert, Table, Update
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase

from domains.shared import node_json

_MAX_HEADER = 6_000
_PREFIX = "rehearsed_key_"
_OPERATIONS: Mapping[type[UpdateBase], str] = {Insert: "insert", Update: "update", Delete: "delete"}


@dataclass(slots=True)
class WriteSet:
    """The rows that were written, in their order: table, operation, primary key, columns."""

    rows: list[dict[str, Any]] = field(default_factory=list)

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

    Of a single write inside of another statement (a CTE) the keys are the ids that the statement tells; of several the
    tables and the columns are known, and the keys are null.
    """
    inner = [_entry(part) for part in _writes(statement) if part is not statement]
    if not isinstance(statement, UpdateBase) or not isinstance(statement.table, Table):
        return statement, lambda writes, rows: _noted(writes, inner, rows)
    outer = _entry(statement)
    keys = list(statement.table.primary_key)
    # the public ways to ask for it leave their answer in the statement, also in those that are made from it
    is_quiet = not statement._returning  # noqa: SLF001 - see above
    told = statement.returning(*(column.label(f"{_PREFIX}{number}") for number, column in enumerate(keys)))

    def note(writes: WriteSet, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for row in rows:
            key = [node_json.column_value(row.pop(f"{_PREFIX}{number}")) for number in range(len(keys))]
            writes.rows.append(outer | {"key": key[0] if len(key) == 1 else key})
        return _noted(writes, inner, [] if is_quiet else rows)

    return told, note


def _noted(
    writes: WriteSet, entries: Sequence[dict[str, Any]], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    if len(entries) == 1 and rows and "id" in rows[0]:
        ids = [row["id"] for row in rows if row["id"] is not None]
        writes.rows.extend(entries[0] | {"key": node_json.column_value(key)} for key in ids)
    else:
        writes.rows.extend(entries)
    return rows


def _writes(statement: Any) -> list[UpdateBase]:
    # a CTE is met wherever it is referred to, and run once
    return list(
        {id(part): part for part in visitors.iterate(statement) if isinstance(part, UpdateBase)}.values()
    )


def _entry(statement: UpdateBase) -> dict[str, Any]:
    operation = next(word for kind, word in _OPERATIONS.items() if isinstance(statement, kind))
    return {
        "table": str(getattr(statement.table, "name", "")),
        "op": operation,
        "key": None,
        "columns": sorted(_columns(statement)),
    }


def _columns(statement: UpdateBase) -> set[str]:
    given: Any = getattr(statement, "_values", None) or {}
    return {str(getattr(column, "name", column)) for column in given}


def _ascii(value: Any) -> str:
    text = node_json.dumps_text(value)
    return "".join(c if c.isascii() else "".join(f"\\u{unit:04x}" for unit in _units(c)) for c in text)


def _units(character: str) -> Sequence[int]:
    encoded = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(encoded[at : at + 2]) for at in range(0, len(encoded), 2)]
