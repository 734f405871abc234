"""The shape of a value in words that may be stored: `string date`, `integer 6`, `array 2`, `nothing`.

Coarser than `parity.shape`, whose forms of codes and references hold pieces of the value itself.
"""

from collections.abc import Sequence
from typing import Any

from parity.outcome import ABSENT, Difference
from parity.shape import Shape, same_size, shape_of

NOTHING = "nothing"
"""The shape of a value that is not there."""

_WITHOUT_PIECES = ("code", "reference")


def shape_text(value: Any) -> str:
    """JSON type, format of a string, and a number for the length class (the digits of an integer)."""
    return NOTHING if value is ABSENT else _written(_coarse(value))


def fits(text: str, value: Any) -> bool:
    """Whether a value has this shape; lengths may differ by one class, as where a rule compares by shape."""
    if value is ABSENT or text == NOTHING:
        return value is ABSENT and text == NOTHING
    wanted, found = _read(text), _coarse(value)
    return (wanted.type, wanted.form) == (found.type, found.form) and same_size(wanted, found)


def takes_shapes(shapes: Sequence[tuple[str, str]], difference: Difference) -> bool:
    """Whether both values of a difference have one of these pairs of (legacy's, modern's) shapes; no pairs take any."""
    return not shapes or any(
        fits(legacy, difference.legacy) and fits(modern, difference.modern) for legacy, modern in shapes
    )


def _coarse(value: Any) -> Shape:
    shape = shape_of(value)
    word = shape.form.partition(" ")[0]
    return Shape(shape.type, word, len(value).bit_length()) if word in _WITHOUT_PIECES else shape


def _written(shape: Shape) -> str:
    return " ".join(part for part in (shape.type, shape.form, str(shape.size or "")) if part)


def _read(text: str) -> Shape:
    kind, *words = text.split(" ")
    size = int(words.pop()) if words and words[-1].isdecimal() else 0
    return Shape(kind, " ".join(words), size)
