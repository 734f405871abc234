"""JSON values as bytes in which equal means the same: types too, key order not."""

import json
from collections.abc import Sequence
from decimal import Decimal
from itertools import compress
from operator import is_not, ne, not_
from typing import Any

import msgspec

from parity.errors import BodyError

_UNSORTED = msgspec.json.Encoder(decimal_format="number")
FEW = 8
"""Fewer items than these are looked at one by one."""
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
        if one is other:
            return True
        if one != other:
            return False
        if type(one) is dict:
            one, other = _apart(one, other)
        return have_same_types(one, other)
    except RecursionError as error:
        raise BodyError("too_deep") from error


def _apart(one: dict[str, Any], other: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The members of two equal objects without those that were read as one value (parity.json_sharing)."""
    keys = [key for key, member in one.items() if member is not other[key]]
    return [one[key] for key in keys], [other[key] for key in keys]


def differing(one: Sequence[Any], other: Sequence[Any]) -> Sequence[int]:
    """The places up to the shorter one's end at which two lists may differ; elsewhere they are the same, types included."""
    shorter = min(len(one), len(other))
    if shorter < FEW:
        return range(shorter)
    # what was read as one value needs no look
    apart = list(compress(range(shorter), map(is_not, one, other)))
    lefts, rights = [one[place] for place in apart], [other[place] for place in apart]
    are_unequal = list(map(ne, lefts, rights))
    unequal = list(compress(apart, are_unequal))
    if len(unequal) == len(apart):
        return unequal
    are_equal = list(map(not_, are_unequal))
    lefts, rights = list(compress(lefts, are_equal)), list(compress(rights, are_equal))
    return unequal if have_same_types(lefts, rights) else range(shorter)


def have_same_types(one: Any, other: Any) -> bool:
    """Whether two equal values have the same types; keys mostly stand in the same order, and need no sorting then."""
    try:
        if _UNSORTED.encode(one) == _UNSORTED.encode(other):
            return True
    except (OverflowError, UnicodeEncodeError, msgspec.MsgspecError, RecursionError):
        pass  # what the encoder does not take has canonical bytes, or a reason
    return canonical(one) == canonical(other)
