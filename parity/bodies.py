"""Bodies as they were on the wire, made comparable: decoded and read within bounds, each by its media type.

Whatever a backend (or who stands in for it) sends, the result is a body or a BodyError with a reason: depth,
size, values, digits, duplicate keys, lone surrogates, NaN. What is not what its type says is compared as the text it is.
"""

import gzip
import importlib
import re
import zlib
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, NamedTuple

from parity.errors import BodyError
from parity.exchange import Observation
from parity.html_body import parse_html
from parity.json_body import BOUNDS, Bounds, parse
from parity.json_sharing import LEAST_BYTES, parse_sharing
from parity.outcome import ABSENT
from parity.plain_body import parse_csv, parse_form, parse_lines

__all__ = [
    "BOUNDS",
    "Body",
    "Bounds",
    "Media",
    "Text",
    "bodies_of",
    "body_of",
    "decoded",
    "parse",
    "value_of",
]


class Text(str):
    """A body that is not JSON as a whole, so that it differs in type from a JSON string."""

    __slots__ = ()


class Media(StrEnum):
    """How a body is compared."""

    NONE = "none"
    JSON = "json"
    FORM = "form"
    CSV = "csv"
    HTML = "html"
    TEXT = "text"
    """By lines."""
    BINARY = "binary"
    """By length, then as a whole."""


class Body(NamedTuple):
    """A body that can be compared: `value` is what the walk compares, `whole` what a difference shows of all of it."""

    media: Media
    value: Any
    whole: Any


_NO_BODY = Body(Media.NONE, ABSENT, ABSENT)
_CHARSET = re.compile(r"""charset=["']?([\w.:-]{1,40})""", re.IGNORECASE)
_CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
}
_TYPES: tuple[tuple[re.Pattern[str], Media], ...] = (
    (re.compile(r"[\w.+-]+/([\w.+-]+\+)?json\Z"), Media.JSON),
    (re.compile(r"application/x-www-form-urlencoded\Z"), Media.FORM),
    (re.compile(r"(text|application)/(csv|tab-separated-values)\Z"), Media.CSV),
    (re.compile(r"text/html\Z|application/xhtml\+xml\Z"), Media.HTML),
    (
        re.compile(r"(image(?!/svg)|audio|video|font)/|application/(octet-stream|pdf|zip|gzip)\Z"),
        Media.BINARY,
    ),
)
_JsonReader = Callable[[bytes, Bounds], Any]
_READERS: dict[Media, Callable[[str, int], Any]] = {
    Media.FORM: lambda text, _max_values: parse_form(text),
    Media.CSV: parse_csv,
    Media.HTML: parse_html,
}


def decoded(observation: Observation, bounds: Bounds = BOUNDS) -> bytes:
    """The body without its Content-Encoding; raises BodyError."""
    body = observation.body
    if len(body) > bounds.max_bytes:
        raise BodyError("body_too_large")
    coding = observation.header("content-encoding")
    if not coding:
        return body
    codings = [part.strip().lower() for part in coding.split(",")]
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


def media_of(observation: Observation) -> Media:
    """As what the body is compared by what its Content-Type says, which it may turn out not to be."""
    return _typed(observation.header("content-type") or "")[0]


def body_of(observation: Observation, bounds: Bounds = BOUNDS) -> Body:
    """The body as what its media type says, else as text, else as bytes; raises BodyError."""
    return _read(decoded(observation, bounds), observation, bounds, parse)


def bodies_of(legacy: Observation, modern: Observation, bounds: Bounds = BOUNDS) -> tuple[Body, Body]:
    """Both bodies, each as `body_of` reads it; what JSON of both holds in the same bytes is one value."""
    written = decoded(legacy, bounds)
    one = _read(written, legacy, bounds, parse)
    read_json: _JsonReader = parse
    if one.media is Media.JSON and len(written) >= LEAST_BYTES:
        read_json = partial(parse_sharing, other=written, value=one.value)
    return one, _read(decoded(modern, bounds), modern, bounds, read_json)


def _read(body: bytes, observation: Observation, bounds: Bounds, read_json: _JsonReader) -> Body:
    if not body:
        return _NO_BODY
    media, charset = _typed(observation.header("content-type") or "")
    if media is Media.JSON:
        try:
            value = read_json(body, bounds)
        except ValueError:
            pass  # a body that claims to be JSON and is not is compared as what it is
        else:
            return Body(media, value, value)
    try:
        text = "" if media is Media.BINARY else body.decode(charset)
    except UnicodeDecodeError:
        text = ""
    if not text:
        return Body(Media.BINARY, body, body)
    return _body_of_text(media, text, bounds.max_values)


def value_of(observation: Observation, bounds: Bounds = BOUNDS) -> Any:
    """What the walk compares of a body, ABSENT where there is none; raises BodyError."""
    return body_of(observation, bounds).value


def _body_of_text(media: Media, text: str, max_values: int) -> Body:
    whole = Text(text)
    if media in _READERS:
        try:
            return Body(media, _READERS[media](text, max_values), whole)
        except ValueError:
            pass
    lines = parse_lines(text, max_values)
    return Body(Media.TEXT, whole if lines is None else lines, whole)


@lru_cache(maxsize=256)
def _typed(content_type: str) -> tuple[Media, str]:
    """The media and the charset that a Content-Type means."""
    essence = content_type.partition(";")[0].strip().lower()
    named = _CHARSET.search(content_type)
    charset = _CHARSETS.get(named[1].lower(), "utf-8") if named else "utf-8"
    return next((media for pattern, media in _TYPES if pattern.match(essence)), Media.TEXT), charset
