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
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Places of items that belong together, `anchors` by their name and `neighbours` by their place.

    `missing` and `extra` are the places of items that one side alone has. `moved` are the anchors between the first
    and the last whose order differs; empty when the lists tell the same order.
    """

    anchors: list[Pair]
    neighbours: list[Pair]
    missing: list[int]
    extra: list[int]
    moved: list[Pair]


def align(legacy: Names, modern: Names, *, by_place: bool) -> Alignment:
    """Items with the same name belong together; with `by_place` also those between them, each with its neighbour."""
    anchors = _anchors(legacy, modern)
    moved = disordered([right for _, right in anchors])
    neighbours: list[Pair] = []
    if by_place and not moved:
        for left, right in _between(anchors, len(legacy), len(modern)):
            neighbours += zip(left, right, strict=False)
    missing, extra = unpaired(len(legacy), len(modern), anchors, neighbours)
    return Alignment(anchors, neighbours, missing, extra, anchors[moved.start : moved.stop])


def unpaired(legacy: int, modern: int, *pairs: Sequence[Pair]) -> tuple[list[int], list[int]]:
    """The places of two lists of these lengths that are in no pair."""
    if legacy == modern == sum(map(len, pairs)):
        return [], []
    lefts = {left for some in pairs for left, _ in some}
    rights = {right for some in pairs for _, right in some}
    return (
        [place for place in range(legacy) if place not in lefts],
        [place for place in range(modern) if place not in rights],
    )


def by_occurrence(legacy: Names, modern: Names) -> list[Pair]:
    """The places of equal names, the first with the first: a multiset's intersection, in legacy's order."""
    first = {
        name: place for place, name in zip(range(len(modern) - 1, -1, -1), reversed(modern), strict=True)
    }
    if len(first) == len(modern) and len(set(legacy)) == len(legacy):
        return [(place, first[name]) for place, name in enumerate(legacy) if name in first]
    places: dict[Hashable, list[int]] = {}
    for place in range(len(modern) - 1, -1, -1):
        places.setdefault(modern[place], []).append(place)
    return [(place, waiting.pop()) for place, name in enumerate(legacy) if (waiting := places.get(name))]


def _anchors(legacy: Names, modern: Names) -> list[Pair]:
    lefts, rights = Counter(legacy), Counter(modern)
    if (len(lefts) == len(legacy) and len(rights) == len(modern)) or lefts == rights:
        return by_occurrence(legacy, modern)
    once = {name: -1 for name, times in rights.items() if times == 1 and lefts.get(name) == 1}
    once |= {name: place for place, name in enumerate(modern) if name in once}
    return [(place, once[name]) for place, name in enumerate(legacy) if name in once]


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


def closest(lefts: Sequence[int], rights: Sequence[int], likeness: Callable[[int, int], int]) -> list[Pair]:
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


def _between(anchors: Iterable[Pair], legacy: int, modern: int) -> Iterator[tuple[range, range]]:
    """The places that stand between two anchors, before the first and behind the last."""
    left = right = 0
    for one, other in anchors:
        yield range(left, one), range(right, other)
        left, right = one + 1, other + 1
    yield range(left, legacy), range(right, modern)
