"""The shape of a value: what stays checked where two backends rightly give different values.

Same JSON type, same nullness, same format, same length class. An id stays an id and a timestamp keeps its
precision, while their values may differ.
"""

import re
from decimal import Decimal
from typing import Any

import msgspec

from parity.outcome import Excerpt

# one expression, because each try of one costs as much as finding a format in all of them
_FORMATS = {
    "empty": r"\Z",
    "uuid": r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\Z",
    "date": r"\d{4}-\d\d-\d\d\Z",
    "time": r"\d\d:\d\d(?::\d\d)?\Z",
    "timestamp": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)?\Z",
    "timestamp with fraction": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:?\d\d)?\Z",
    "integer text": r"[+-]?\d+\Z",
    "decimal text": r"[+-]?\d+\.\d+\Z",
    "code": r"(?=.*\d)[A-Z0-9]{1,8}(?:[-_][A-Z0-9]{1,8}){1,4}\Z",
    "hex": r"(?=.*\d)[0-9a-f]{16,}\Z|(?=.*\d)[0-9A-F]{16,}\Z",
    "e-mail": r"[^@\s]{1,64}@[^@\s]{1,255}\Z",
    "reference": r"(?:https?://|/)\S*\Z",
}
_NAMES = list(_FORMATS)
_ANY_FORMAT = re.compile("|".join(f"({pattern})" for pattern in _FORMATS.values()))

_TYPES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
    bytes: "bytes",
}


# no dataclass: two are made for each value by shape, and the collector need not know them
class Shape(msgspec.Struct, frozen=True, gc=False):
    """`type` is the JSON type, `form` the format of a string, `size` a length that may differ by one class."""

    type: str
    form: str = ""
    size: int = 0


def type_of(value: Any) -> str:
    """The JSON type, with integers and other numbers apart."""
    return _TYPES[type(value.beginning if isinstance(value, Excerpt) else value)]


def format_of(text: str) -> str:
    """The name of a string's format; `text` when it has none of the known ones."""
    if len(text) > 512:
        return "text"
    found = _ANY_FORMAT.match(text)
    return "text" if found is None else _NAMES[(found.lastindex or 1) - 1]


def shape_of(value: Any) -> Shape:
    """The shape of a single value; what is inside an object or a list is not looked at."""
    match value:
        case str():
            return _shape_of_text(value)
        case bool() | None | float() | Decimal():
            return Shape(type_of(value))
        case int():
            return Shape("integer", size=len(str(abs(value))))
        case _:
            return Shape(type_of(value), size=len(value).bit_length())


def _shape_of_text(text: str) -> Shape:
    form = format_of(text)
    match form:
        case "decimal text":
            return Shape("string", f"{form} with {len(text.partition('.')[2])} places", len(text))
        case "code":
            return Shape("string", "code " + re.sub(r"\d", "9", text))
        case "reference":
            path = text.partition("?")[0]
            return Shape("string", "reference " + "/".join(_segment(part) for part in path.split("/")))
        case "integer text" | "hex":
            return Shape("string", form, len(text))
        case "text":
            return Shape("string", form, len(text).bit_length())
        case _:
            written = f"{form}{_precision(text)} {_zone(text)}" if form.startswith("timestamp") else form
            return Shape("string", written)


def _precision(text: str) -> str:
    """Finer than milliseconds or not: a writer that leaves noughts away stays what it is."""
    fraction = text.partition(".")[2]
    digits = len(fraction) - len(fraction.lstrip("0123456789"))
    return " below a millisecond" if digits > 3 else ""


def _zone(text: str) -> str:
    if text.endswith("Z"):
        return "in UTC"
    return "with an offset" if text[-6] in "+-" or text[-5] in "+-" else "without a zone"


def _segment(part: str) -> str:
    form = format_of(part)
    return part if form in ("empty", "text") else f"<{form}>"


def same_size(one: Shape, other: Shape) -> bool:
    """Whether two lengths are of one class: they may differ by one step, but nothing is not something."""
    if one.form == "hex":
        return one.size == other.size
    return one.size == other.size or (abs(one.size - other.size) == 1 and one.size > 0 and other.size > 0)
