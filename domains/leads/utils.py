"""An activity as it is written into the notes of a lead."""

from collections.abc import Mapping
from typing import Any

from domains.shared.node_json import either


def activity_of(body: Mapping[str, Any]) -> str:
    """`<type>: <notes>`; an absent type is `undefined`, as recorded."""
    kind = written(body["activityType"]) if "activityType" in body else "undefined"
    return f"{kind}: {written(either(body.get('notes'), 'Contact made'))}"


def written(value: Any) -> str:
    """A value inside a template string of JavaScript."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list():
            return ",".join("" if item is None else written(item) for item in value)
        case dict():
            return "[object Object]"
        case _:
            return str(value)
