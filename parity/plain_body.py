"""Forms, tables and texts as values: what their paths name is a field, a row and column, a line."""

import csv
import io
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

from parity.paths import is_word
from parity.value_counts import MAX_VALUES, check_table

MAX_LINES = 100_000
_MAX_FIELDS = 10_000
_DELIMITERS = ",;\t|"


def parse_form(text: str) -> dict[str, list[str]]:
    """The values of each field in their order, `$.name[0]`; raises ValueError for what is no form."""
    found: dict[str, list[str]] = {}
    pairs = parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def parse_csv(text: str, max_values: int = MAX_VALUES) -> dict[str, Any]:
    """A table as `{"header": [...], "rows": [{column: cell}]}`; raises ValueError for what is none, and BodyError.

    A column is called by its header where that is a plain word and its only one, else by its place, `column_3`: the
    header of a file without one would be somebody's data. How cells are quoted and lines end makes no difference;
    the delimiter and a byte order mark do, once.
    """
    marked = text.startswith("\ufeff")
    plain = text[marked:]
    delimiter = _delimiter(plain)
    check_table(plain, delimiter, max_values)
    try:
        rows = list(csv.reader(io.StringIO(plain, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    header, *body = rows or [[]]
    names = _columns(header)
    for row in body:
        names += [f"column_{place + 1}" for place in range(len(names), len(row))]
    return {
        "byte_order_mark": marked,
        "delimiter": delimiter,
        "header": header,
        "rows": [dict(zip(names, row, strict=False)) for row in body],
    }


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _columns(header: list[str]) -> list[str]:
    times = Counter(header)
    return [
        name if is_word(name) and times[name] == 1 else f"column_{place}"
        for place, name in enumerate(header, 1)
    ]


def parse_lines(text: str, max_values: int = MAX_VALUES) -> list[str] | None:
    """The lines with what ends them but the line feed; None for more of them than are told apart."""
    return text.split("\n") if text.count("\n") <= min(MAX_LINES, max_values) else None
