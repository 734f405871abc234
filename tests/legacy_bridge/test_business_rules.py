"""Broken business rules and the refusal that names them."""

import pytest

from legacy_bridge.business_rules import Violations
from legacy_bridge.errors import Refusal


def test_rules_that_hold_raise_nothing() -> None:
    Violations().refuse()


def test_all_broken_rules_are_named_in_their_order() -> None:
    violations = Violations()
    violations.add("b", "B is wrong", "RIGHT_B")
    violations.add("a", "A is wrong", "RIGHT_A")

    with pytest.raises(Refusal) as caught:
        violations.refuse()

    assert caught.value.status == 400
    assert caught.value.error == {
        "code": "BUSINESS_RULE_VIOLATION",
        "message": "Business rule validation failed",
        "violations": [
            {"field": "b", "message": "B is wrong", "rule": "RIGHT_B"},
            {"field": "a", "message": "A is wrong", "rule": "RIGHT_A"},
        ],
    }
