"""Values that later requests take from earlier answers: `{{name.path}}`, each side with its own.

`name` is that of the earlier exchange, `path` the keys and indices in its JSON answer, `data.items[0].id`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from parity.errors import RecordingError
from parity.recordings.line import RecordedExchange

PLACEHOLDER = re.compile(r"\{\{(\w+)\.([\w.\[\]-]+)\}\}")
_ESCAPED = re.compile(r"%7B%7B(\w+)\.([\w.\[\]-]+)%7D%7D", re.IGNORECASE)

Reference = tuple[str, str]
"""The name of an exchange, and the path in its answer."""
Lookup = Callable[[Reference], Any]
"""The value of a reference; None when it is not known."""


def value_at(answer: Any, path: str) -> Any:
    """What stands there in a JSON answer; None when nothing does."""
    for key in re.findall(r"[\w-]+", path):
        if isinstance(answer, list) and key.isdigit() and int(key) < len(answer):
            answer = answer[int(key)]
        else:
            answer = answer.get(key) if isinstance(answer, dict) else None
    return answer


def references(exchange: RecordedExchange) -> set[Reference]:
    """What a request takes from earlier answers."""
    texts = [_unescaped(exchange.target), *(value for _, value in exchange.headers)]
    if b"{{" in exchange.body:
        texts.append(exchange.body.decode("utf-8", "replace"))
    return {(found[1], found[2]) for text in texts for found in PLACEHOLDER.finditer(text)}


def filled(text: str, lookup: Lookup, written: Callable[[str], str] = str) -> str:
    """The text with every placeholder replaced; raises RecordingError when a value is not known."""

    def value(match: re.Match[str]) -> str:
        found = lookup((match[1], match[2]))
        if found is None or isinstance(found, dict | list):
            raise RecordingError(
                f"no value for {match[0]}: the answer of {match[1]} has not been seen or lacks it"
            )
        return written(str(found).lower() if isinstance(found, bool) else str(found))

    return PLACEHOLDER.sub(value, text)


def resolved(exchange: RecordedExchange, lookup: Lookup) -> RecordedExchange:
    """The request as it can be sent; raises RecordingError when a value is not known."""
    body = exchange.body
    if b"{{" in body:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = ""
        if text:
            body = filled(text, lookup, _in_json if _is_json(text) else str).encode()
    return replace(
        exchange,
        target=filled(_unescaped(exchange.target), lookup, lambda text: quote(text, safe="")),
        headers=tuple((name, filled(value, lookup, _in_header)) for name, value in exchange.headers),
        body=body,
    )


def _unescaped(target: str) -> str:
    return _ESCAPED.sub(r"{{\1.\2}}", target)


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[", '"')


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _in_header(text: str) -> str:
    if any(mark in text for mark in "\r\n\0"):
        raise RecordingError("a value with a line break cannot stand in a header")
    return text


@dataclass(slots=True)
class Variables:
    """What of the answers so far is needed later, for one side; everything else is forgotten at once."""

    wanted: Mapping[str, frozenset[str]]
    values: dict[Reference, Any] = field(default_factory=dict)

    def learn(self, name: str, answer: Any) -> dict[Reference, Any]:
        """Take from an answer what later requests want of it; what was taken."""
        found = {(name, path): value_at(answer, path) for path in self.wanted.get(name, ())}
        known = {reference: value for reference, value in found.items() if value is not None}
        self.values.update(known)
        return known


def wanted_of(exchanges: Iterable[RecordedExchange]) -> dict[str, frozenset[str]]:
    """Name → the paths that requests want of its answer."""
    found: dict[str, set[str]] = {}
    for exchange in exchanges:
        for name, path in references(exchange):
            found.setdefault(name, set()).add(path)
    return {name: frozenset(paths) for name, paths in found.items()}
