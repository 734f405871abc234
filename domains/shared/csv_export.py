"""Rows as CSV (RFC 4180), safe to open in a spreadsheet: text that it would take for a formula gets a quote."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Numeric, RowMapping, Select, Table, func, select

from domains.shared import node_json

CHUNK_ROWS = 1000
"""How many rows are read, and sent, at a time."""
_FORMULA_STARTS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_CONTROL_STARTS = frozenset("\t\r\n\0")


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """What a room exports: heading → column; `source` is where they come from, if not the room's table alone."""

    columns: Mapping[str, ColumnElement[Any]]
    source: FromClause | None = None


def exporting(
    table: Table,
    export: Export,
    where: Sequence[ColumnElement[bool]],
    after: RowMapping | None = None,
) -> Select[Any]:
    """The rows after one of them, in the order of their ids, which no write between two pieces can change.

    The first ones tell how many there are of all.
    """
    key, source = table.c.id, table if export.source is None else export.source
    columns = [column.label(name) for name, column in export.columns.items()]
    reading = select(*columns, key.label("after")).select_from(source).where(*where)
    if after is None:
        of_all = select(func.count()).select_from(source).where(*where).correlate(None).scalar_subquery()
        reading = reading.add_columns(of_all.label("of_all"))
    else:
        reading = reading.where(key > after["after"])
    return reading.order_by(key).limit(CHUNK_ROWS)


def heading(export: Export) -> bytes:
    """The first line."""
    return _text([list(export.columns)])


def lines(export: Export, rows: Iterable[RowMapping]) -> bytes:
    """A line for each row, whose columns are labelled by the headings."""
    plain = {name for name, column in export.columns.items() if isinstance(column.type, Numeric)}
    return _text([[_cell(row[name], guarded=name not in plain) for name in export.columns] for row in rows])


def _text(table: Iterable[Iterable[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(table)
    return buffer.getvalue().encode()


def _cell(value: Any, *, guarded: bool) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return node_json.column_value(value) or ""
        case dict() | list():
            return safe(node_json.dumps_text(value))
        case str() if guarded:
            return safe(value)
        case _:
            return str(value)


def safe(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would compute it."""
    start = text.lstrip()[:1]
    return f"'{text}" if start in _FORMULA_STARTS or text[:1] in _CONTROL_STARTS else text
