"""What a single value of a JSON body is changed into: another type, another value of its shape or of another one."""

import re
from collections.abc import Callable
from typing import Any

from parity.edits import MutationKind
from parity.outcome import ABSENT
from parity.shape import same_size, shape_of

_ZONED = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?)Z\Z")
_FRACTION = re.compile(r"(:\d\d)\.\d+(?=Z|[+-]\d\d:?\d\d|\Z)")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_WORD = re.compile(r"[A-Za-z]{2,40}([ _-][A-Za-z]{1,40}){0,3}\Z")
_DIGITS = re.compile(r"[+-]?\d+(\.\d+)?\Z")

Change = Callable[[Any], Any]
"""Another value for one; ABSENT where it has none of the kind."""


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number_as_text(value: Any) -> Any:
    return str(value) if _is_integer(value) or isinstance(value, float) else ABSENT


def _integer_as_decimal(value: Any) -> Any:
    return float(value) if _is_integer(value) and abs(value) < 2**53 else ABSENT


def _boolean_as_text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else ABSENT


def _text_as_number(value: Any) -> Any:
    return float(value) if isinstance(value, str) and len(value) < 15 and _DIGITS.match(value) else ABSENT


def _null(value: Any) -> Any:
    return ABSENT if value is None else None


def _of_its_shape(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return _last_digit(value)
        case str():
            for place in range(len(value) - 1, -1, -1):
                put = value[:place] + _neighbour(value[place]) + value[place + 1 :]
                if put != value and shape_of(put) == shape_of(value):
                    return put
            return ABSENT
        case _:
            return ABSENT


def _neighbour(character: str) -> str:
    if character.isdigit() and character.isascii():
        return str((int(character) + 1) % 10)
    if character.isalpha() and character.isascii():
        return {"z": "y", "Z": "Y"}.get(character) or chr(ord(character) + 1)
    return character


def _of_another_shape(value: Any) -> Any:
    match value:
        case bool():
            return ABSENT
        case int():
            put: Any = value * 10_000 + 1_000
        case str():
            put = f"{value} and so much more {value}" * 4
        case _:
            return ABSENT
    one, other = shape_of(value), shape_of(put)
    return ABSENT if (one.type, one.form) == (other.type, other.form) and same_size(one, other) else put


def _last_digit(value: Any) -> Any:
    match value:
        case bool():
            return ABSENT
        case int():
            return value - 1 if value % 10 == 9 else value + 1
        case float():
            text = repr(value)
            put = float(text[:-1] + _neighbour(text[-1]))
            return put if put != value else ABSENT
        case str() if _DIGITS.match(value):
            return value[:-1] + _neighbour(value[-1])
        case _:
            return ABSENT


def _timezone(value: Any) -> Any:
    return _ZONED.sub(r"\1+01:00", value) if isinstance(value, str) and _ZONED.match(value) else ABSENT


def _precision(value: Any) -> Any:
    if not isinstance(value, str) or not _TIMESTAMP.match(value):
        return ABSENT
    return _FRACTION.sub(r"\1", value) if _FRACTION.search(value) else f"{value[:19]}.000{value[19:]}"


def _case(value: Any) -> Any:
    if not isinstance(value, str) or not _WORD.match(value):
        return ABSENT
    return value.lower() if value.isupper() else value.upper()


def _white_space(value: Any) -> Any:
    return f"{value} " if isinstance(value, str) and value else ABSENT


CHANGES: tuple[tuple[MutationKind, str, Change], ...] = (
    (MutationKind.RETYPE, "number as text", _number_as_text),
    (MutationKind.RETYPE, "integer as decimal", _integer_as_decimal),
    (MutationKind.RETYPE, "boolean as text", _boolean_as_text),
    (MutationKind.RETYPE, "text as number", _text_as_number),
    (MutationKind.RETYPE, "null", _null),
    (MutationKind.CHANGE, "a value of its shape", _of_its_shape),
    (MutationKind.CHANGE, "a value of another shape", _of_another_shape),
    (MutationKind.CHANGE, "the last digit", _last_digit),
    (MutationKind.CHANGE, "the time zone", _timezone),
    (MutationKind.CHANGE, "the precision of a time", _precision),
    (MutationKind.CHANGE, "upper and lower case", _case),
    (MutationKind.CHANGE, "white space in a text", _white_space),
)
"""Kind, what is done, and how; every value that a change fits is as likely to be changed as any other."""
