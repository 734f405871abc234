"""Whether two values are no further apart than a rule lets them be: by plain distance, exactly, never by rounding."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from parity.rule import Tolerance
from parity.shape import shape_of

_NUMBERS = (int, float, Decimal)
_TIMES = ("timestamp", "date")
_NUMBER_TEXTS = ("integer text", "decimal text")


def within(tolerance: Tolerance, one: Any, other: Any) -> bool:
    """Whether two different values of one type are near enough; what has no distance never is.

    Texts are numbers or timestamps when both are written in the same format, zone and precision included.
    """
    if isinstance(one, _NUMBERS) and isinstance(other, _NUMBERS):
        return not isinstance(one, bool) and _near(tolerance, _exact(one), _exact(other))
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    form = shape_of(one).form
    if form != shape_of(other).form:
        return False
    if form.startswith(_NUMBER_TEXTS):
        return _near(tolerance, Decimal(one), Decimal(other))
    return form.startswith(_TIMES) and _is_soon(tolerance, one, other)


def is_measured(value: Any) -> bool:
    """Whether a value has a distance to others of its form: a number, a number as text, a timestamp."""
    if isinstance(value, str):
        return shape_of(value).form.startswith((*_NUMBER_TEXTS, *_TIMES))
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def _exact(number: float | Decimal) -> Decimal:
    """The number that was written: 0.1 is a tenth, not the float beside it."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _near(tolerance: Tolerance, one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(tolerance.absolute, tolerance.relative * max(abs(one), abs(other)))


def _is_soon(tolerance: Tolerance, one: str, other: str) -> bool:
    try:
        apart = datetime.fromisoformat(one) - datetime.fromisoformat(other)
    except (ValueError, OverflowError):  # written like a day or an hour that there is none of
        return False
    return abs(Decimal(str(apart.total_seconds()))) <= tolerance.seconds
