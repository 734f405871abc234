"""What faults do to the values of answers, as small functions that are put together."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from domains.shared.faults.acts import Change

GONE: Final = object()
"""Stands for a value that is taken out of its object."""


def at(path: str, change: Change) -> Change:
    """Change what is at a path: names with dots between, `*` for every item. Nothing is done where there is none."""
    step, _, rest = path.partition(".")
    below = at(rest, change) if rest else change

    def changed(value: Any) -> Any:
        match value:
            case list() if step == "*":
                return [below(item) for item in value]
            case dict() if step in value:
                put = below(value[step])
                if put is GONE:
                    return {key: item for key, item in value.items() if key != step}
                return value | {step: put}
            case _:
                return value

    return changed


def everywhere(names: frozenset[str], change: Change) -> Change:
    """Change what has one of these names, at any depth."""

    def changed(value: Any) -> Any:
        match value:
            case dict():
                return {key: change(item) if key in names else changed(item) for key, item in value.items()}
            case list():
                return [changed(item) for item in value]
            case _:
                return value

    return changed


def put(new: Any) -> Change:
    """Another value, whatever was there."""
    return lambda _: new


def gone(_: Any) -> Any:
    """Nothing."""
    return GONE


def renamed(name: str, other: str) -> Change:
    """An object in which a key has another name."""
    return lambda value: {other if key == name else key: item for key, item in value.items()}


def with_key(name: str, new: Any) -> Change:
    """An object with one key more."""
    return lambda value: value | {name: new}


def text(change: Callable[[str], str]) -> Change:
    """Change a text, and leave alone what is none."""
    return lambda value: change(value) if isinstance(value, str) else value


def only(kind: type, change: Change) -> Change:
    """Change what is of that very type."""
    return lambda value: change(value) if type(value) is kind else value


def where_null(change: Change) -> Change:
    """Change what is null."""
    return lambda value: change(value) if value is None else value


def one_more(value: Any) -> Any:
    """A number, or one that is written as text, plus one."""
    match value:
        case str():
            return str(Decimal(value) + 1)
        case None:
            return None
        case _:
            return value + 1


def rounded(value: str) -> str:
    """A decimal text as the next whole number, halves upwards."""
    return str(math.floor(float(value) + 0.5))


def seconds_lost(value: str) -> str:
    """A moment without the fraction of its second."""
    return value.partition(".")[0] + "Z"
