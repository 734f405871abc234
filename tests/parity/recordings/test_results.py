"""Comparisons added up to a report."""

import json

import pytest

from parity.compare import compare
from parity.exchange import Exchange, Observation
from parity.outcome import Outcome
from parity.recordings.results import Judged, Results, judged_of
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.samples import OTHER_PATHS
from parity.store import Limits
from tests.parity.factories import DETAIL, LIST, TODAY, acceptance, exchange

BOOK = RuleBook(acceptances=(acceptance("$.accepted"),))
LIMITS = Limits()


def judged(found: Exchange, limits: Limits = LIMITS) -> Judged:
    return Judged.of(found, compare(found, BOOK, today=TODAY), Redactor(b"key"), limits)


def results(*found: Judged, limits: Limits = LIMITS) -> Results:
    added = Results(limits)
    for one in found:
        added.add(one)
    return added


def test_outcomes_add_up_and_the_books_balance() -> None:
    skipped = Judged(LIST, "escrows", Outcome.SKIPPED, "write")

    found = results(
        *[judged(exchange())] * 3,
        judged(exchange({"a": 1}, {"a": 2})),
        skipped,
        judged(exchange({"accepted": 1}, {})),
    )

    report = found.report(now=5.0)
    assert found.total == report.tally.total == 6
    assert {outcome.value: n for outcome, n in report.tally.outcomes.items() if n} == {
        "match": 3,
        "accepted": 1,
        "mismatch": 1,
        "skipped": 1,
    }
    assert report.tally.reasons == {Outcome.SKIPPED: {"write": 1}}
    assert report.balance.balanced
    assert (report.differs, report.generated_at) == (True, 5.0)


def test_groups_are_those_of_the_report_open_ones_first_largest_first() -> None:
    accepted = judged(exchange({"accepted": 1}, {"accepted": 2}))

    report = results(
        *[accepted] * 4,
        judged(exchange({"rare": 1}, {"rare": 2}, at=7.0)),
        *[judged(exchange({"name": "Ann"}, {"name": "Bob"}))] * 5,
    ).report()

    assert [(group.path, group.n, group.share) for group in report.groups] == [
        ("$.name", 5, 0.5),
        ("$.rare", 1, 0.1),
        ("$.accepted", 4, 0.4),
    ]
    assert (report.groups[1].first_seen_at, report.groups[1].last_seen_at) == (7.0, 7.0)
    assert "Ann" not in json.dumps(report.to_json())


def test_what_is_held_is_bounded() -> None:
    limits = Limits(samples_per_group=2, groups_per_endpoint=3)

    report = results(
        *(judged(exchange({f"k{n}": 1}, {f"k{n}": 2})) for n in range(5)),
        *[judged(exchange({"k0": 1}, {"k0": 2}))] * 5,
        limits=limits,
    ).report()

    assert {group.path: (group.n, len(group.samples)) for group in report.groups} == {
        "$.k0": (6, 2),
        "$.k1": (1, 1),
        "$.k2": (1, 1),
        OTHER_PATHS: (2, 2),
    }


def test_costs_are_means_of_what_both_sides_answered() -> None:
    two = exchange()
    failed = exchange(Observation(error="refused"))

    report = results(judged(two), judged(failed)).report()

    [row] = report.endpoints
    assert (row.costs.n, row.costs.legacy_s, row.costs.legacy_queries) == (1, 0.01, 4.0)


def test_endpoints_stand_in_the_order_of_their_paths() -> None:
    names = [DETAIL, f"POST {LIST.partition(' ')[2]}", LIST]

    report = results(*(judged(exchange(endpoint=name)) for name in names)).report()

    assert [row.endpoint for row in report.endpoints] == ["GET /v1/escrows", "POST /v1/escrows", DETAIL]


@pytest.mark.parametrize(
    "one",
    [
        judged(exchange({"a": 1}, {"a": 2})),
        judged(exchange({"accepted": 1}, {"accepted": 2})),
        judged(exchange(Observation(error="refused"))),
        Judged("", "", Outcome.SKIPPED, "bad_line"),
    ],
    ids=lambda one: one.outcome,
)
def test_a_comparison_is_the_same_after_it_was_kept_as_json(one: Judged) -> None:
    kept = judged_of(json.loads(json.dumps(one.to_json())))

    assert results(kept).report(now=1.0) == results(one).report(now=1.0)
