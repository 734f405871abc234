"""Which items of two lists belong together, by their names: in time that grows with the lists and not their square.

A name is anything hashable in which equal means: the same item. What occurs once on both sides is an anchor;
between anchors items belong together by their place.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

MAX_LIKENESSES = 2_500

Names = Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class Alignment:
    """`pairs` are the places of items that belong together, in legacy's order; then those that one side alone has.

    `moved` are the pairs whose order differs; empty when the lists tell the same order.
    """

    pairs: list[tuple[int, int]]
    missing: list[int]
    extra: list[int]
    moved: list[tuple[int, int]]


def align(legacy: Names, modern: Names, *, by_place: bool) -> Alignment:
    """Items with the same name belong together; with `by_place` also those between them, each with its neighbour."""
    named = _anchors(legacy, modern)
    moved = disordered([right for _, right in named])
    pairs = list(named)
    if by_place and not moved:
        for left, right in _between(named, len(legacy), len(modern)):
            pairs += zip(left, right, strict=False)
        pairs.sort()
    missing, extra = unpaired(len(legacy), len(modern), pairs)
    return Alignment(pairs, missing, extra, [named[place] for place in moved])


def unpaired(legacy: int, modern: int, pairs: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """The places of two lists of these lengths that are in no pair."""
    lefts, rights = {left for left, _ in pairs}, {right for _, right in pairs}
    return (
        [place for place in range(legacy) if place not in lefts],
        [place for place in range(modern) if place not in rights],
    )


def by_occurrence(legacy: Names, modern: Names) -> list[tuple[int, int]]:
    """The places of equal names, the first with the first: a multiset's intersection, in legacy's order."""
    places: dict[Hashable, list[int]] = {}
    for place in range(len(modern) - 1, -1, -1):
        places.setdefault(modern[place], []).append(place)
    return [(place, waiting.pop()) for place, name in enumerate(legacy) if (waiting := places.get(name))]


def _anchors(legacy: Names, modern: Names) -> list[tuple[int, int]]:
    if Counter(legacy) == Counter(modern):
        return by_occurrence(legacy, modern)
    once = {name for name, times in Counter(modern).items() if times == 1}
    once &= {name for name, times in Counter(legacy).items() if times == 1}
    right = {name: place for place, name in enumerate(modern) if name in once}
    return [(place, right[name]) for place, name in enumerate(legacy) if name in once]


def disordered(places: Sequence[int]) -> range:
    """From the first to the last position at which something else stands than would in rising order."""
    if all(one <= other for one, other in pairwise(places)):
        return range(0)
    others = [
        position
        for position, (one, other) in enumerate(zip(places, sorted(places), strict=True))
        if one != other
    ]
    return range(others[0], others[-1] + 1)


def closest(
    lefts: Sequence[int], rights: Sequence[int], likeness: Callable[[int, int], int]
) -> list[tuple[int, int]]:
    """Pairs of places, the most alike first; by their order where there are too many to look at each pair."""
    if len(lefts) * len(rights) > MAX_LIKENESSES:
        return list(zip(lefts, rights, strict=False))
    scored = sorted(
        ((-likeness(left, right), left, right) for left in lefts for right in rights),
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, left, right in scored:
        if left not in pairs and right not in taken:
            pairs[left] = right
            taken.add(right)
    return sorted(pairs.items())


def _between(anchors: Iterable[tuple[int, int]], legacy: int, modern: int) -> Iterator[tuple[range, range]]:
    """The places that stand between two anchors, before the first and behind the last."""
    left = right = 0
    for one, other in anchors:
        yield range(left, one), range(right, other)
        left, right = one + 1, other + 1
    yield range(left, legacy), range(right, modern)
