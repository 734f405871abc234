"""The structural walk over two JSON values: strict in types, with the rules of each path.

What is equal is set aside in the parser's and encoder's own speed. Lists are compared after what they have in common
at both ends is set aside too; what is left is aligned by the items' ids (or their whole value), so that one inserted
item is one difference and not one per item. The work is bounded: a walk that would take too long says so.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from parity.alignment import align, by_occurrence, closest, disordered, unpaired
from parity.canonical import canonical
from parity.errors import BodyError
from parity.item_names import ids_of, key_of, likeness, names_of, values_of
from parity.json_body import BOUNDS
from parity.outcome import ABSENT, Difference, Kind
from parity.paths import Step, Steps
from parity.rule import Compare, Rule
from parity.rule_tree import NO_RULES, Node, RuleTree
from parity.shape import same_size, shape_of
from parity.tolerance import within

MAX_DIFFERENCES = 1_000
MAX_VISITS = 12_000_000
"""How many values one walk looks at, those included that it looks at again; some seconds."""
_MAX_SHOWN = 100


def walk(
    legacy: Any, modern: Any, root: Steps, rules: RuleTree = NO_RULES, *, max_depth: int = BOUNDS.max_depth
) -> list[Difference]:
    """The differences of two JSON values, at most `MAX_DIFFERENCES` of them.

    Raises BodyError: `too_deep` when they differ below what may be nested, `too_costly` when it would take too long.
    """
    walker = _Walk(list(root), _Budget(MAX_VISITS), max_depth)
    try:
        walker.values(legacy, modern, rules.at(root))
    except _Enough:
        pass
    except RecursionError as error:
        raise BodyError("too_deep") from error
    return walker.found


class _Enough(Exception):  # noqa: N818 - it ends the walk and is no error
    """As many differences as are kept have been found."""


class _Budget:
    """What a walk and its probes may still look at."""

    def __init__(self, visits: int) -> None:
        self._visits = visits

    def spend(self, visits: int) -> None:
        self._visits -= visits
        if self._visits < 0:
            raise BodyError("too_costly")


class _Walk:
    """One walk: the path to where it is, and what it has found so far."""

    def __init__(self, steps: list[Step], budget: _Budget, max_depth: int, *, probing: bool = False) -> None:
        self._steps = steps
        self._budget = budget
        self._max_depth = max_depth
        self._probing = probing
        self.found: list[Difference] = []

    def _report(self, kind: Kind, legacy: Any, modern: Any) -> None:
        self.found.append(Difference(tuple(self._steps), kind, legacy, modern))
        if self._probing or len(self.found) >= MAX_DIFFERENCES:
            raise _Enough

    def _at(self, step: Step, kind: Kind, legacy: Any, modern: Any) -> None:
        self._steps.append(step)
        self._report(kind, legacy, modern)
        self._steps.pop()

    def values(self, legacy: Any, modern: Any, node: Node) -> None:
        """Compare two values at the present path."""
        kind = type(legacy)
        if kind is not type(modern):
            self._of_different_types(legacy, modern, node.value)
        elif kind is dict:
            self._enter(len(legacy))
            self._objects(legacy, modern, node)
        elif kind is list:
            self._enter(len(legacy))
            self._lists(legacy, modern, node)
        elif legacy != modern:
            self._leaves(legacy, modern, node.value)

    def _enter(self, visits: int) -> None:
        if len(self._steps) > self._max_depth:
            raise BodyError("too_deep")
        self._budget.spend(visits + 1)

    def _of_different_types(self, legacy: Any, modern: Any, rule: Rule | None) -> None:
        if {type(legacy), type(modern)} != {float, Decimal}:
            self._report(Kind.TYPE, legacy, modern)
        elif legacy != modern:
            self._leaves(legacy, modern, rule)

    def _leaves(self, legacy: Any, modern: Any, rule: Rule | None) -> None:
        kind = how_leaves_differ(legacy, modern, rule)
        if kind is not None:
            self._report(kind, legacy, modern)

    def _objects(self, legacy: dict[str, Any], modern: dict[str, Any], node: Node) -> None:
        steps, uniform = self._steps, node.uniform
        shared = len(legacy)
        for key, one in legacy.items():
            other = modern.get(key, ABSENT)
            kind = type(one)
            if kind is type(other) and kind is not dict and kind is not list and one == other:
                continue
            steps.append(key)
            if other is ABSENT:
                shared -= 1
                self._report(Kind.MISSING, one, ABSENT)
            else:
                self.values(one, other, node if uniform else node.child(key))
            steps.pop()
        if len(modern) == shared:
            return
        for key, other in modern.items():
            if key not in legacy:
                self._at(key, Kind.EXTRA, ABSENT, other)

    def _lists(self, legacy: list[Any], modern: list[Any], node: Node) -> None:
        if node.items is not None:
            if node.items.compare is Compare.KEYED:
                self._keyed(legacy, modern, node, node.items)
            else:
                self._unordered(legacy, modern, node)
        elif node.value is not None and node.value.compare is Compare.SHAPE:
            self._lists_by_shape(legacy, modern, node)
        elif self._probing or len(legacy) == len(modern) == 1:
            # no alignment within a probe: its cost would multiply with the depth
            self._lists_by_index(legacy, modern, node)
        else:
            self._lists_by_items(legacy, modern, node)

    def _item(self, index: int, legacy: Any, modern: Any, node: Node) -> None:
        self._steps.append(index)
        self.values(legacy, modern, node.child(index))
        self._steps.pop()

    def _lengths(self, legacy: Sequence[Any], modern: Sequence[Any]) -> None:
        if len(legacy) != len(modern):
            self._report(Kind.LENGTH, len(legacy), len(modern))

    def _lists_by_index(self, legacy: list[Any], modern: list[Any], node: Node) -> None:
        self._lengths(legacy, modern)
        for index, (one, other) in enumerate(zip(legacy, modern, strict=False)):
            self._item(index, one, other, node)

    def _lists_by_shape(self, legacy: list[Any], modern: list[Any], node: Node) -> None:
        if not same_size(shape_of(legacy), shape_of(modern)):
            self._report(Kind.LENGTH, len(legacy), len(modern))
            return
        for index in range(max(len(legacy), len(modern))):
            # the items that one list has more are held against the last item of the other
            self._item(index, legacy[min(index, len(legacy) - 1)], modern[min(index, len(modern) - 1)], node)

    def _lists_by_items(self, legacy: list[Any], modern: list[Any], node: Node) -> None:
        ids = ids_of(legacy, range(len(legacy)), node)
        if ids is not None and ids == ids_of(modern, range(len(modern)), node):
            self._lists_by_index(legacy, modern, node)
            return
        start, end = self._trim(legacy, modern, node)
        left, right = range(start, len(legacy) - end), range(start, len(modern) - end)
        if not left and not right:
            return
        self._lengths(legacy, modern)
        lefts, rights = ids_of(legacy, left, node), ids_of(modern, right, node)
        if lefts is not None and rights is not None:
            self._aligned(legacy, modern, start, (lefts, rights), node, named=True)
        else:
            self._aligned(legacy, modern, start, self._names(legacy, left, modern, right, node), node)

    def _trim(self, legacy: list[Any], modern: list[Any], node: Node) -> tuple[int, int]:
        """How many items are the same at the start, and of the others at the end."""
        shorter = min(len(legacy), len(modern))
        start = 0
        while start < shorter and self._alike(start, legacy[start], modern[start], node):
            start += 1
        end = 0
        while end < shorter - start and self._alike(
            len(legacy) - 1 - end, legacy[-1 - end], modern[-1 - end], node
        ):
            end += 1
        return start, end

    def _alike(self, index: int, legacy: Any, modern: Any, node: Node) -> bool:
        """Whether two items are the same under the rules; leaves no trace of a difference."""
        node = node.child(index)
        kind = type(legacy)
        if kind is type(modern) and kind is not dict and kind is not list and legacy == modern:
            return True
        self._budget.spend(4)
        if node.plain:
            if legacy != modern:
                return False
            if canonical(legacy) == canonical(modern):
                return True
        probe = _Walk([*self._steps, index], self._budget, self._max_depth, probing=True)
        try:
            probe.values(legacy, modern, node)
        except _Enough:
            return False
        return True

    def _names(
        self, legacy: list[Any], left: range, modern: list[Any], right: range, node: Node
    ) -> tuple[Sequence[Hashable], Sequence[Hashable]]:
        lefts, rights = legacy[left.start : left.stop], modern[right.start : right.stop]
        names = names_of(lefts, rights, left.start, node)
        self._budget.spend(sum(len(name) // 16 for side in names for name in side if isinstance(name, bytes)))
        return names

    def _aligned(
        self,
        legacy: list[Any],
        modern: list[Any],
        start: int,
        names: tuple[Sequence[Hashable], Sequence[Hashable]],
        node: Node,
        *,
        named: bool = False,
    ) -> None:
        """Compare what belongs together from `start` on; items that are `named` are others where the name is."""
        found = align(*names, by_place=not named)
        if found.moved:
            self._disordered(
                [legacy[start + left] for left, _ in found.moved],
                [modern[start + right] for right in sorted(right for _, right in found.moved)],
            )
        pairs, missing, extra = found.pairs, found.missing, found.extra
        if found.moved and not named:
            more = closest(
                missing, extra, lambda one, other: likeness(legacy[start + one], modern[start + other])
            )
            pairs = pairs + more
            missing = sorted(set(missing) - {left for left, _ in more})
            extra = sorted(set(extra) - {right for _, right in more})
        if not named:
            pairs = [
                (left, right)
                for left, right in pairs
                if names[0][left] != names[1][right] or not node.child(start + left).plain
            ]
        self._pairs(
            legacy,
            modern,
            [(start + left, start + right) for left, right in pairs],
            [start + place for place in missing],
            [start + place for place in extra],
            node,
        )

    def _pairs(
        self,
        legacy: list[Any],
        modern: list[Any],
        pairs: Iterable[tuple[int, int]],
        missing: Iterable[int],
        extra: Iterable[int],
        node: Node,
    ) -> None:
        """Compare pairs and report the others, in the order of their places."""
        ordered = sorted(
            [
                *((left, 0, right) for left, right in pairs),
                *((left, 1, left) for left in missing),
                *((right, 2, right) for right in extra),
            ]
        )
        for index, what, right in ordered:
            if what == 0:
                self._item(index, legacy[index], modern[right], node)
            elif what == 1:
                self._at(index, Kind.MISSING, legacy[index], ABSENT)
            else:
                self._at(index, Kind.EXTRA, ABSENT, modern[index])

    def _disordered(self, legacy: list[Any], modern: list[Any]) -> None:
        self._report(Kind.ORDER, _shown(legacy), _shown(modern))

    def _keyed(self, legacy: list[Any], modern: list[Any], node: Node, rule: Rule) -> None:
        """Pair items by the rule's key; where the sort key of two differs, so must not their order."""
        self._lengths(legacy, modern)
        pairs = by_occurrence(
            [key_of(item, rule.key) for item in legacy], [key_of(item, rule.key) for item in modern]
        )
        missing, extra = unpaired(len(legacy), len(modern), pairs)
        if rule.sort is None:
            places = [left for left, _ in pairs]
        else:
            places = _runs([values_of(legacy[left], rule.sort) for left, _ in pairs])
        in_modern = sorted(zip((right for _, right in pairs), places, strict=True))
        if moved := disordered([place for _, place in in_modern]):
            self._disordered(
                [legacy[pairs[position][0]] for position in moved],
                [modern[in_modern[position][0]] for position in moved],
            )
        self._pairs(legacy, modern, pairs, missing, extra, node)

    def _unordered(self, legacy: list[Any], modern: list[Any], node: Node) -> None:
        """Match equal items first, then those that the rules let pass, then pair what is left with what is most alike."""
        self._lengths(legacy, modern)
        exact = by_occurrence(*names_of(legacy, modern, 0, None))
        lefts, rights = unpaired(len(legacy), len(modern), exact)
        if not node.child(0).plain:
            passed = self._passed(legacy, modern, lefts, rights, node)
            lefts = sorted(set(lefts) - {left for left, _ in passed})
            rights = sorted(set(rights) - {right for _, right in passed})
        pairs = closest(lefts, rights, lambda one, other: likeness(legacy[one], modern[other]))
        self._pairs(
            legacy,
            modern,
            pairs,
            sorted(set(lefts) - {left for left, _ in pairs}),
            sorted(set(rights) - {right for _, right in pairs}),
            node,
        )

    def _passed(
        self, legacy: list[Any], modern: list[Any], lefts: list[int], rights: list[int], node: Node
    ) -> list[tuple[int, int]]:
        """The places of items that the rules let pass for one another, each with the first that is left."""
        names = names_of([legacy[place] for place in lefts], [modern[place] for place in rights], 0, node)
        waiting: dict[Hashable, deque[int]] = {}
        for place, name in zip(rights, names[1], strict=True):
            waiting.setdefault(name, deque()).append(place)
        pairs: list[tuple[int, int]] = []
        for left, name in zip(lefts, names[0], strict=True):
            candidates = waiting.get(name, deque())
            for position, right in enumerate(candidates):
                if self._alike(left, legacy[left], modern[right], node):
                    del candidates[position]
                    pairs.append((left, right))
                    break
        return pairs


def how_leaves_differ(legacy: Any, modern: Any, rule: Rule | None) -> Kind | None:
    """The kind of the difference between two unequal values of one type that are no objects or lists."""
    if rule is None or rule.compare is Compare.VALUE:
        return Kind.VALUE
    if rule.compare is Compare.TOLERANCE:
        return None if within(rule.tolerance, legacy, modern) else Kind.VALUE
    one, other = shape_of(legacy), shape_of(modern)
    if one.form != other.form:
        return Kind.VALUE
    return None if same_size(one, other) else Kind.LENGTH


def _shown(items: Sequence[Any]) -> list[Any]:
    """What a difference in order shows of the items: their ids, where they have some."""
    return [item.get("id", item) if isinstance(item, dict) else item for item in items[:_MAX_SHOWN]]


def _runs(names: Sequence[Hashable]) -> list[int]:
    """The number of the run of equal names that each stands in."""
    runs: list[int] = []
    for place, name in enumerate(names):
        runs.append(runs[-1] + (name != names[place - 1]) if runs else 0)
    return runs
