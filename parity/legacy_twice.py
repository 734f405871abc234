"""What a read that legacy answered twice tells: on which paths it differs from itself, and in what shape.

A path counts where legacy's second answer differs from its first *and* modern's second answer from legacy's: where
modern agrees again, the data only moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity.bodies import Text
from parity.outcome import ABSENT, Difference, Kind
from parity.shape import format_of, same_size, shape_of, type_of

_IN_VALUE = (Kind.VALUE, Kind.HEADER)


@dataclass(frozen=True, slots=True)
class Noted:
    """How two values at a path differ: the name of their shape, or of both when it is not the same."""

    shape: str
    is_other_shape: bool


@dataclass(frozen=True, slots=True)
class LegacyTwice:
    """One read that legacy answered twice, with the folded paths on which it differed from itself."""

    endpoint: str
    paths: Mapping[str, Noted]


def legacy_twice(endpoint: str, itself: Sequence[Difference], sides: Sequence[Difference]) -> LegacyTwice:
    """What a second asking says of legacy: it differs from `itself`, while the `sides` differ, too."""
    still = {difference.folded for difference in sides}
    paths: dict[str, Noted] = {}
    for difference in itself:
        path = difference.folded
        if path in still and not (path in paths and paths[path].is_other_shape):
            paths[path] = _noted(difference)
    return LegacyTwice(endpoint, paths)


def same_shape(difference: Difference) -> bool:
    """Whether both values are there and differ in nothing but their value."""
    if difference.kind not in _IN_VALUE or ABSENT in (difference.legacy, difference.modern):
        return False
    one, other = shape_of(difference.legacy), shape_of(difference.modern)
    return one.type == other.type and one.form == other.form and same_size(one, other)


def _noted(difference: Difference) -> Noted:
    if same_shape(difference):
        return Noted(_named(difference.legacy), is_other_shape=False)
    if difference.kind in (Kind.ORDER, Kind.LENGTH, Kind.STATUS):
        return Noted(f"another {difference.kind}", is_other_shape=True)
    sides = _named(difference.legacy), _named(difference.modern)
    return Noted(
        " / ".join(dict.fromkeys(sides)) if sides[0] != sides[1] else f"{sides[0]} of another shape",
        is_other_shape=True,
    )


def _named(value: Any) -> str:
    """The shape without anything of the value: `string (uuid)`, `integer`, `nothing`."""
    match value:
        case Text():
            return "text"
        case str():
            return f"string ({format_of(value)})"
        case _ if value is ABSENT:
            return "nothing"
        case _:
            return type_of(value)
