"""Redaction: what of an exchange may be stored, and a keyed token for everything else.

A token such as `<e-mail:17:3f9c0a7712de>` names the format, the length, and an HMAC of the value: equal
values have equal tokens, unequal ones do not, and without the key nobody can try values out. Numbers,
booleans, identifiers, times, short codes and words under known keys stay, unless their key is sensitive.
Keys stay when they look like a programmer's names.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

from parity.bodies import Text
from parity.outcome import Absent, Difference, Excerpt, Kind
from parity.paths import BODY, Step, Steps, is_word, render
from parity.shape import format_of
from parity.vocabulary import holds_message, holds_words, is_message_word, is_sensitive

MAX_NODES = 120
"""How many values of one difference are kept; what is beyond becomes a token that tells its size."""

_MAX_NUMBER_DIGITS = 12
_SAFE_NUMBER = re.compile(r"[+-]?\d{1,7}\Z|[+-]?\d{1,10}\.\d{1,4}\Z", re.ASCII)
_SAFE_CODE = re.compile(r"[A-Z]{2,6}(-\d{1,6}){1,3}\Z|[A-Z]{2,16}(_[A-Z]{2,16}){1,4}\Z", re.ASCII)
_ENUM = re.compile(r"(?=.{1,40}\Z)[A-Za-z]+([ _-][A-Za-z]+){0,4}\Z", re.ASCII)
_SAFE_FORMATS = frozenset({"empty", "uuid", "date", "time", "timestamp", "timestamp with fraction"})
_REASON = re.compile(r"[a-z][a-z_]{0,59}\Z", re.ASCII)
_ID = re.compile(r"[0-9a-f-]{1,40}\Z|[A-Za-z]{0,12}-?\d{1,12}(-\d{1,12})?\Z", re.ASCII)
_HEADER_MEMBER = re.compile(
    r"""(application|text|image|audio|video|multipart|font)/[a-z.+-]{1,40}
      | charset=[a-z0-9-]{1,12}
      | (private|public|no-store|no-cache|no-transform|must-revalidate|proxy-revalidate|must-understand|immutable)
      | (s-?max-?age|max-age|stale-while-revalidate|stale-if-error)=\d{1,9}
      | accept(-[a-z]{1,12})?|origin|cookie|authorization|user-agent|\*
      | attachment|inline|bearer|basic|digest""",
    re.VERBOSE | re.ASCII,
)


class Redactor:
    """Redacts with one key; the same key gives the same tokens, so samples of different days compare."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, value: str | bytes | float | Decimal) -> str:
        """The token that stands for a value; that of a boolean tells no length."""
        if isinstance(value, str | bytes):
            plain = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
            kind = "bytes" if isinstance(value, bytes) else format_of(value).replace(" ", "-")
            named = f"{kind}:{len(value)}"
        else:
            plain = repr(value).encode()
            named = "boolean" if isinstance(value, bool) else f"number:{len(plain)}"
        return f"<{named}:{self._digest(plain)}>"

    def digest(self, text: str) -> str:
        """Twelve characters that stand for a text, by the key: nobody without it can choose them."""
        return self._digest(text.encode("utf-8", "surrogatepass"))

    def _digest(self, plain: bytes) -> str:
        return hmac.new(self._key, plain, hashlib.sha256).hexdigest()[:12]

    def reason(self, text: str) -> str:
        """A word that a part of Crossfade gave as a reason; anything else is `other`."""
        return text if not text or _REASON.match(text) else "other"

    def identifier(self, text: str) -> str:
        """An exchange's id, which a client may have chosen."""
        return text if _ID.match(text) else self.token(text)

    def path(self, steps: Steps) -> str:
        """A path, its indices kept; keys that are values become tokens."""
        return render((steps[0], *(self._step(step) for step in steps[1:])))

    def _step(self, step: Step) -> Step:
        return step if isinstance(step, int) or is_word(step) else self.token(step)

    def sides(self, difference: Difference) -> tuple[Any, Any]:
        """Both values of a difference as JSON values that may be stored; what is not there stays `ABSENT`."""
        return self._side(difference, difference.legacy), self._side(difference, difference.modern)

    def _side(self, difference: Difference, value: Any) -> Any:
        if isinstance(value, Absent):
            return value
        if difference.kind is Kind.HEADER:
            return self.header(str(difference.steps[0]).removeprefix("header:"), str(value))
        if difference.kind is Kind.LENGTH and isinstance(value, int):
            return value
        return self.value(difference.steps, value)

    def header(self, name: str, value: str) -> str:
        """A header's value, member by member."""
        if name == "location":
            return self.target(value, "")
        if name == "set-cookie":
            return ", ".join(part if is_word(part) else self.token(part) for part in value.split(", "))
        return "".join(
            part
            if re.fullmatch(r"[;, ]*", part) or _HEADER_MEMBER.fullmatch(part.lower())
            else self.token(part)
            for part in re.split(r"([;, ]+)", value)
        )

    def value(self, steps: Steps, value: Any, *, max_nodes: int = MAX_NODES) -> Any:
        """A JSON value at a path, its keys deciding what stays."""
        return _Redaction(self, max_nodes).of(value, steps)

    def target(self, target: str, endpoint: str) -> str:
        """A request's path and query; `endpoint` is the name whose template says which segments are literal."""
        path, _, query = target.partition("?")
        literal = endpoint.partition(" ")[2].split("/")
        segments = path.split("/")
        fits = len(literal) == len(segments)
        written = "/".join(
            part if fits and part == literal[place] else self.segment(part)
            for place, part in enumerate(segments)
        )
        return f"{written}?{self._query(query)}" if query else written

    def segment(self, part: str) -> str:
        """One segment of a path: kept when it is an identifier."""
        return part if _is_safe(part) else self.token(part)

    def _query(self, query: str) -> str:
        pairs = (pair.partition("=") for pair in query.split("&"))
        return "&".join(self._parameter(*pair) for pair in pairs)

    def _parameter(self, name: str, equals: str, value: str) -> str:
        plain = unquote_plus(value)
        kept = self.value((*BODY, name), plain)
        return f"{name if is_word(name) else self.token(name)}{equals}{value if kept == plain else kept}"


