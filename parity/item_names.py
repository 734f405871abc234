"""What items of lists are recognised by: their ids, a rule's key, or all of them as far as the rules ask."""

from collections.abc import Hashable, Sequence
from typing import Any

from parity.canonical import canonical
from parity.outcome import ABSENT
from parity.rule import Compare
from parity.rule_tree import Node
from parity.shape import shape_of
from parity.tolerance import is_measured

_ONE_WORD = ({str}, {int}, {bool})
_OF_IDS = (str, int)


def ids_of(items: Sequence[Any], places: range, node: Node) -> list[Hashable] | None:
    """The items' ids; None where one has none, two have the same, or each backend makes ids of its own."""
    found: list[Hashable] = []
    for place in places:
        item = items[place]
        name = item.get("id") if type(item) is dict else None
        if type(name) is int:
            name = (name,)
        elif type(name) is not str:
            return None
        found.append(name)
    if len(set(found)) != len(found):
        return None
    return found if node.plain or all(_is_by_value(place, node) for place in places) else None


def have_same_ids(legacy: Sequence[Any], modern: Sequence[Any], places: Sequence[int], node: Node) -> bool:
    """Whether the items at each of these places have an id and the same one: then no place is another item's."""
    for place in places:
        one, other = legacy[place], modern[place]
        if type(one) is not dict or type(other) is not dict:
            return False
        name, other_name = one.get("id"), other.get("id")
        if type(name) not in _OF_IDS or type(name) is not type(other_name) or name != other_name:
            return False
    return node.plain or all(_is_by_value(place, node) for place in places)


def _is_by_value(place: int, node: Node) -> bool:
    rule = node.child(place).child("id").value
    return rule is None or rule.compare is Compare.VALUE


def key_of(item: Any, steps: Sequence[str]) -> Hashable:
    """The value at a field of an item, its type included; where there is none, the same for all."""
    for step in steps:
        item = item.get(step, ABSENT) if isinstance(item, dict) else ABSENT
    if isinstance(item, dict | list):
        return canonical(item)
    return type(item), item


def values_of(item: Any, fields: Sequence[Sequence[str]]) -> Hashable:
    """The values at several fields of an item."""
    return tuple(key_of(item, steps) for steps in fields)


def names_of(
    legacy: Sequence[Any], modern: Sequence[Any], start: int, node: Node | None
) -> tuple[Sequence[Hashable], Sequence[Hashable]]:
    """Names of the items of both lists, which begin at place `start`; by their whole value without a node.

    Of two items that the rules let pass for one another the names are equal, but for numbers that are written
    with other digits. Without rules equal names are equal items, types included.
    """
    is_plain = node is None or node.plain
    if is_plain and {*map(type, legacy), *map(type, modern)} in _ONE_WORD:
        return legacy, modern
    if node is None or is_plain:
        return [canonical(item) for item in legacy], [canonical(item) for item in modern]
    return (
        [canonical(_asked(item, node.child(place))) for place, item in enumerate(legacy, start)],
        [canonical(_asked(item, node.child(place))) for place, item in enumerate(modern, start)],
    )


def _asked(value: Any, node: Node) -> Any:
    """The value with what the rules let differ replaced by what they do not."""
    if node.plain:
        return value
    by_shape = node.value is not None and node.value.compare is Compare.SHAPE
    if type(value) is dict:
        return {key: _asked(child, node.child(key)) for key, child in value.items()}
    if type(value) is list:
        if by_shape and node.items is None:
            return "\0array"
        found = [_asked(child, node.child(place)) for place, child in enumerate(value)]
        return found if node.items is None else sorted(found, key=canonical)
    if by_shape or (
        node.value is not None and node.value.compare is Compare.TOLERANCE and is_measured(value)
    ):
        shape = shape_of(value)
        return f"\0{shape.type}:{shape.form}"
    return value


def by_size(items: Sequence[Any], places: Sequence[int]) -> list[int]:
    """Places in the order of their items' length when written, then of what is written."""
    written = {place: canonical(items[place]) for place in places}
    return sorted(places, key=lambda place: (len(written[place]), written[place]))


def likeness(one: Any, other: Any) -> int:
    """How many fields two items share."""
    if type(one) is not dict or type(other) is not dict:
        return 0
    return sum(1 for key, value in one.items() if key in other and other[key] == value)
