"""What rows say of one another: keys that exclude each other, rules that never decide."""

from collections.abc import Mapping
from typing import Any

import pytest

from parity.rule import Compare, Rule
from parity.rule_checks import Placed, contradictions, crossed, unknown_endpoints
from tests.parity.factories import by_shape

KNOWN = ("GET /v1/escrows", "GET /v1/leads", "POST /v1/leads")


def shadowed(*rules: Rule | tuple[Rule, ...], known: tuple[str, ...] | None = None) -> list[str]:
    """The rows that never decide, by their number from 1."""
    rows = [
        Placed(f"rules[{number}]", one if isinstance(one, tuple) else (one,))
        for number, one in enumerate(rules, 1)
    ]
    return [problem.partition(".")[0] for problem in contradictions(rows, known)]


def by_value(path: str, **changes: Any) -> Rule:
    return by_shape(path, compare=Compare.VALUE, **changes)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"endpoint": "a", "group": "b"}, ".group: 'b' and an endpoint: expected one of the two"),
        ({}, ".endpoint: expected an endpoint such as 'GET /v1/escrows', or a group"),
        ({"endpoint": "a", "path": "$status"}, ".path: '$status': the status is always compared"),
        ({"endpoint": "a", "compare": "shape", "seconds": 1}, ".seconds: 1: only a rule that compares by 't"),
        ({"endpoint": "a", "compare": "unordered", "key": "id"}, ".key: 'id': only a rule that compares by"),
        (
            {"endpoint": "a", "compare": "unordered", "path": "header:vary"},
            ".compare: 'unordered': a header is no list: expected value, shape or tolerance",
        ),
        ({"endpoint": "a", "compare": "tolerance"}, ".compare: 'tolerance' without a number: expected abs"),
        ({"endpoint": "a", "compare": "keyed", "sort": []}, ".compare: 'keyed' without a key"),
    ],
)
def test_keys_of_a_row_that_do_not_go_together_are_told(row: Mapping[str, Any], said: str) -> None:
    (found,) = crossed(row, is_rule=True)

    assert found.startswith(said)


def test_an_acceptance_may_be_of_the_status() -> None:
    assert list(crossed({"endpoint": "a", "path": "$status"}, is_rule=False)) == []


def test_a_rule_that_a_later_one_contradicts_wherever_it_holds_is_told() -> None:
    assert shadowed(by_shape("$.a.b"), by_value("$.a")) == ["rules[1]"]
    assert shadowed(by_shape("$.a[*].b"), by_value("**")) == ["rules[1]"]


def test_a_rule_with_a_part_of_its_own_is_not() -> None:
    assert shadowed(by_value("$.a"), by_shape("$.a.b")) == []
    assert shadowed(by_shape("$.*"), by_value("$.a")) == []
    assert shadowed(by_shape("$.a", endpoint="*"), by_value("$.a", endpoint="GET /v1/leads")) == []


def test_two_rules_that_say_the_same_do_no_harm() -> None:
    assert shadowed(by_shape("$.a"), by_shape("$.a", reason="again")) == []


def test_a_rule_for_recordings_contradicts_no_other() -> None:
    assert shadowed(by_shape("$.a"), by_value("$.a", recording_only=True)) == []
    assert shadowed(by_shape("$.a", recording_only=True), by_value("$.a")) == ["rules[1]"]


def test_the_rule_of_an_endpoint_is_stronger_than_one_of_a_glob_that_stands_behind_it() -> None:
    own = by_shape("$.a", endpoint="GET /v1/escrows")
    wide = by_value("$.a", endpoint="GET /v1/esc*")

    assert shadowed(own, wide) == []
    assert shadowed(own, wide, known=KNOWN) == ["rules[2]"]


def test_a_group_is_shadowed_only_when_all_of_its_endpoints_are() -> None:
    group = tuple(by_shape("$.a", endpoint=name, group="g") for name in KNOWN[:2])

    assert shadowed(group, by_value("$.a", endpoint=KNOWN[0]), known=KNOWN) == []
    assert shadowed(group, by_value("$.a", endpoint="GET *"), known=KNOWN) == ["rules[1]"]


def test_rules_of_lists_and_of_values_do_not_contradict_each_other() -> None:
    assert shadowed(by_shape("$.a"), by_shape("$.a", compare=Compare.UNORDERED)) == []


def test_a_scope_that_is_no_endpoint_is_told_with_the_nearest_one() -> None:
    (found,) = unknown_endpoints([Placed("f: rules[1].endpoint", "GET /v1/lead")], KNOWN)

    assert (
        found
        == "f: rules[1].endpoint: 'GET /v1/lead': no endpoint is called so, did you mean 'GET /v1/leads'?"
    )
