"""JSON values as bytes in which equal means the same: types too, key order not."""

import json
from decimal import Decimal
from typing import Any

import msgspec

from parity.errors import BodyError

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
        return one == other and canonical(one) == canonical(other)
    except RecursionError as error:
        raise BodyError("too_deep") from error
