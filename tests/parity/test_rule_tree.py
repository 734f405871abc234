"""The tree of rules: what holds at a path, and where nothing does."""

import time

from hypothesis import given
from hypothesis import strategies as st

from parity.paths import Step, path_glob
from parity.rule import Compare, Rule
from parity.rule_tree import RuleTree
from tests.parity.factories import by_shape

GLOBS = ["$", "$.a", "$.a[*]", "$.*", "$.**.b", "**", "$.a[0].b", "$.*_at", "**.b[*]", "$[*][1]", '$["a"].**']
PATHS = st.lists(st.sampled_from(["a", "b", "c_at", 0, 1, 2]), max_size=5).map(lambda tail: ("$", *tail))


def tree(*rules: Rule) -> RuleTree:
    return RuleTree([(path_glob(rule.path), rule) for rule in rules])


def held(rules: list[Rule], path: tuple[Step, ...]) -> Rule | None:
    """The last rule that takes the path or one above it: what the tree must say, told slowly."""
    for rule in reversed(rules):
        if any(path_glob(rule.path).matches(path[:end]) for end in range(len(path) + 1)):
            return rule
    return None


@given(st.lists(st.sampled_from(GLOBS), max_size=5), PATHS)
def test_the_last_rule_that_holds_at_or_above_a_path_compares_it(
    globs: list[str], path: tuple[Step, ...]
) -> None:
    rules = [by_shape(glob, reason=str(number)) for number, glob in enumerate(globs)]

    assert tree(*rules).at(path).value is held(rules, path)


@given(st.lists(st.sampled_from(GLOBS), max_size=5), PATHS)
def test_a_rule_of_lists_holds_at_its_path_alone(globs: list[str], path: tuple[Step, ...]) -> None:
    rules = [by_shape(glob, compare=Compare.UNORDERED, reason=str(place)) for place, glob in enumerate(globs)]
    expected = [rule for rule in rules if path_glob(rule.path).matches(path)]

    assert tree(*rules).at(path).items is (expected[-1] if expected else None)


def test_where_no_rule_can_hold_any_more_a_node_is_plain_and_its_own_child() -> None:
    node = tree(by_shape("$.a.b")).at(("$", "c"))

    assert node.plain
    assert node.child("anything") is node


def test_below_a_rule_that_nothing_follows_all_nodes_are_one() -> None:
    node = tree(by_shape("$.a")).at(("$", "a"))

    assert (node.uniform, node.plain) == (True, False)
    assert node.child(7) is node


def test_keys_that_no_glob_names_share_a_node() -> None:
    node = tree(by_shape("$.**.id")).at(("$",))

    assert node.child("a") is node.child("b")
    assert node.child("a") is not node.child("id")
    assert node.child(0) is node.child(99)


def test_many_deep_globs_and_keys_stay_quick() -> None:
    rules = [by_shape(f"$.**.a{number}.**.b{number}.**") for number in range(40)]
    compiled = tree(*rules)
    started_s = time.process_time()

    for number in range(2_000):
        compiled.at(("$", f"a{number % 40}", f"k{number}", f"b{number % 7}", number))

    assert time.process_time() - started_s < 2
