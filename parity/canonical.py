"""JSON values as bytes in which equal means the same: types too, key order not."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from parity.errors import BodyError

_UNSORTED = msgspec.json.Encoder(decimal_format="number")
_FEW = 8
_ENCODER = msgspec.json.Encoder(order="deterministic", decimal_format="number")


def canonical(value: Any) -> bytes:
    """The bytes of a JSON value with sorted keys; raises BodyError("too_deep").

    Equal bytes are equal values of the same types. The reverse does not hold: 1.50 and 1.5 may have two forms.
    """
    try:
        return _ENCODER.encode(value)
    except (OverflowError, UnicodeEncodeError, msgspec.MsgspecError):
        return _exactly(value)
    except RecursionError as error:
        raise BodyError("too_deep") from error


def _exactly(value: Any) -> bytes:
    """For what the encoder does not take; never the same bytes as it would write."""
    try:
        return b"\0" + json.dumps(value, sort_keys=True, default=_tagged).encode()
    except RecursionError as error:
        raise BodyError("too_deep") from error


def _tagged(value: Any) -> Any:
    return {"\0decimal": str(value)} if isinstance(value, Decimal) else {"\0": repr(value)}


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal, types included; raises BodyError("too_deep"). False says nothing.

    1.50 and 1.5 may not be the same here and are no difference for the walk.
    """
    try:
        return one == other and _are_same(one, other)
    except RecursionError as error:
        raise BodyError("too_deep") from error


def differing(one: Sequence[Any], other: Sequence[Any]) -> Sequence[int]:
    """The places up to the shorter one's end at which two lists may differ; elsewhere they are the same, types included."""
    shorter = min(len(one), len(other))
    if shorter < _FEW:
        return range(shorter)
    unequal = [place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right]
    if len(unequal) == shorter:
        return unequal
    lefts, rights = _without(one, unequal, shorter), _without(other, unequal, shorter)
    return unequal if _are_same(lefts, rights) else range(shorter)


def _without(items: Sequence[Any], places: Sequence[int], end: int) -> list[Any]:
    if len(places) > _FEW:
        skipped = set(places)
        return [item for place, item in enumerate(items[:end]) if place not in skipped]
    kept = list(items[:end])
    for place in reversed(places):
        del kept[place]
    return kept


def _are_same(one: Any, other: Any) -> bool:
    """Whether two equal values have the same types; keys mostly stand in the same order, and need no sorting then."""
    try:
        if _UNSORTED.encode(one) == _UNSORTED.encode(other):
            return True
    except (OverflowError, UnicodeEncodeError, msgspec.MsgspecError, RecursionError):
        pass  # what the encoder does not take has canonical bytes, or a reason
    return canonical(one) == canonical(other)
