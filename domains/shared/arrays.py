"""Arrays as PostgreSQL writes them in text: `{a,"b c",NULL}`, of several dimensions `{{a},{b}}`."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from domains.shared import wire
from domains.shared.node_json import text

_MAX_DIMENSIONS = 6
_TOKEN = re.compile(
    r'[ \t\n\r\v\f]*(?:(?P<sign>[{},])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>(?:[^{},"\\]|\\.)+))',
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BLANKS = " \t\n\r\v\f"


def items_of(value: Any) -> list[Any]:
    """The items that a TEXT[] holds of a value of JSON, as Node's driver sends it: of an array, or of a text.

    Raises ValueError where PostgreSQL refuses it. An array without items has no dimensions.
    """
    literal = (text(value) or "").strip(_BLANKS)
    tokens = _tokens(literal)
    if next(tokens, None) != ("sign", "{"):
        raise ValueError(f"{literal!r} is not an array")
    items = _array(tokens)
    if next(tokens, None) is not None:
        raise ValueError(f"{literal!r} goes on behind the array")
    shape = _shape(items)
    if len(shape) > _MAX_DIMENSIONS:
        raise ValueError(f"{literal!r} has more than {_MAX_DIMENSIONS} dimensions")
    return items if all(shape) else []


def _tokens(literal: str) -> Iterator[tuple[str, str | None]]:
    place = 0
    while place < len(literal):
        found = _TOKEN.match(literal, place)
        if found is None or found.lastgroup is None:
            raise ValueError(f"{literal!r} is not an array")
        place, kind = found.end(), found.lastgroup
        word: str | None = found[kind]
        if kind == "plain":
            word = found[kind].rstrip(_BLANKS)
            if not word:
                continue  # blanks before a sign
            word = None if word.upper() == "NULL" else word
        yield kind, word if word is None or kind == "sign" else _ESCAPED.sub(r"\1", word)


def _array(tokens: Iterator[tuple[str, str | None]]) -> list[Any]:
    """What stands between `{` and `}`."""
    items: list[Any] = []
    for kind, word in tokens:
        if (kind, word) == ("sign", "}") and not items:
            return items
        if kind == "sign" and word != "{":
            raise ValueError("an item is missing")
        items.append(_array(tokens) if kind == "sign" else word)
        behind = next(tokens, None)
        if behind == ("sign", "}"):
            return items
        if behind != ("sign", ","):
            raise ValueError("no comma between items")
    raise ValueError("the array does not end")


def _shape(items: list[Any]) -> tuple[int, ...]:
    """How many items there are in each dimension."""
    shapes = {_shape(item) if isinstance(item, list) else () for item in items}
    if len(shapes) > 1:
        raise ValueError("the parts of the array are of different sizes")
    return (len(items), *next(iter(shapes), ()))


def _to_texts(value: Any) -> list[Any]:
    try:
        items = items_of(value)
    except ValueError:
        raise PydanticCustomError("kind", "Must be an array") from None
    if "\0" in str(text(value)):
        raise PydanticCustomError("size", "Must not hold a NUL character")
    return items


Texts = Annotated[list[Any], BeforeValidator(_to_texts, json_schema_input_type=wire.Items)]
"""What a TEXT[] holds; items that are no text become one, and an array may be sent as PostgreSQL writes it, too."""
