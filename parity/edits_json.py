"""Edits of JSON bodies: one place of the value is changed, everything else stays as it was.

A place is picked with every value of the answer as likely as any other. What single values are changed into is a table (`edits_values.py`).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from parity.edits import Edit, Editor, MutationKind
from parity.edits_values import CHANGES, Change
from parity.outcome import ABSENT, Kind
from parity.paths import BODY, Step, Steps

MAX_PLACES = 5_000
"""How many values of an answer are looked at as places."""
_STRIDE = 7_919
"""A prime above it: in steps of so many every place comes once."""
ADDED = "crossfadeMutation"
"""A key that no answer has."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value and the path to it."""

    steps: Steps
    value: Any


def places(value: Any, steps: Steps = BODY) -> Iterator[Place]:
    """Every value of an answer, the whole of it first."""
    waiting: list[Place] = [Place(steps, value)]
    seen = 0
    while waiting and seen < MAX_PLACES:
        place = waiting.pop()
        seen += 1
        yield place
        match place.value:
            case dict():
                waiting += [Place((*place.steps, key), child) for key, child in place.value.items()]
            case list():
                waiting += [Place((*place.steps, index), child) for index, child in enumerate(place.value)]


def editors_of(value: Any) -> list[Editor]:
    """Every edit of a JSON value, and those that change nothing by meaning."""
    found = list(places(value))
    return [
        *(partial(_changed, value, found, kind, what, change) for kind, what, change in CHANGES),
        *(partial(_dropped_key, value, found, is_null=is_null) for is_null in (False, True)),
        *(partial(_added_key, value, found, is_null=is_null) for is_null in (False, True)),
        *(partial(editor, value, found) for editor in (_dropped_item, _added_item, _reordered)),
        *(partial(_equivalent, value, what, written) for what, written in _EQUIVALENTS),
    ]


def written(value: Any) -> bytes:
    """The body of a value."""
    return json.dumps(value, ensure_ascii=False).encode()


def replaced(value: Any, steps: Sequence[Step], put: Any) -> Any:
    """The value with another one at a path below it; what is not on that path is shared."""
    if not steps:
        return put
    step, *rest = steps
    copy = value.copy()
    copy[step] = replaced(value[step], rest, put)
    return copy


def _edit(
    kind: MutationKind,
    what: str,
    expects: frozenset[Kind],
    *,
    of: Any,
    at: Place,
    put: Any,
    within: tuple[Step, ...] = (),
    sides: tuple[Any, Any] | None = None,
) -> Edit:
    """The edit that puts another value at a place; `within` is the part of it that is reported."""
    before, after = sides if sides is not None else (at.value, put)
    body = written(replaced(of, at.steps[1:], put))
    return Edit(kind, what, (*at.steps, *within), expects, before, after, body)


def _changed(
    of: Any, found: Sequence[Place], kind: MutationKind, what: str, change: Change, rng: Random
) -> Edit | None:
    expects = frozenset({Kind.TYPE}) if kind is MutationKind.RETYPE else frozenset({Kind.VALUE, Kind.LENGTH})
    for place in _in_any_order(found, rng):
        put = change(place.value)
        if put is not ABSENT:
            if place.steps and isinstance(place.steps[-1], int):
                # who pairs items by a key has the one that was there missing, and another one extra
                expects |= {Kind.MISSING, Kind.EXTRA}
            return _edit(kind, what, expects, of=of, at=place, put=put)
    return None


def _in_any_order(found: Sequence[Place], rng: Random) -> Iterator[Place]:
    start = rng.randrange(len(found))
    return (found[(start + number * _STRIDE) % len(found)] for number in range(len(found)))


def _dropped_key(of: Any, found: Sequence[Place], rng: Random, *, is_null: bool) -> Edit | None:
    what = "missing for null" if is_null else "a key"
    keys = [
        (place, key)
        for place in found
        if isinstance(place.value, dict)
        for key in place.value
        if (place.value[key] is None) == is_null
    ]
    if not keys:
        return None
    place, key = rng.choice(keys)
    put = {name: value for name, value in place.value.items() if name != key}
    sides = (place.value[key], ABSENT)
    expects = frozenset({Kind.MISSING})
    return _edit(MutationKind.DROP, what, expects, of=of, at=place, put=put, within=(key,), sides=sides)


def _added_key(of: Any, found: Sequence[Place], rng: Random, *, is_null: bool) -> Edit | None:
    objects = [place for place in found if isinstance(place.value, dict)]
    if not objects:
        return None
    place = rng.choice(objects)
    new = None if is_null else rng.choice([*place.value.values(), 0])
    expects, what = frozenset({Kind.EXTRA}), "null for missing" if is_null else "a key"
    put = place.value | {ADDED: new}
    return _edit(
        MutationKind.ADD, what, expects, of=of, at=place, put=put, within=(ADDED,), sides=(ABSENT, new)
    )


def _dropped_item(of: Any, found: Sequence[Place], rng: Random) -> Edit | None:
    lists = [place for place in found if isinstance(place.value, list) and place.value]
    if not lists:
        return None
    place = rng.choice(lists)
    index = rng.randrange(len(place.value))
    put = [*place.value[:index], *place.value[index + 1 :]]
    expects = frozenset({Kind.MISSING, Kind.LENGTH})
    return _edit(MutationKind.DROP, "an item", expects, of=of, at=place, put=put)


def _added_item(of: Any, found: Sequence[Place], rng: Random) -> Edit | None:
    lists = [place for place in found if isinstance(place.value, list)]
    if not lists:
        return None
    place = rng.choice(lists)
    put = [*place.value, rng.choice(place.value or [0])]
    expects = frozenset({Kind.EXTRA, Kind.LENGTH})
    return _edit(MutationKind.ADD, "an item", expects, of=of, at=place, put=put)


def _reordered(of: Any, found: Sequence[Place], rng: Random) -> Edit | None:
    lists = [place for place in found if isinstance(place.value, list) and _distinct(place.value) > 1]
    if not lists:
        return None
    place = rng.choice(lists)
    put = list(place.value)
    first = rng.randrange(len(put))
    others = [index for index, item in enumerate(put) if _form(item) != _form(put[first])]
    second = rng.choice(others)
    put[first], put[second] = put[second], put[first]
    return _edit(MutationKind.REORDER, "two items", frozenset({Kind.ORDER}), of=of, at=place, put=put)


def _form(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _distinct(items: list[Any]) -> int:
    return len({_form(item) for item in items})


def _equivalent(of: Any, what: str, writing: Callable[[Any], bytes | None], rng: Random) -> Edit | None:
    del rng
    body = writing(of)
    return None if body is None else Edit(MutationKind.EQUIVALENT, what, BODY, frozenset(), of, of, body)


def _turned(value: Any) -> Any:
    match value:
        case dict():
            return {key: _turned(value[key]) for key in reversed(value)}
        case list():
            return [_turned(item) for item in value]
        case _:
            return value


def _escaped(value: Any) -> bytes | None:
    body = json.dumps(value).encode()
    return body if body != written(value) else None


_EQUIVALENTS: tuple[tuple[str, Callable[[Any], bytes | None]], ...] = (
    ("the order of keys", lambda value: written(_turned(value))),
    ("white space", lambda value: json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"),
    ("escaped characters", _escaped),
)