class _Redaction:
    """One value being redacted, with the count of what it has kept so far."""

    def __init__(self, redactor: Redactor, max_nodes: int) -> None:
        self._redactor = redactor
        self._left = max_nodes

    def of(self, value: Any, steps: Steps) -> Any:
        keys = [step for step in steps[1:] if isinstance(step, str)]
        return self._value(value, keys[-1] if keys else "", sensitive=any(is_sensitive(key) for key in keys))

    def _value(self, value: Any, key: str, *, sensitive: bool) -> Any:
        self._left -= 1
        if isinstance(value, dict | list | Excerpt):
            return self._members(value, key, sensitive=sensitive)
        return None if value is None else self._leaf(value, key, sensitive=sensitive)

    def _members(
        self, value: dict[str, Any] | list[Any] | Excerpt, key: str, *, sensitive: bool
    ) -> dict[str, Any] | list[Any] | str:
        beginning = value.beginning if isinstance(value, Excerpt) else value
        size = len(value)
        if isinstance(beginning, dict):
            return (
                self._object(beginning, size, sensitive=sensitive)
                if self._left >= 0
                else f"<object of {size}>"
            )
        return (
            self._list(beginning, size, key, sensitive=sensitive) if self._left >= 0 else f"<array of {size}>"
        )

    def _leaf(self, value: Any, key: str, *, sensitive: bool) -> Any:
        if isinstance(value, str) and not isinstance(value, Text):
            return self._text(value, key, sensitive=sensitive)
        if sensitive or isinstance(value, Text | bytes) or not _is_small(value):
            return self._redactor.token(value)
        return str(value) if isinstance(value, Decimal) else value

    def _object(self, beginning: dict[str, Any], size: int, *, sensitive: bool) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, child in beginning.items():
            if self._left <= 0:
                break
            name = key if is_word(key) else self._redactor.token(key)
            kept[name] = self._value(child, key, sensitive=sensitive or is_sensitive(key))
        if len(kept) < size:
            kept["…"] = f"<{size - len(kept)} more>"
        return kept

    def _list(self, beginning: Sequence[Any], size: int, key: str, *, sensitive: bool) -> list[Any]:
        kept: list[Any] = []
        for child in beginning:
            if self._left <= 0:
                break
            kept.append(self._value(child, key, sensitive=sensitive))
        if len(kept) < size:
            kept.append(f"<{size - len(kept)} more>")
        return kept

    def _text(self, text: str, key: str, *, sensitive: bool) -> str:
        if not text:
            return text
        if sensitive:
            return self._redactor.token(text)
        if _is_safe(text) or (holds_words(key) and _ENUM.match(text)):
            return text
        if holds_message(key) and len(text) <= 300:
            return self._message(text)
        return self._redactor.token(text)

    def _message(self, text: str) -> str:
        """The sentence with everything but known words as tokens, neighbours as one."""
        parts = re.findall(r"[A-Za-z]+(?=[ .:,]|\Z)[.:,]?|\S+", text)
        kept: list[str] = []
        unknown: list[str] = []
        for part in [*parts, ""]:
            if part and not (part.rstrip(".:,").isalpha() and is_message_word(part.rstrip(".:,"))):
                unknown.append(part)
                continue
            if unknown:
                kept.append(self._redactor.token(" ".join(unknown)))
                unknown.clear()
            kept.append(part)
        return " ".join(kept).rstrip()


def _is_small(value: Any) -> bool:
    """Whether a number is too short to be anybody's card or account."""
    return isinstance(value, float) or len(str(value)) <= _MAX_NUMBER_DIGITS


def _is_safe(text: str) -> bool:
    """Whether a text is an identifier, a time, a short number or a short code."""
    return bool(
        len(text) <= 64
        and (format_of(text) in _SAFE_FORMATS or _SAFE_NUMBER.match(text) or _SAFE_CODE.match(text))
    )
