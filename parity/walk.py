"""The structural walk over two JSON values: strict in types, with the rules of each path.

Lists are compared by index after what they have in common at both ends is set aside; what is left is aligned
by the items' ids (or their whole value), so that one inserted item is one difference and not one per item.
"""

import difflib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from parity.errors import BodyError
from parity.outcome import ABSENT, Difference, Kind
from parity.paths import Step, Steps
from parity.rules import Compare
from parity.shape import same_size, shape_of

MAX_DIFFERENCES = 1_000
MAX_ALIGNED = 400

CompareAt = Callable[[Steps], Compare]


def walk(legacy: Any, modern: Any, root: Steps, compare_at: CompareAt) -> list[Difference]:
    """The differences of two JSON values, at most `MAX_DIFFERENCES` of them.

    Raises BodyError("too_deep") when the values are nested too deep to be walked.
    """
    walker = _Walk(list(root), compare_at)
    try:
        walker.values(legacy, modern)
    except _Enough:
        pass
    except RecursionError as error:
        raise BodyError("too_deep") from error
    return walker.found


class _Enough(Exception):  # noqa: N818 - it ends the walk and is no error
    """As many differences as are kept have been found."""


class _Walk:
    """One walk: the path to where it is, and what it has found so far."""

    def __init__(self, steps: list[Step], compare_at: CompareAt, *, probing: bool = False) -> None:
        self._steps = steps
        self._compare_at = compare_at
        self._probing = probing
        self.found: list[Difference] = []

    def _report(self, kind: Kind, legacy: Any, modern: Any) -> None:
        self.found.append(Difference(tuple(self._steps), kind, legacy, modern))
        if self._probing or len(self.found) >= MAX_DIFFERENCES:
            raise _Enough

    def _by_shape(self) -> bool:
        return self._compare_at(tuple(self._steps)) is Compare.SHAPE

    def values(self, legacy: Any, modern: Any) -> None:
        """Compare two values at the present path."""
        both = (type(legacy), type(modern))
        if both == (dict, dict):
            self._objects(legacy, modern)
        elif both == (list, list):
            self._lists(legacy, modern)
        elif both[0] is not both[1] and not ({*both} <= {float, Decimal} and legacy == modern):
            self._of_different_types(legacy, modern)
        elif legacy != modern:
            self._leaves(legacy, modern)

    def _of_different_types(self, legacy: Any, modern: Any) -> None:
        if {type(legacy), type(modern)} == {float, Decimal}:
            self._leaves(legacy, modern)
        else:
            self._report(Kind.TYPE, legacy, modern)

    def _leaves(self, legacy: Any, modern: Any) -> None:
        if not self._by_shape():
            self._report(Kind.VALUE, legacy, modern)
            return
        one, other = shape_of(legacy), shape_of(modern)
        if one.form != other.form:
            self._report(Kind.VALUE, legacy, modern)
        elif not same_size(one, other):
            self._report(Kind.LENGTH, legacy, modern)

    def _objects(self, legacy: dict[str, Any], modern: dict[str, Any]) -> None:
        for key, value in legacy.items():
            self._steps.append(key)
            if key in modern:
                self.values(value, modern[key])
            else:
                self._report(Kind.MISSING, value, ABSENT)
            self._steps.pop()
        if legacy.keys() >= modern.keys():
            return
        for key, value in modern.items():
            if key not in legacy:
                self._at(key, Kind.EXTRA, ABSENT, value)

    def _at(self, step: Step, kind: Kind, legacy: Any, modern: Any) -> None:
        self._steps.append(step)
        self._report(kind, legacy, modern)
        self._steps.pop()

    def _lists(self, legacy: list[Any], modern: list[Any]) -> None:
        if len(legacy) != len(modern) and self._by_shape():
            self._lists_by_shape(legacy, modern)
            return
        if self._probing or len(legacy) == len(modern) == 1:
            # no probe within a probe: their cost would multiply with the depth
            self._lists_by_index(legacy, modern)
            return
        start, end = self._trim(legacy, modern)
        rest = range(start, len(legacy) - end), range(start, len(modern) - end)
        if not rest[0] and not rest[1]:
            return
        if len(legacy) != len(modern):
            self._report(Kind.LENGTH, len(legacy), len(modern))
        self._aligned(legacy, modern, *rest)

    def _lists_by_index(self, legacy: list[Any], modern: list[Any]) -> None:
        if len(legacy) != len(modern):
            self._report(Kind.LENGTH, len(legacy), len(modern))
        for index, (one, other) in enumerate(zip(legacy, modern, strict=False)):
            self._item(index, one, other)

    def _lists_by_shape(self, legacy: list[Any], modern: list[Any]) -> None:
        if not same_size(shape_of(legacy), shape_of(modern)):
            self._report(Kind.LENGTH, len(legacy), len(modern))
            return
        for index in range(max(len(legacy), len(modern))):
            # the items that one list has more are held against the last item of the other
            self._item(index, legacy[min(index, len(legacy) - 1)], modern[min(index, len(modern) - 1)])

    def _item(self, index: int, legacy: Any, modern: Any) -> None:
        self._steps.append(index)
        self.values(legacy, modern)
        self._steps.pop()

    def _alike(self, index: int, legacy: Any, modern: Any) -> bool:
        """Whether two items are the same under the rules; leaves no trace of a difference."""
        if legacy == modern and repr(legacy) == repr(modern):
            return True  # quick, and strict in types; what is only ordered differently is walked
        probe = _Walk([*self._steps, index], self._compare_at, probing=True)
        try:
            probe.values(legacy, modern)
        except _Enough:
            return False
        return True

    def _trim(self, legacy: list[Any], modern: list[Any]) -> tuple[int, int]:
        """How many items are the same at the start, and of the others at the end."""
        shorter = min(len(legacy), len(modern))
        start = 0
        while start < shorter and self._alike(start, legacy[start], modern[start]):
            start += 1
        end = 0
        while end < shorter - start and self._alike(
            len(legacy) - 1 - end, legacy[-1 - end], modern[-1 - end]
        ):
            end += 1
        return start, end

    def _aligned(self, legacy: list[Any], modern: list[Any], left: range, right: range) -> None:
        names = _names(legacy[left.start : left.stop]), _names(modern[right.start : right.stop])
        if len(left) == len(right) > 1 and names[0] != names[1] and Counter(names[0]) == Counter(names[1]):
            self._report(Kind.ORDER, _shown(legacy, left), _shown(modern, right))
            self._pairs_by_name(legacy, modern, left, right, names)
            return
        are_other = self._have_ids(legacy, left) and self._have_ids(modern, right)
        for lefts, rights in _blocks(names, left, right):
            is_same = names[0][lefts.start - left.start :][:1] == names[1][rights.start - right.start :][:1]
            paired = 0 if are_other and not is_same else min(len(lefts), len(rights))
            for index, other in zip(lefts[:paired], rights[:paired], strict=True):
                self._item(index, legacy[index], modern[other])
            for index in lefts[paired:]:
                self._at(index, Kind.MISSING, legacy[index], ABSENT)
            for index in rights[paired:]:
                self._at(index, Kind.EXTRA, ABSENT, modern[index])

    def _have_ids(self, items: list[Any], places: range) -> bool:
        """Whether an item with another id is another item: not where ids repeat, or are made anew by each backend."""
        ids = [items[place].get("id") if isinstance(items[place], dict) else None for place in places]
        return len(set(map(repr, ids))) == len(ids) and all(
            isinstance(found, str | int) and self._compare_at((*self._steps, place, "id")) is Compare.VALUE
            for place, found in zip(places, ids, strict=True)
        )

    def _pairs_by_name(
        self,
        legacy: list[Any],
        modern: list[Any],
        left: range,
        right: range,
        names: tuple[list[str], list[str]],
    ) -> None:
        places: dict[str, list[int]] = {}
        for place, name in zip(right, names[1], strict=True):
            places.setdefault(name, []).append(place)
        for index, name in zip(left, names[0], strict=True):
            self._item(index, legacy[index], modern[places[name].pop(0)])


def _shown(items: list[Any], places: range) -> list[Any]:
    """What a difference in order shows of the items: their ids, where they have some."""
    return [
        item.get("id", item) if isinstance(item, dict) else item for item in items[places.start : places.stop]
    ]


def _names(items: list[Any]) -> list[str]:
    """What items are recognised by: their ids if each has one of its own, else their whole value."""
    ids = [item.get("id") if isinstance(item, dict) else None for item in items]
    if ids and all(isinstance(found, str | int) for found in ids) and len(set(map(repr, ids))) == len(ids):
        return [repr(found) for found in ids]
    return [json.dumps(item, sort_keys=True, default=str) for item in items]


def _blocks(names: tuple[list[str], list[str]], left: range, right: range) -> Iterator[tuple[range, range]]:
    """Ranges of indices that belong together, in the order of the lists."""
    if max(len(left), len(right)) > MAX_ALIGNED:
        yield left, right
        return
    for _, a0, a1, b0, b1 in difflib.SequenceMatcher(None, names[0], names[1], autojunk=False).get_opcodes():
        yield left[a0:a1], right[b0:b1]
