"""Bodies as they were on the wire, made comparable: decoded and parsed within bounds.

Whatever a backend (or who stands in for it) sends, the result is a value or a BodyError with a reason: depth,
size, digits, duplicate keys, lone surrogates, NaN.
"""

import gzip
import importlib
import json
import math
import re
import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from parity.errors import BodyError
from parity.exchange import Observation
from parity.outcome import ABSENT


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a body may be to be compared."""

    max_bytes: int = 8 * 1024 * 1024
    max_depth: int = 64
    max_digits: int = 400


BOUNDS = Bounds()

# Numbers that a float cannot hold exactly or that are over the bound; only then is the slow way worth it.
_LONG_NUMBER = re.compile(rb"[0-9][0-9.]{15}|[0-9][eE][+-]?[0-9]")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_JSON_TYPE = re.compile(r"\s*[\w.+-]+/([\w.+-]+\+)?json\s*(;|\Z)", re.IGNORECASE)


def decoded(observation: Observation, bounds: Bounds = BOUNDS) -> bytes:
    """The body without its Content-Encoding; raises BodyError."""
    body = observation.body
    if len(body) > bounds.max_bytes:
        raise BodyError("body_too_large")
    codings = [part.strip().lower() for part in (observation.header("content-encoding") or "").split(",")]
    for coding in reversed([part for part in codings if part and part != "identity"]):
        body = _inflated(coding, body, bounds.max_bytes) if body else body
    return body


def _inflated(coding: str, body: bytes, max_bytes: int) -> bytes:
    match coding:
        case "gzip" | "x-gzip":
            return _zlib(body, 31, max_bytes)
        case "deflate":
            # some senders leave the zlib wrapper away
            return _zlib(
                body,
                15 if body[0] & 0x0F == 8 and (body[0] << 8 | (body + b"\0")[1]) % 31 == 0 else -15,
                max_bytes,
            )
        case "br":
            return _brotli(body, max_bytes)
        case _:
            raise BodyError("encoding_unknown")


def _zlib(body: bytes, wbits: int, max_bytes: int) -> bytes:
    inflater = zlib.decompressobj(wbits)
    try:
        plain = inflater.decompress(body, max_bytes + 1)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise BodyError("encoding_broken") from error
    if len(plain) > max_bytes:
        raise BodyError("body_too_large")
    if not inflater.eof or inflater.unused_data:
        raise BodyError("encoding_broken")
    return plain


def _brotli(body: bytes, max_bytes: int) -> bytes:
    try:
        brotli: Any = importlib.import_module("brotli")
    except ImportError as error:
        raise BodyError("encoding_br") from error
    inflater = brotli.Decompressor()
    try:
        plain: bytes = inflater.process(body, output_buffer_limit=max_bytes + 1)
    except (brotli.error, TypeError) as error:
        raise BodyError("encoding_broken") from error
    if len(plain) > max_bytes:
        raise BodyError("body_too_large")
    if not inflater.is_finished():
        raise BodyError("encoding_broken")
    return plain


def value_of(observation: Observation, bounds: Bounds = BOUNDS) -> Any:
    """What the walk compares: a JSON value, else text, else bytes, and ABSENT for no body; raises BodyError."""
    body = decoded(observation, bounds)
    if not body:
        return ABSENT
    if _JSON_TYPE.match(observation.header("content-type") or ""):
        try:
            return parse(body, bounds)
        except ValueError:
            pass  # a body that claims to be JSON and is not is compared as what it is
    try:
        return Text(body.decode())
    except UnicodeDecodeError:
        return body


class Text(str):
    """A body that is not JSON, so that it differs in type from a JSON string."""

    __slots__ = ()


def parse(body: bytes, bounds: Bounds = BOUNDS) -> Any:
    """A JSON value; raises BodyError when it is over a bound, ValueError when it is no JSON."""
    slow = bool(_LONG_NUMBER.search(body))
    hooks: dict[str, Any] = {"parse_int": _integer(bounds), "parse_float": _number(bounds)} if slow else {}
    try:
        value = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_no_number, **hooks)
    except RecursionError as error:
        raise BodyError("too_deep") from error
    _check_depth(value, bounds.max_depth)
    if _SURROGATE.search(body):
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError as error:
            raise BodyError("lone_surrogate") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyError("duplicate_keys")
    return found


def _no_number(_text: str) -> NoReturn:
    raise BodyError("not_a_number")


def _integer(bounds: Bounds) -> Any:
    def integer(text: str) -> int:
        if len(text) > bounds.max_digits:
            raise BodyError("number_too_long")
        return int(text)

    return integer


def _number(bounds: Bounds) -> Any:
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


def _check_depth(value: Any, max_depth: int) -> None:
    level = [value]
    for _ in range(max_depth + 1):
        level = [
            child
            for parent in level
            if type(parent) is dict or type(parent) is list
            for child in (parent.values() if type(parent) is dict else parent)
        ]
        if not level:
            return
    raise BodyError("too_deep")
