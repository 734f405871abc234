"""What a rule book looks like from afar."""

from datetime import date

from parity.rule import Compare
from parity.rule_summary import KindOfRule, summarize
from parity.rules import RuleBook
from tests.parity.factories import DETAIL, LIST, TODAY, acceptance, by_shape

NAMES = [LIST, DETAIL, "PUT /v1/leads"]


def test_rules_are_counted_by_rows_and_by_the_endpoints_they_hold_for() -> None:
    book = RuleBook(
        rules=(
            by_shape("$.a", endpoint=LIST, group="g", source="rules[1]"),
            by_shape("$.a", endpoint=DETAIL, group="g", source="rules[1]"),
            by_shape("$.b", endpoint="GET *", source="rules[2]", recording_only=True),
            by_shape("$", compare=Compare.UNORDERED, source="rules[3]"),
        )
    )

    found = summarize(book, NAMES, TODAY)

    assert found.rules == 3
    assert [kind for kind in found.kinds if kind.rules] == [
        KindOfRule("shape", 2, 1, 2),
        KindOfRule("unordered", 1, 0, 3),
    ]


def test_expired_acceptances_are_counted_apart() -> None:
    book = RuleBook(
        acceptances=(acceptance(endpoint=LIST), acceptance(endpoint="PUT *", expires=date(2026, 1, 1)))
    )

    found = summarize(book, NAMES, TODAY)

    assert (found.acceptances, found.expired, found.accepted_endpoints, found.endpoints) == (2, 1, 2, 3)
