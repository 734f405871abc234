"""Values of rows as two programs write them into JSON, made comparable by the types that their columns have.

A program may hand a NUMERIC over as a number or as text, a DATE as a day or as its midnight, a moment to the millisecond
or finer. What does not read as its column's type stays what it is, and differs.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_MAX_EXPONENT = 400
_DAY = re.compile(r"(\d{4,6}-\d\d-\d\d)(?:[T ]00:00:00(?:\.0+)?(?:Z|[+-]00(?::?00)?)?)?\Z")


def comparable(row: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """The row with its values in one form; `types` are names of PostgreSQL's types by column, of arrays with `_` before."""
    return {column: _value(value, types.get(column, "")) for column, value in row.items()}


def _value(value: Any, name: str) -> Any:
    if isinstance(value, list) and name.startswith("_"):
        return [_value(item, name[1:]) for item in value]
    if isinstance(value, str):
        read = _OF_TEXTS.get(name)
        return value if read is None else read(value)
    return _plain(value)


def _plain(value: Any) -> Any:
    """Numbers by value: whether `13000.0` is written with its nought says nothing of a row."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case float() | Decimal():
            return _number(str(value))
        case _:
            return value


def _number(text: str) -> Any:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > _MAX_EXPONENT:
        return text
    return int(value) if value == value.to_integral_value() else value.normalize()


def _day(text: str) -> str:
    found = _DAY.match(text)
    return text if found is None else found[1]


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


_OF_TEXTS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), _number),
    **dict.fromkeys(("timestamp", "timestamptz"), _moment),
    "date": _day,
    "uuid": str.lower,
}
