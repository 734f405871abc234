"""Which items of two lists belong together: as the rule of the list says, else by their ids or by all of them.

What comes out are places in the lists; whether the items of a pair differ is the walk's business.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from parity.alignment import Names, Pair, align, by_occurrence, closest, disordered, unpaired
from parity.item_names import by_size, ids_of, key_of, likeness, names_of, values_of
from parity.rule import Rule
from parity.rule_tree import Node

MAX_SHOWN = 100
"""How many items a difference in order shows of each side."""

Spend = Callable[[int], None]
"""Takes what was looked at off what a walk may look at; raises BodyError("too_costly")."""
Alike = Callable[[int, Any, Any, Node], bool]
"""Whether the rules let an item at a place pass for another."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Pairs of places that are to be compared, and the places of items that one side alone has.

    `moved` are places of items whose order differs, in the order of each side; None when the order is as it may be.
    """

    pairs: Sequence[Pair]
    missing: Sequence[int]
    extra: Sequence[int]
    moved: tuple[Sequence[int], Sequence[int]] | None = None


def pair_items(
    legacy: Sequence[Any], modern: Sequence[Any], left: range, right: range, node: Node, spend: Spend
) -> Pairing:
    """Items without a rule of lists: those with the same id, else the same ones, else neighbours between these.

    An item with another id is another item.
    """
    start = left.start
    ids = ids_of(legacy, left, node), ids_of(modern, right, node)
    are_named = ids[0] is not None and ids[1] is not None
    if ids[0] is not None and ids[1] is not None:
        names: tuple[Names, Names] = ids[0], ids[1]
    else:
        names = _names(legacy[start : left.stop], modern[start : right.stop], start, node, spend)
    found = align(*names, by_place=not are_named)
    pairs, missing, extra = found.neighbours, found.missing, found.extra
    if found.moved and not are_named:
        pairs = closest(
            missing, extra, lambda one, other: likeness(legacy[start + one], modern[start + other])
        )
        missing, extra = _without(missing, extra, pairs)
    if are_named or not node.plain:  # else those of one name are the same
        pairs = found.anchors + pairs
    return Pairing(
        [(start + one, start + other) for one, other in pairs],
        [start + place for place in missing],
        [start + place for place in extra],
        _moved(found.moved, start),
    )


def pair_by_key(legacy: Sequence[Any], modern: Sequence[Any], rule: Rule) -> Pairing:
    """Items with the same key; those whose sort keys differ in legacy must stand in legacy's order."""
    keys = [key_of(item, rule.key) for item in legacy], [key_of(item, rule.key) for item in modern]
    pairs = by_occurrence(*keys)
    if rule.sort is None:
        runs = [left for left, _ in pairs]
    else:
        runs = _runs([values_of(legacy[left], rule.sort) for left, _ in pairs])
    in_modern = sorted(zip((right for _, right in pairs), runs, strict=True))
    moved = disordered([run for _, run in in_modern])[:MAX_SHOWN]
    return Pairing(
        pairs,
        *unpaired(len(legacy), len(modern), pairs),
        ([pairs[place][0] for place in moved], [in_modern[place][0] for place in moved]) if moved else None,
    )


def _runs(names: Names) -> list[int]:
    """The number of the run of equal names that each stands in."""
    runs: list[int] = []
    for place, name in enumerate(names):
        runs.append(runs[-1] + (name != names[place - 1]) if runs else 0)
    return runs


def pair_unordered(
    legacy: Sequence[Any], modern: Sequence[Any], node: Node, spend: Spend, alike: Alike
) -> Pairing:
    """What is left of two multisets when equal items are matched, then those that the rules let pass.

    Each of the rest is paired with the one it shares most fields with.
    """
    exact = by_occurrence(*_names(legacy, modern, 0, None, spend))
    lefts, rights = unpaired(len(legacy), len(modern), exact)
    if lefts and rights and not node.child(0).plain:
        passed = _passed(legacy, modern, lefts, rights, node, spend, alike)
        lefts, rights = _without(lefts, rights, passed)
    pairs = closest(lefts, rights, lambda one, other: likeness(legacy[one], modern[other]))
    return Pairing(pairs, *_without(lefts, rights, pairs))


def _passed(
    legacy: Sequence[Any],
    modern: Sequence[Any],
    lefts: list[int],
    rights: list[int],
    node: Node,
    spend: Spend,
    alike: Alike,
) -> list[Pair]:
    """The places of items that the rules let pass for one another, the small with the small."""
    lefts, rights = by_size(legacy, lefts), by_size(modern, rights)
    names = _names([legacy[place] for place in lefts], [modern[place] for place in rights], 0, node, spend)
    waiting: dict[Hashable, deque[int]] = {}
    for place, name in zip(rights, names[1], strict=True):
        waiting.setdefault(name, deque()).append(place)
    pairs: list[Pair] = []
    for left, name in zip(lefts, names[0], strict=True):
        candidates = waiting.get(name, deque())
        for position, right in enumerate(candidates):
            if alike(left, legacy[left], modern[right], node):
                del candidates[position]
                pairs.append((left, right))
                break
    return pairs


def _names(
    legacy: Sequence[Any], modern: Sequence[Any], start: int, node: Node | None, spend: Spend
) -> tuple[Names, Names]:
    names = names_of(legacy, modern, start, node)
    if any(isinstance(name, bytes) for side in names for name in side[:1]):
        written = sum(len(name) for side in names for name in side if isinstance(name, bytes))
        # the encoder writes them, but what rules let differ is looked up value by value
        spend(written // 16 if node is None or node.plain else written)
    return names


def _without(
    lefts: Sequence[int], rights: Sequence[int], pairs: Sequence[Pair]
) -> tuple[list[int], list[int]]:
    """The places that are in none of the pairs."""
    gone = {left for left, _ in pairs}, {right for _, right in pairs}
    return (
        [place for place in lefts if place not in gone[0]],
        [place for place in rights if place not in gone[1]],
    )


def _moved(pairs: Sequence[Pair], start: int) -> tuple[Sequence[int], Sequence[int]] | None:
    if not pairs:
        return None
    rights = nsmallest(MAX_SHOWN, (right for _, right in pairs))
    return [start + left for left, _ in pairs[:MAX_SHOWN]], [start + right for right in rights]
