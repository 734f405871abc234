"""Values as the recorded Node server reads, chooses and writes them: JSON, dates, numbers, `||`.

NUMERIC is a string (`"450000.00"`: the driver hands it over as text), DATE the ISO midnight, a timestamp ISO
with milliseconds, always `Z`; a number has no type, so `13000.0` is `13000`.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NoReturn, overload

import msgspec

from domains.shared.far_dates import FarDate

_LARGEST_WRITTEN_OUT = 1e21
_BEYOND_DOUBLES = re.compile(rb"\d{16}")
"""Digits of an integer that a double may not hold; `msgspec` would keep them."""


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _LARGEST_WRITTEN_OUT else value


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=_number)
_encoder = msgspec.json.Encoder()


def loads(text: bytes | str) -> Any:
    """Parse JSON; raises msgspec.DecodeError (a ValueError)."""
    return _decoder.decode(text)


def parse(raw: bytes, encoding: str = "utf-8") -> Any:
    """`JSON.parse` of a body: numbers are doubles, half a surrogate pair is kept, what is not text is replaced.

    Raises ValueError where it is not JSON, RecursionError where it is nested too deeply, LookupError for an encoding
    that there is not.
    """
    if encoding == "utf-8" and not _BEYOND_DOUBLES.search(raw):
        try:
            return _decoder.decode(raw)
        except ValueError:
            pass  # or it is JSON to Node alone
    text = raw.decode(encoding, "replace").removeprefix("\ufeff")
    return json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def dumps(value: Any) -> bytes:
    """Compact JSON, no ASCII escapes; dates must have been written by `iso_day` or `iso_moment` before."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair, which is written as an escape
        return json.dumps(_all_finite(value), separators=(",", ":"), default=str).encode()


def _all_finite(value: Any) -> Any:
    match value:
        case dict():
            return {key: _all_finite(item) for key, item in value.items()}
        case list():
            return [_all_finite(item) for item in value]
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value


def dumps_text(value: Any) -> str:
    """The same as text, for a JSONB parameter."""
    return dumps(value).decode()


def well_formed(value: Any) -> Any:
    """A text, or each one of a list, with half surrogate pairs replaced, as Node's driver sends it."""
    if isinstance(value, list):
        return [well_formed(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def text(value: Any) -> str | None:
    """A value of JSON as the text that Node's driver sends for it: an array as PostgreSQL writes one."""
    match value:
        case None:
            return None
        case str():
            return value
        case bool():
            return str(value).lower()
        case list():
            return "{" + ",".join(map(_array_item, value)) + "}"
        case dict():
            return dumps_text(value)
        case _:
            # `1.5e-7`, where Python says `1.5e-07`
            return re.sub(r"e([+-])0", r"e\1", str(value))


def string_of(value: Any) -> str:
    """`String(value)` as the recorded checks take it: null is empty, an array is its first item."""
    match value:
        case None:
            return ""
        case list():
            return string_of(value[0]) if value else ""
        case dict():
            return "[object Object]"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _array_item(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case list():
            return text(value) or ""
        case _:
            escaped = (text(value) or "").replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def iso_day(day: date | None) -> str | None:
    """A DATE as Node writes it: midnight UTC."""
    if isinstance(day, FarDate):
        return day.written
    return None if day is None else f"{day.isoformat()}T00:00:00.000Z"


@overload
def iso_moment(moment: datetime) -> str: ...
@overload
def iso_moment(moment: datetime | None) -> str | None: ...
def iso_moment(moment: datetime | None) -> str | None:
    """A UTC timestamp, aware or of a column without zone, as Node writes it: milliseconds, cut off and not rounded."""
    if isinstance(moment, FarDate):
        return moment.written
    return None if moment is None else f"{moment.isoformat(timespec='milliseconds')[:23]}Z"


def column_value(value: Any) -> Any:
    """A column's value as Node writes it into JSON."""
    if isinstance(value, datetime):
        return iso_moment(value)
    if isinstance(value, date):
        return iso_day(value)
    return value


def number(text: str | None) -> int | float:
    """A NUMERIC as a JavaScript number; none is 0."""
    return 0 if text is None or text == "NaN" else _number(text)


def either(*values: Any) -> Any:
    """`a || b || c` of JavaScript: the first that is not empty, else the last; `[]` and `{}` are not empty."""
    for value in values:
        if value or isinstance(value, list | dict):
            return value
    return values[-1]


def truthy(value: Any) -> bool:
    """Whether JavaScript takes it for true; `[]` and `{}` are."""
    return bool(value) or isinstance(value, list | dict)


def field(value: Any, key: str) -> Any:
    """`value?.key` of JavaScript."""
    return value.get(key) if isinstance(value, dict) else None


def spread(value: Any) -> dict[str, Any]:
    """`{ ...value }` of JavaScript: the items of an array by their indices; of no object nothing."""
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    return dict(value) if isinstance(value, dict) else {}


def number_of(body: Mapping[str, Any], key: str) -> float | None:
    """`Number(body[key])` of JavaScript; None where the key is absent or it is not a number."""
    value = body.get(key, "absent")
    while isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else 0
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return None


def moment_of(value: Any) -> datetime | None:
    """`new Date(value)` of JavaScript for a date as text, or for milliseconds since 1970; None where it is none."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000, UTC)
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
