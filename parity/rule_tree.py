"""The rules of one endpoint as a tree by path: where no rule holds, the walk asks nothing.

A node is what the rules say of one path. It is made when the walk first comes there, from the rules' globs and
how far each has been followed; all keys and indices that no glob names share one node.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from parity.paths import DEEP, PathGlob, Step, TextGlob, takes
from parity.rule import Compare, Rule

MAX_NODES = 4_096
"""How many nodes of a tree are kept, and children of one node by their names; others are made each time."""

_Followed = frozenset[tuple[int, int]]
"""Rules by their place in the tree, and how many steps of their globs have been followed."""
_OTHER_NAME: Final = "\0other"


class Node:
    """What the rules say of one path.

    `value` compares the value, and what is below it; `items` the list that is there. A `uniform` node says the
    same of all that is below it; a `plain` one says nothing at all.
    """

    __slots__ = ("_children", "_followed", "_globs", "_named", "_tree", "items", "plain", "uniform", "value")

    def __init__(self, tree: "RuleTree", followed: _Followed, value: Rule | None, items: Rule | None) -> None:
        self.value = value
        self.items = items
        self.uniform = not followed and items is None
        self.plain = self.uniform and (value is None or value.compare is Compare.VALUE)
        self._tree = tree
        self._followed = followed
        steps = [tree.globs[rule].steps[at] for rule, at in followed]
        self._named = {step for step in steps if isinstance(step, str | int) and step != DEEP}
        self._globs = [step for step in steps if isinstance(step, TextGlob)]
        self._children: dict[Step, Node] = {}

    def child(self, step: Step) -> "Node":
        """The node of the path that is one step longer."""
        if self.uniform:
            return self
        key: Step = step
        if step not in self._named and not (self._globs and self._has_glob_for(step)):
            key = _OTHER_NAME if isinstance(step, str) else -1
        found = self._children.get(key)
        if found is None:
            found = self._tree.after(self._followed, self.value, step)
            if len(self._children) < MAX_NODES:
                self._children[key] = found
        return found

    def _has_glob_for(self, step: Step) -> bool:
        return isinstance(step, str) and any(glob.matches(step) for glob in self._globs)


class RuleTree:
    """The tree of rules in the order of their strength, the strongest last."""

    def __init__(self, rules: Iterable[tuple[PathGlob, Rule]]) -> None:
        self._rules: list[Rule] = []
        self.globs: list[PathGlob] = []
        for glob, rule in rules:
            self.globs.append(glob)
            self._rules.append(rule)
        self._strength = {id(rule): place for place, rule in enumerate(self._rules)}
        self._nodes: dict[tuple[_Followed, int, int], Node] = {}
        self._top = self._node({(rule, 0) for rule in range(len(self._rules))}, None)

    def at(self, steps: Sequence[Step]) -> Node:
        """The node of a path."""
        node = self._top
        for step in steps:
            node = node.child(step)
        return node

    def after(self, followed: _Followed, value: Rule | None, step: Step) -> Node:
        """The node that one more step leads to."""
        on: set[tuple[int, int]] = set()
        for rule, at in followed:
            glob_step = self.globs[rule].steps[at]
            if glob_step == DEEP:
                on.add((rule, at))
            elif takes(glob_step, step):
                on.add((rule, at + 1))
        return self._node(on, value)

    def _node(self, reached: set[tuple[int, int]], value: Rule | None) -> Node:
        followed: set[tuple[int, int]] = set()
        strongest = -1 if value is None else self._strength[id(value)]
        of_items = -1
        waiting = list(reached)
        while waiting:
            rule, at = waiting.pop()
            steps = self.globs[rule].steps
            if at < len(steps):
                followed.add((rule, at))
                if steps[at] == DEEP:  # which may be no step at all
                    waiting.append((rule, at + 1))
            elif self._rules[rule].of_lists:
                of_items = max(of_items, rule)
            else:
                strongest = max(strongest, rule)
        key = (frozenset(followed), strongest, of_items)
        node = self._nodes.get(key)
        if node is None:
            node = Node(self, key[0], self._rule(strongest), self._rule(of_items))
            if len(self._nodes) < MAX_NODES:
                self._nodes[key] = node
        return node

    def _rule(self, place: int) -> Rule | None:
        return None if place < 0 else self._rules[place]


NO_RULES: Final = RuleTree(())
