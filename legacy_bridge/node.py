"""JavaScript's values, where the recorded answers show them: JSON, String(), Number(), `||`, dates.

`None` stands for both null and undefined; where the difference shows, the caller asks whether the key is there.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from legacy_bridge.far_dates import FarDate

_MAX_SAFE_INTEGER = 2**53
_FIRST_EXPONENT = 1e21  # from here on JavaScript writes integers with an exponent
_DAY_S = 86_400
_SURROGATE = re.compile("[\ud800-\udfff]")
_LEADING_INTEGER = re.compile(r"\s*([-+]?[0-9]+)")


def parse_json(text: str | bytes) -> Any:
    """JSON.parse: numbers are doubles, so `1.0` is `1`. Raises ValueError."""
    return json.loads(text, parse_int=_integer, parse_float=_double, parse_constant=_refuse_constant)


def write_json(value: Any) -> str:
    """JSON.stringify, with the dates of the database driver; what is not finite becomes null."""
    try:
        return _dump(value)
    except ValueError:
        return _dump(_all_finite(value))


def _dump(value: Any) -> str:
    written = json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_date_text
    )
    # half a surrogate pair is written as an escape
    return written if written.isascii() else _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _all_finite(value: Any) -> Any:
    match value:
        case dict():
            return {key: _all_finite(item) for key, item in value.items()}
        case list():
            return [_all_finite(item) for item in value]
        case float():
            return finite(value)
        case _:
            return value


def number(value: float) -> float:
    """A double as JavaScript shows it: an int where it is whole."""
    whole = math.isfinite(value) and value == int(value) and abs(value) < _FIRST_EXPONENT
    return _integer(str(int(value))) if whole else value


def parse_int(digits: Any) -> float:
    """`parseInt(digits)`: the decimal integer that the text begins with, else NaN."""
    found = _LEADING_INTEGER.match(text(digits))
    return number(float(found[1])) if found else math.nan


def finite(value: float) -> float | None:
    """A number as JSON.stringify writes it: what is not finite becomes null."""
    return number(value) if math.isfinite(value) else None


def parse_float(text: str | None) -> float:
    """`parseFloat(text) || 0` of a NUMERIC column, which the driver gives as text."""
    return number(float(text)) if text not in {None, "NaN"} else 0


def truthy(value: Any) -> bool:
    """JavaScript's truth: empty arrays and objects are true."""
    return isinstance(value, (list, dict)) or (bool(value) and value == value)  # noqa: PLR0124 - NaN is false


def either(*values: Any) -> Any:
    """`a || b || c`."""
    return next((value for value in values if truthy(value)), values[-1])


def field(value: Any, key: str) -> Any:
    """`value?.key`: nothing where the value has no such key, or no keys at all."""
    return value.get(key) if isinstance(value, Mapping) else None


def spread(value: Any) -> dict[str, Any]:
    """`{ ...value }`: the items of an array and the characters of a string by their indices, of others nothing."""
    match value:
        case dict():
            return dict(value)
        case list() | str():
            return {str(index): item for index, item in enumerate(value)}
        case _:
            return {}


def text(value: Any) -> str:
    """`String(value)` as express-validator takes it: null is empty, an array is its first item."""
    match value:
        case None:
            return ""
        case True | False:
            return str(value).lower()
        case list():
            return text(value[0]) if value else ""
        case dict():
            return "[object Object]"
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case _:
            return str(value)


def template(value: Any) -> str:
    """A value inside a template string: null has its name, an array is its items."""
    match value:
        case None:
            return "null"
        case list():
            return ",".join("" if item is None else template(item) for item in value)
        case _:
            return text(value)


def to_number(value: Any) -> float:
    """`Number(value)`; what is not a number is NaN."""
    match value:
        case bool() | int() | float():
            return value
        case None | [] | str():
            return _parsed(value or "0")
        case [only]:
            return to_number(only)
        case _:
            return math.nan


def _parsed(digits: str) -> float:
    try:
        return float(digits.strip() or "0")
    except ValueError:
        return math.nan


def less(left: Any, right: Any) -> bool:
    """`left < right`: two strings by their characters, anything else by number."""
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    return to_number(left) < to_number(right)


def moment(value: Any) -> float | None:
    """`new Date(value)` in seconds since 1970; None where the date is invalid."""
    if isinstance(value, (int, float)):
        return float(value) / 1000
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def midnight(day: date) -> datetime:
    """The moment that the driver makes of a DATE on a server in UTC."""
    return day if isinstance(day, FarDate) else datetime.combine(day, time(), UTC)


def days_until(day: date, now: datetime) -> int | None:
    """Whole days from now to the start of `day`, rounded down; None where JSON would say null."""
    start_s = day.seconds if isinstance(day, FarDate) else midnight(day).timestamp()
    days = (start_s - now.timestamp()) / _DAY_S
    return math.floor(days) if math.isfinite(days) else None


def round_half_up(value: float) -> int:
    """`Math.round`."""
    return math.floor(value + 0.5)


def _integer(digits: str) -> float:
    value = float(digits)
    if abs(value) <= _MAX_SAFE_INTEGER:
        return int(value)
    return int(Decimal(repr(value))) if math.isfinite(value) else value


def _double(digits: str) -> float:
    return number(float(digits))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _date_text(value: object) -> str | None:
    match value:
        case FarDate():
            return value.written
        case datetime():
            utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return utc.isoformat(timespec="milliseconds") + "Z"
        case date():
            return f"{value.isoformat()}T00:00:00.000Z"
        case _:
            raise TypeError(f"no JSON for {type(value).__name__}")
