"""The second of two JSON bodies, read by what is already known of the first: parts with the same bytes are one value.

Answers mostly differ in few places. What both hold in the same bytes was read once and has been found to be sound; it
becomes the very same value, which the walk then passes over without a look. Only speed depends on what is guessed
here: what could be read otherwise than `parse` reads it is read by `parse`.
"""

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from parity.errors import BodyError
from parity.json_body import BOUNDS, Bounds, has_each_key_once, parse
from parity.value_counts import check_json

LEAST_BYTES = 4_096
"""What is smaller is read as a whole."""

_LEVELS = 6
"""How deep parts are told apart: each level reads over what differs once more."""
_WINDOW = 512
_WINDOWS = 4
_MOST_MISSED = 1
"""Of the windows into the other body; with more of them missing, most of what could be shared differs."""

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_ENCODER = msgspec.json.Encoder()


class _Part(NamedTuple):
    """A part whose bytes are new, with what stands in its place in the other body: bytes and value."""

    written: Raw
    other: Raw | None
    value: Any


def parse_sharing(body: bytes, bounds: Bounds = BOUNDS, *, other: bytes, value: Any) -> Any:
    """What `parse` makes of a body, with parts of `value`, which it made of the `other` one; raises as `parse` does.

    Nobody may change either value.
    """
    if _has_much_of(body, other):
        try:
            check_json(body, bounds.max_values)
            return _Reader(bounds).beside(body, other, value, _LEVELS)
        except (BodyError, ValueError, RecursionError, msgspec.MsgspecError):
            pass  # the plain way says why, or reads it
    return parse(body, bounds)


def _has_much_of(body: bytes, other: bytes) -> bool:
    """Whether it seems to pay to look for parts of the other body: nearly all of some windows of it are in this one."""
    if len(body) < LEAST_BYTES or len(other) < LEAST_BYTES:
        return False
    step = len(other) // _WINDOWS
    shift = _WINDOW + 2 * abs(len(body) - len(other))
    missed = 0
    for at in range((step - _WINDOW) // 2, len(other) - _WINDOW, step):
        window = other[at : at + _WINDOW]
        if (
            not body.startswith(window, at)
            and body.find(window, max(0, at - shift), at + shift + _WINDOW) < 0
        ):
            missed += 1
            if missed > _MOST_MISSED:
                return False
    return True


class _Reader:
    """Reads a body beside another; raises what the decoders and `parse` raise, and ValueError in doubt."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds

    def beside(self, body: bytes, other: bytes, value: Any, levels: int) -> Any:
        """The value of a part in whose place the other body has `value`, an object or a list."""
        if type(value) is dict:
            return self._object(body, _OBJECT.decode(other), value, levels - 1)
        if type(value) is list:
            return self._list(_LIST.decode(body), _LIST.decode(other), value, levels - 1)
        return parse(body, self._bounds)

    def _object(self, body: bytes, other: dict[str, Raw], value: dict[str, Any], levels: int) -> Any:
        parts = _OBJECT.decode(body)
        written = _ENCODER.encode(parts)
        if written != body and not has_each_key_once(body, written):
            raise ValueError("a key may be there twice")
        found: dict[str, Any] = dict.fromkeys(parts)
        new: dict[str, _Part] = {}
        for key, part in parts.items():
            known = other.get(key)
            if known == part:
                found[key] = value[key]
            else:
                new[key] = _Part(part, known, value.get(key))
        found.update(zip(new, self._each(new.values(), levels), strict=True))
        return found

    def _list(self, parts: list[Raw], other: list[Raw], value: list[Any], levels: int) -> Any:
        shorter = min(len(parts), len(other))
        differing = [place for place in range(shorter) if parts[place] != other[place]]
        found = value[:shorter] + [None] * (len(parts) - shorter)
        # an item that is not in its place may stand in another one
        moved = {bytes(other[place]): value[place] for place in chain(differing, range(shorter, len(other)))}
        new: dict[int, _Part] = {}
        for place in chain(differing, range(shorter, len(parts))):
            written = bytes(parts[place])
            if written in moved:
                found[place] = moved[written]
            elif place < shorter:
                new[place] = _Part(parts[place], other[place], value[place])
            else:
                new[place] = _Part(parts[place], None, None)
        for place, item in zip(new, self._each(new.values(), levels), strict=True):
            found[place] = item
        return found

    def _each(self, parts: Collection[_Part], levels: int) -> Iterator[Any]:
        """The values of new parts; the small ones are read together."""
        small = [part.written for part in parts if len(part.written) < LEAST_BYTES]
        read = iter(parse(_ENCODER.encode(small), self._bounds))
        for part in parts:
            yield next(read) if len(part.written) < LEAST_BYTES else self._large(part, levels)

    def _large(self, part: _Part, levels: int) -> Any:
        written = bytes(part.written)
        if levels and part.other is not None:
            other = bytes(part.other)
            if _has_much_of(written, other):
                return self.beside(written, other, part.value, levels)
        return parse(written, self._bounds)
