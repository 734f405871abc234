"""The structural walk over two JSON values: strict in types, with the rules of each path.

What is equal is set aside in the parser's and encoder's own speed. Lists are compared after what they have in common
at both ends is set aside too; what is left is aligned by the items' ids (or their whole value), so that one inserted
item is one difference and not one per item. The work is bounded: a walk that would take too long says so.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from parity.canonical import FEW, differing, have_same_types
from parity.errors import BodyError
from parity.item_names import have_same_ids
from parity.json_body import BOUNDS
from parity.outcome import ABSENT, Difference, Kind
from parity.pairing import Pairing, pair_by_key, pair_items, pair_unordered
from parity.paths import Step, Steps
from parity.rule import Compare, Rule
from parity.rule_tree import NO_RULES, Node, RuleTree
from parity.shape import same_size, shape_of
from parity.tolerance import within

MAX_DIFFERENCES = 1_000
MAX_VISITS = 8_000_000
"""How many values one walk looks at, those included that it looks at again; some seconds."""


def walk(
    legacy: Any,
    modern: Any,
    root: Steps,
    rules: RuleTree = NO_RULES,
    *,
    max_depth: int = BOUNDS.max_depth,
    max_visits: int = MAX_VISITS,
) -> list[Difference]:
    """The differences of two JSON values, at most `MAX_DIFFERENCES` of them.

    Raises BodyError: `too_deep` when they differ below what may be nested, `too_costly` when it would take too long.
    """
    walker = _Walk(list(root), _Budget(max_visits), max_depth)
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
        self._spend = budget.spend
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
        elif kind is dict or kind is list:
            if legacy is modern or (legacy == modern and have_same_types(legacy, modern)):
                return  # the very same is no difference under any rule
            if len(self._steps) > self._max_depth:
                raise BodyError("too_deep")
            self._spend(len(legacy) + 1)
            if kind is dict:
                self._objects(legacy, modern, node)
            else:
                self._lists(legacy, modern, node)
        elif legacy != modern:
            self._leaves(legacy, modern, node.value)

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
        if node.items is not None and node.items.compare is Compare.KEYED:
            self._paired(legacy, modern, pair_by_key(legacy, modern, node.items), node)
        elif node.items is not None:
            found = pair_unordered(legacy, modern, node, self._spend, self._alike)
            self._paired(legacy, modern, found, node)
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
        for index in differing(legacy, modern):
            self._item(index, legacy[index], modern[index], node)

    def _lists_by_shape(self, legacy: list[Any], modern: list[Any], node: Node) -> None:
        if not same_size(shape_of(legacy), shape_of(modern)):
            self._report(Kind.LENGTH, len(legacy), len(modern))
            return
        for index in range(max(len(legacy), len(modern))):
            # the items that one list has more are held against the last item of the other
            self._item(index, legacy[min(index, len(legacy) - 1)], modern[min(index, len(modern) - 1)], node)

    def _lists_by_items(self, legacy: list[Any], modern: list[Any], node: Node) -> None:
        places = differing(legacy, modern)
        if len(legacy) == len(modern) and have_same_ids(legacy, modern, places, node):
            for index in places:
                self._item(index, legacy[index], modern[index], node)
            return
        start, end = self._trim(legacy, modern, places, node)
        left, right = range(start, len(legacy) - end), range(start, len(modern) - end)
        if left or right:
            self._paired(legacy, modern, pair_items(legacy, modern, left, right, node, self._spend), node)

    def _trim(
        self, legacy: list[Any], modern: list[Any], places: Sequence[int], node: Node
    ) -> tuple[int, int]:
        """How many items are the same at the start, where the first of the places may differ, and at the end."""
        shorter = min(len(legacy), len(modern))
        start = next(iter(places), shorter)
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
        self._spend(4)
        if node.plain and legacy != modern:
            return False
        probe = _Walk([*self._steps, index], self._budget, self._max_depth, probing=True)
        try:
            probe.values(legacy, modern, node)
        except _Enough:
            return False
        return True

    def _paired(self, legacy: list[Any], modern: list[Any], found: Pairing, node: Node) -> None:
        """Compare what belongs together and report the rest, in the order of the places."""
        self._lengths(legacy, modern)
        if found.moved:
            lefts, rights = found.moved
            self._report(Kind.ORDER, _shown(legacy, lefts), _shown(modern, rights))
        pairs = found.pairs
        if len(pairs) >= FEW:
            places = differing([legacy[left] for left, _ in pairs], [modern[right] for _, right in pairs])
            pairs = [pairs[place] for place in places]
        ordered = sorted(
            [
                *((left, 0, right) for left, right in pairs),
                *((left, 1, left) for left in found.missing),
                *((right, 2, right) for right in found.extra),
            ]
        )
        for index, what, right in ordered:
            if what == 0:
                self._item(index, legacy[index], modern[right], node)
            elif what == 1:
                self._at(index, Kind.MISSING, legacy[index], ABSENT)
            else:
                self._at(index, Kind.EXTRA, ABSENT, modern[index])


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


def _shown(items: Sequence[Any], places: Iterable[int]) -> list[Any]:
    """What a difference in order shows of the items: their ids, where they have some."""
    return [
        item.get("id", item) if isinstance(item, dict) else item for item in map(items.__getitem__, places)
    ]
