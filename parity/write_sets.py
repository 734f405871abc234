"""The rows that a rehearsal would have written, as modern tells them in `X-Write-Set`, read within bounds.

Whatever stands there, the result is a set or None: who wrote it is not ours.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import NoneType
from typing import Any

MAX_ROWS = 100
"""How many rows of one write are looked at; the others are counted."""
TRUNCATED, NO_KEY, NO_ROW = "truncated", "no_key", "no_row"
"""Why a row is not compared: it is not in the header, its key is not, or its values are not."""
NO_DATABASE = "no_database"
"""Why none is: legacy's database is not known."""

_OPERATIONS = ("insert", "update", "upsert", "delete")


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """One row of one table; `row` is how it would be in the end, None where it would be gone.

    `is_new`: it was not there before. `is_perhaps_new`: nobody knows.
    """

    table: str
    key: tuple[str | int, ...]
    row: dict[str, Any] | None
    is_new: bool = False
    is_perhaps_new: bool = False


@dataclass(frozen=True, slots=True)
class WriteSet:
    """The rows of which all is known, and how many are left out, by the reason. `text` is the header's value."""

    rows: tuple[WrittenRow, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    text: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every row that was written is in it."""
        return not self.left_out


def write_set_of(text: str) -> WriteSet | None:
    """The set; None where the value is not one."""
    entries = _entries(text)
    if entries is None:
        return None
    found: dict[tuple[str, tuple[str | int, ...]], list[Mapping[str, Any]]] = {}
    left_out: Counter[str] = Counter()
    for entry in entries:
        if set(entry) == {"truncated"} and type(entry["truncated"]) is int:
            left_out[TRUNCATED] += max(entry["truncated"], 0)
        elif not isinstance(entry.get("table"), str) or entry.get("op") not in _OPERATIONS:
            return None
        elif (key := _key(entry.get("key"))) is None:
            left_out[NO_KEY] += 1
        else:
            found.setdefault((entry["table"], key), []).append(entry)
    rows: list[WrittenRow] = []
    for (table, key), told in found.items():
        row = _row(table, key, told)
        if isinstance(row, WrittenRow) and len(rows) < MAX_ROWS:
            rows.append(row)
        elif row is not None:
            left_out[TRUNCATED if isinstance(row, WrittenRow) else row] += 1
    return WriteSet(tuple(rows), dict(left_out), text)


def _entries(text: str) -> list[dict[str, Any]] | None:
    try:
        entries = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return None
    return entries if "\\ud" not in text.lower() or _is_text(entries) else None


def _is_text(entries: Any) -> bool:
    """Whether it holds no half of a surrogate pair, which no database does."""
    try:
        json.dumps(entries, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _row(
    table: str, key: tuple[str | int, ...], told: Iterable[Mapping[str, Any]]
) -> WrittenRow | str | None:
    """What became of one row by all that was done to it; a reason where it is not told, None where nothing is left."""
    first, *_, last = [*told] * 2
    if "row" not in last or not isinstance(last["row"], dict | NoneType):
        return NO_ROW
    is_new = first["op"] == "insert"
    if is_new and last["op"] == "delete":
        return None
    return WrittenRow(table, key, last["row"], is_new, is_perhaps_new=first["op"] == "upsert")


def _key(value: Any) -> tuple[str | int, ...] | None:
    parts = value if isinstance(value, list) else [value]
    if not parts or not all(isinstance(part, str | int) and not isinstance(part, bool) for part in parts):
        return None
    return tuple(parts)
