"""What Crossfade prints as JSON against the schemas that it publishes in `docs/reference/`."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

REFERENCE = Path(__file__).parent.parent.parent / "docs" / "reference"


def published() -> dict[str, Path]:
    """Where the schema of each kind of object is, by the `schema` that such an object bears."""
    return {
        name: file for file in REFERENCE.glob("*.schema.json") for name in names(json.loads(file.read_text()))
    }


def names(page: Any) -> set[str]:
    """The values of `schema` that a published schema is for."""
    found: set[str] = set()
    parts = [page]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            own = (part.get("properties") or {}).get("schema") or {}
            found |= {*own.get("enum", ()), *([own["const"]] if "const" in own else [])}
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return found


def faults(text: str) -> list[str]:
    """Where objects of a published kind, one or one a line, are not as published; what is not described is one, too, but for parity."""
    return [
        f"{value['schema']}: {fault}"
        for value in _objects(text)
        if (schema := _closed().get(value.get("schema", ""))) is not None
        for fault in schema.iter_errors(value)
    ]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    decoder, rest = json.JSONDecoder(), text.lstrip()
    while rest.startswith("{"):
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].lstrip()


@cache
def _closed() -> dict[str, jsonschema_rs.Validator]:
    # those of parity promise less than what is there
    pages = {name: (file, json.loads(file.read_text())) for name, file in published().items()}
    return {
        name: jsonschema_rs.validator_for(page if file.name.startswith("parity-") else _without_more(page))
        for name, (file, page) in pages.items()
    }


def _without_more(page: Any) -> Any:
    """The schema that takes no property that it does not describe."""
    if isinstance(page, list):
        return [_without_more(part) for part in page]
    if not isinstance(page, dict):
        return page
    closed = {"additionalProperties": False} if "properties" in page else {}
    return closed | {name: _without_more(part) for name, part in page.items()}
