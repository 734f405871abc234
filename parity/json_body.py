"""JSON as a value, within bounds: exact in numbers, strict in keys and text.

Nearly all JSON is read by the quick parser. What that cannot tell for sure (a key given twice, a number with more
digits than a float holds) is read again by the exact one; which of the two it was is not to be seen in the value.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from parity.errors import BodyError
from parity.value_counts import MAX_VALUES, check_json


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a body may be to be compared; digits as many as Python's own integers take from a text."""

    max_bytes: int = 8 * 1024 * 1024
    max_depth: int = 64
    max_digits: int = 4_300
    max_values: int = MAX_VALUES


BOUNDS = Bounds()

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
# digits and points as 0, exponents as e, minus as -: what numbers look like, at the speed of bytes.translate
_OF_NUMBERS = bytes(
    48 if byte in b"0123456789." else 101 if byte in b"eE" else 45 if byte == 45 else 32
    for byte in range(256)
)
_LONG = b"0" * 16
_TINY = b"0e-000"
_RUN = re.compile(rb"[0-9.]*(?:[eE][+-]?[0-9]*)?")
_BEGINNING = re.compile(rb"(?:\A|[:,\[\s])-?[0-9.]{0,24}\Z")
_LONG_INTEGER = BOUNDS.max_digits
_MAX_LOOKS = 2_000


def parse(body: bytes, bounds: Bounds = BOUNDS) -> Any:
    """A JSON value; raises BodyError when it is over a bound, ValueError when it is no JSON.

    How deep it is nested is for whoever walks it to bound.
    """
    check_json(body, bounds.max_values)
    try:
        value = _DECODER.decode(body)
        written = _ENCODER.encode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _exactly(body, bounds)  # which says why
    # what is written back as it came has lost no key and no digit
    if written == body or (has_each_key_once(body, written) and not _has_exotic_numbers(body)):
        return value
    return _exactly(body, bounds)


def _has_exotic_numbers(body: bytes) -> bool:
    """Whether a number may hold more than a float does. May be True in doubt; what stands in texts costs a look each."""
    written = body.translate(_OF_NUMBERS)
    return len(body) < len(_LONG) or any(
        _begins_number(body, at) for sought in (_LONG, _TINY) for at in _exotic(body, written, sought)
    )


def _exotic(body: bytes, written: bytes, sought: bytes) -> Iterator[int]:
    """Where something begins that is an exotic number if it is one; integers are exact and only too long ones are."""
    at = written.find(sought)
    looks = 0
    while at >= 0:
        run = _RUN.match(body, at)
        end = run.end() if run else at + 1
        looks += 1
        if (
            sought is _TINY
            or end - at > _LONG_INTEGER
            or not body[at:end].isdigit()
            or looks > _MAX_LOOKS  # the exact parser is the cheaper one then
        ):
            yield at
        at = written.find(sought, max(end, at + 1))


def _begins_number(body: bytes, at: int) -> bool:
    return bool(_BEGINNING.search(body[max(0, at - 24) : at]))


def has_each_key_once(body: bytes, written: bytes) -> bool:
    """Whether no key was given twice, by counting quotes: a lost key takes two with it. May be False in doubt."""
    escaped = body.count(b"\\u0022") if b"\\u0022" in body else 0
    return body.count(b'"') + escaped == written.count(b'"')


def _exactly(body: bytes, bounds: Bounds) -> Any:
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_int=_integer(bounds),
            parse_float=_number(bounds),
        )
    except RecursionError as error:
        raise BodyError("too_deep") from error
    if _SURROGATE.search(body):
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError as error:
            raise BodyError("lone_surrogate") from error
        except RecursionError as error:
            raise BodyError("too_deep") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyError("duplicate_keys")
    return found


def _no_number(_text: str) -> NoReturn:
    raise BodyError("not_a_number")


def _integer(bounds: Bounds) -> Callable[[str], int]:
    def integer(text: str) -> int:
        if len(text) > bounds.max_digits:
            raise BodyError("number_too_long")
        return int(text)

    return integer


def _number(bounds: Bounds) -> Callable[[str], float | Decimal]:
    def number(text: str) -> float | Decimal:
        if len(text) > bounds.max_digits:
            raise BodyError("number_too_long")
        value = float(text)
        if (
            math.isinf(value)
            or abs(int(re.split("[eE]", text)[1]) if "e" in text.lower() else 0) > bounds.max_digits
        ):
            raise BodyError("number_too_large")
        exact = Decimal(text)
        return value if exact == Decimal(repr(value)) else exact

    return number
