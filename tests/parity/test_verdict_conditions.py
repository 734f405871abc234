"""What a verdict asks: each condition holds, is missing or is wrong, and says so with its numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from parity.conditions import Condition, Standing
from parity.coverage import Cell, Requirement, cover
from parity.fleeting import FleetingPath
from parity.outcome import Outcome
from parity.ratios import CountSums, LogSums
from parity.tally import Tally
from parity.verdict_conditions import Grounds, per_time, self_test, span, weigh
from parity.verdict_limits import VerdictLimits
from tests.parity.factories import DETAIL, LIST
from tests.parity.reports import group

LIMITS = VerdictLimits()
HOLDS, MISSING, WRONG = Standing.HOLDS, Standing.MISSING, Standing.WRONG


@dataclass(frozen=True)
class Trials:
    """What a self-test came to."""

    tried: int = 120
    caught: int = 120
    missed: int = 0
    at: float = 1_795_000_000.0
    blame: Sequence[str] = ()


def grounds(**changes: Any) -> Grounds:
    """Of a domain at which nothing is missing and nothing wrong."""
    fields: dict[str, Any] = {
        "tally": tally(match=4_000),
        "coverage": cover({Cell(LIST, "2xx"): 4_000}, [Requirement(LIST)]),
        "durations": LogSums(4_000, 4_000 * math.log(0.8), 4_000 * (math.log(0.8) ** 2 + 0.04)),
        "queries": CountSums(4_000, 16_000, 8_000, 64_000, 16_000, 32_000),
        "recent": 400,
        "recent_s": 3_600.0,
    }
    return Grounds(**(fields | changes))


def tally(**outcomes: int) -> Tally:
    return Tally(outcomes={Outcome(name): n for name, n in outcomes.items()})


def found(name: str, given: Grounds, limits: VerdictLimits = LIMITS) -> Condition:
    (condition,) = [one for one in weigh(given, limits) if one.name == name]
    return condition


def test_where_all_is_well_every_condition_holds_and_says_its_numbers() -> None:
    assert {one.name: (one.standing, one.text) for one in weigh(grounds(), LIMITS)} == {
        "coverage": (HOLDS, "1 of 1 required cell compared"),
        "comparisons": (HOLDS, "4,000, wanted 100 at least"),
        "mismatch rate": (
            HOLDS,
            "0 of 4,000 comparisons differ: under 0.0854% at 95% confidence, wanted under 0.1%",
        ),
        "groups": (HOLDS, "no open difference group"),
        "comes and goes": (HOLDS, "nothing was gone when asked again"),
        "latency": (
            HOLDS,
            "modern's time is 0.80 of legacy's (95%: 0.80 to 0.80, 4,000 pairs), wanted 1.2 at most",
        ),
        "queries": (
            HOLDS,
            "modern's query count is 0.50 of legacy's (95%: 0.50 to 0.50, 4,000 pairs), wanted 1 at most",
        ),
        "failed": (
            HOLDS,
            "0 of 4,000 (0%) mirrored requests without a whole answer in time, wanted 1% at most",
        ),
        "shed": (HOLDS, "0 of 4,000 (0%) copies dropped at a bound, wanted 20% at most"),
    }


@pytest.mark.parametrize(
    ("n", "compared", "standing", "said"),
    [
        (
            5,
            1_000,
            WRONG,
            (
                "1 path differed and agreed when asked again, wanted 0.1% of comparisons at most: "
                "GET /v1/escrows $.a (5 of 1,000)"
            ),
        ),
        (
            2,
            1_000,
            MISSING,
            (
                "1 path seen too seldom to tell, wanted 0.1% of comparisons at most: "
                "GET /v1/escrows $.a (2 of 1,000)"
            ),
        ),
        (5, 5_000, HOLDS, "1 path, none too often"),
    ],
)
def test_a_path_that_comes_and_goes_too_often_is_wrong(
    n: int, compared: int, standing: Standing, said: str
) -> None:
    seen = FleetingPath(LIST, "$.a", "value", n, compared, 1.0, 2.0)

    condition = found("comes and goes", grounds(fleeting=(seen,)))

    assert (condition.standing, condition.text) == (standing, said)


def test_nothing_seen_is_missing_and_never_wrong() -> None:
    nothing = Grounds(coverage=cover({}, [Requirement(LIST), Requirement(DETAIL)]))

    standings = {one.name: one.standing for one in weigh(nothing, LIMITS)}

    assert set(standings.values()) == {HOLDS, MISSING}
    assert [name for name, standing in standings.items() if standing is MISSING] == [
        "coverage",
        "comparisons",
        "mismatch rate",
        "latency",
    ]


def test_cells_that_were_not_compared_are_named() -> None:
    required = [Requirement(LIST), Requirement(DETAIL), Requirement(DETAIL, "4xx")]
    given = grounds(coverage=cover({Cell(LIST, "2xx"): 9, Cell(DETAIL, "2xx"): 2}, required, least=5))

    assert found("coverage", given) == Condition(
        "coverage",
        MISSING,
        "1 of 3 required cells compared 5 times each, missing: GET /v1/escrows/{id} 2xx (2 of 5); "
        "GET /v1/escrows/{id} 4xx",
    )


def test_how_many_clean_comparisons_are_missing_is_said_and_how_long_they_take() -> None:
    given = grounds(tally=tally(match=1_000, accepted=200))

    assert found("mismatch rate", given) == Condition(
        "mismatch rate",
        MISSING,
        "0 of 1,200 comparisons differ: under 0.263% at 95% confidence, wanted under 0.1%: "
        "2,171 clean comparisons missing, about 5.4 h at 7 a minute",
    )
    rate = given.rate(LIMITS)
    assert rate.missing_s == pytest.approx(2_171 * 9)
    assert grounds(tally=tally(match=1_200 + rate.clean_missing)).rate(LIMITS).clean_missing == 0


def test_without_comparisons_lately_no_time_is_promised() -> None:
    given = grounds(tally=tally(match=10), recent=0, recent_s=0.0)

    assert found("mismatch rate", given).text.endswith("clean comparisons missing, and none came lately")
    assert given.rate(LIMITS).missing_s is None


def test_a_comparison_that_was_transient_proves_nothing() -> None:
    assert grounds(tally=tally(match=3, transient=9, mismatch=1)).comparisons == 4


def test_a_rate_that_is_certainly_too_high_is_wrong() -> None:
    given = grounds(tally=tally(match=990, mismatch=10))

    condition = found("mismatch rate", given)

    assert condition.standing is WRONG
    assert "10 of 1,000 comparisons differ" in condition.text
    assert "it is over 0.241%" in condition.text


def test_a_mismatch_that_may_be_chance_is_missing_more_clean_ones() -> None:
    assert found("mismatch rate", grounds(tally=tally(match=4_000, mismatch=1))).standing is MISSING


def test_an_open_group_is_wrong_unless_the_limits_allow_it() -> None:
    given = grounds(open_groups=(group(),))

    assert found("groups", given).standing is WRONG
    assert found("groups", given, replace(LIMITS, max_open_groups=1)).standing is HOLDS


@pytest.mark.parametrize(
    ("ratio", "spread", "standing"), [(0.9, 0.1, HOLDS), (1.19, 1.5, MISSING), (1.5, 0.1, WRONG)]
)
def test_latency_holds_or_is_wrong_only_with_its_whole_interval(
    ratio: float, spread: float, standing: Standing
) -> None:
    log = math.log(ratio)
    given = grounds(durations=LogSums(100, 100 * log, 100 * (log**2 + spread**2)))

    assert found("latency", given).standing is standing


def test_a_few_pairs_are_too_few_for_an_interval() -> None:
    given = grounds(durations=LogSums(4, 0.0, 0.0), queries=CountSums(4, 8, 8, 16, 16, 16))

    assert found("latency", given).text == "4 of 10 pairs of answers that are wanted at least"
    assert found("queries", given).standing is MISSING


def test_queries_that_no_backend_counts_are_not_asked_for() -> None:
    assert "queries" not in {one.name for one in weigh(grounds(queries=CountSums()), LIMITS)}


@pytest.mark.parametrize(("modern", "standing"), [(0, HOLDS), (12, WRONG)])
def test_where_legacy_issues_no_query_modern_must_not_either(modern: int, standing: Standing) -> None:
    given = grounds(queries=CountSums(12, 0, modern, 0, modern, 0))

    assert found("queries", given) == Condition("queries", standing, f"legacy 0, modern {modern} in 12 pairs")


def test_answers_that_failed_are_wrong_and_copies_that_were_shed_are_missing() -> None:
    given = grounds(tally=tally(match=4_000, error=30, timeout=20, shed=2_000))

    assert found("failed", given) == Condition(
        "failed",
        HOLDS,
        "50 of 6,050 (0.83%) mirrored requests without a whole answer in time, wanted 1% at most",
    )
    assert found("failed", given, replace(LIMITS, max_failed_share=0.005)).standing is WRONG
    assert found("shed", given).standing is MISSING


def test_without_a_self_test_no_comparison_proves_anything() -> None:
    assert self_test(None, required=True) == Condition("self-test", MISSING, "never run")
    assert self_test(Trials(tried=0, caught=0), required=True) == Condition("self-test", MISSING, "never run")
    assert self_test(None, required=False) is None


def test_a_self_test_that_missed_something_names_the_rule_even_where_none_is_required() -> None:
    missed = Trials(caught=118, missed=2, blame=("rule '**' by shape",))

    for required in (True, False):
        assert self_test(missed, required=required) == Condition(
            "self-test", MISSING, "2 of 120 mutations passed unnoticed: rule '**' by shape"
        )
    assert self_test(Trials(), required=True) == Condition("self-test", HOLDS, "120 of 120 mutations caught")


def test_what_a_rule_let_pass_on_purpose_is_told_beside_what_was_caught() -> None:
    assert self_test(Trials(caught=110), required=True) == Condition(
        "self-test", HOLDS, "110 of 120 mutations caught, 10 let pass by a rule on purpose"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "about 1 s"),
        (40, "about 40 s"),
        (5_400, "about 1.5 h"),
        (86_400 * 12, "about 12 d"),
        (86_400 * 400, "about 400 d"),
    ],
)
def test_a_time_is_told_in_a_unit_that_people_plan_with(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("n", "seconds", "text"),
    [(700, 10, "70 a second"), (30, 60, "30 a minute"), (3, 3_600, "3 an hour"), (1, 86_400, "1 a day")],
)
def test_a_pace_is_told_as_a_number_of_one_or_more(n: int, seconds: float, text: str) -> None:
    assert per_time(n, seconds) == text
