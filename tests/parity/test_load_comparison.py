"""A load test beside a baseline: what got worse is found, what only looks so is not."""

import math
import random
from statistics import fmean, stdev
from typing import Any

import msgspec
import pytest

from parity.errors import BaselineError
from parity.load_baselines import LoadBaseline
from parity.load_comparison import (
    Change,
    LoadChange,
    LoadComparison,
    compare,
    difference,
    quotient,
)
from parity.load_results import ALL, CACHE, TIME, UNDECIDED, LoadEndpoint, LoadRatio, LoadTest
from parity.load_tests import KeptLoadTest
from tests.parity.load_results_factory import judgement, small_row, small_side, small_test, unmeasured

NAME = "GET /v1/escrows"


def compared(now: LoadTest, then: LoadTest, tolerance: float = 0.05) -> LoadComparison:
    baseline = LoadBaseline("main", 0.0, "piet", KeptLoadTest("l-00000001", 1.0, "olivia", then))
    return compare(KeptLoadTest("l-00000002", 2.0, "olivia", now), baseline, tolerance=tolerance)


def timed(*ratios: tuple[float, float, float]) -> LoadTest:
    """Of all endpoints together these, and of as many endpoints as there are more."""
    first, *rest = (small_row(f"GET /v1/{n}", time=ratio) for n, ratio in enumerate(ratios))
    return small_test(overall=msgspec.structs.replace(first, endpoint=ALL), endpoints=rest)


def of_measure(found: LoadComparison, measure: str) -> list[LoadChange]:
    return [one for one in found.changes if one.measure == measure]


def with_modern(row: LoadEndpoint, **changes: Any) -> LoadEndpoint:
    return msgspec.structs.replace(row, modern=small_side(7.1, 2.0, **changes))


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ((0.70, 0.68, 0.72), Change.REGRESSION),
        ((0.60, 0.59, 0.61), Change.UNDECIDED),
        ((0.57, 0.569, 0.571), Change.SAME),
        ((0.40, 0.39, 0.41), Change.IMPROVEMENT),
        ((0.70, 0.40, 0.99), Change.UNDECIDED),
    ],
)
def test_the_ratio_of_the_ratios_decides(now: tuple[float, float, float], says: Change) -> None:
    found = compared(timed(now), timed((0.57, 0.56, 0.58)))

    assert (found.says, of_measure(found, TIME)[0].says) == (says, says)


def test_a_load_test_beside_itself_is_the_same_or_undecided_and_names_all_it_compared() -> None:
    found = compared(small_test(), small_test())

    assert (found.baseline, found.then, found.now, found.regressions, found.notes) == (
        "main", "l-00000001", "l-00000002", [], [],
    )  # fmt: skip
    assert {(one.endpoint, one.measure, one.says) for one in found.changes if one.measure != TIME} == {
        *((name, what, "same") for name in (ALL, NAME, f"{NAME}/{{id}}") for what in ("queries", "cache", "errors")),
        ("PUT /v1/escrows/{id}/property-details", "errors", "undecided"),
    }  # fmt: skip


def test_the_distances_of_both_intervals_are_added_as_the_legs_of_a_triangle() -> None:
    around_one = [LoadRatio(1.0, math.exp(-half), math.exp(half)) for half in (0.3, 0.4)]

    divided = quotient(around_one[0], around_one[1])
    exact = quotient(LoadRatio(0.6, 0.6, 0.6), LoadRatio(0.5, 0.5, 0.5))
    subtracted = difference(LoadRatio(0.8, 0.5, 0.9), LoadRatio(0.8, 0.6, 1.2))

    assert parts(divided) == pytest.approx((1.0, math.exp(-0.5), math.exp(0.5)))
    assert parts(exact) == pytest.approx((1.2, 1.2, 1.2))
    assert parts(subtracted) == pytest.approx((0.0, -0.5, math.hypot(0.1, 0.2)))


def test_of_nothing_and_by_zero_there_is_no_quotient() -> None:
    one, zero = LoadRatio(1.0, 1.0, 1.0), LoadRatio(0.0, 0.0, 0.0)

    assert [quotient(None, one), quotient(one, None), quotient(one, zero), difference(None, one)] == [
        None
    ] * 4


def parts(found: LoadRatio | None) -> tuple[float, ...]:
    assert found is not None
    return found.value, found.low, found.high


def test_the_interval_of_the_quotient_holds_the_true_one_as_often_as_it_says() -> None:
    rng = random.Random(7)
    error = 0.05  # standard error of the log of each ratio

    def run() -> LoadRatio:
        value = rng.gauss(0.0, error)
        return LoadRatio(*(math.exp(value + way * 1.96 * error) for way in (0, -1, 1)))

    held = 0
    for _ in range(2_000):
        found = quotient(run(), run())
        assert found is not None
        held += found.low <= 1 <= found.high

    assert held / 2_000 == pytest.approx(0.95, abs=0.015)


def test_of_many_endpoints_that_did_not_change_hardly_one_run_in_forty_says_a_regression() -> None:
    rng = random.Random(11)
    student = 2.776  # 95 %, of five pairs of blocks

    def drawn() -> tuple[float, float, float]:
        pairs = [rng.gauss(math.log(0.6), 0.1) for _ in range(5)]
        half = student * stdev(pairs) / math.sqrt(5)
        value, low, high = (math.exp(fmean(pairs) + way * half) for way in (0, -1, 1))
        return value, low, high

    def run() -> LoadTest:
        return timed(*(drawn() for _ in range(21)))

    wrong = sum(bool(compared(run(), run(), tolerance=0.0).regressions) for _ in range(200))

    # the row of all together and those of its endpoints: 2.5 % each, where 21 intervals alone would give 40 %
    assert wrong <= 20


def test_one_endpoint_among_many_that_became_slower_is_found() -> None:
    then = timed(*[(0.6, 0.58, 0.62)] * 20)
    now = timed(*[(0.6, 0.58, 0.62)] * 19, (0.9, 0.85, 0.95))

    found = compared(now, then)

    assert found.says == Change.REGRESSION
    assert [(one.endpoint, one.measure) for one in found.regressions] == [("GET /v1/19", TIME)]


def test_one_query_more_is_a_regression_however_few_there_are() -> None:
    now = small_test(overall=msgspec.structs.replace(
        small_row(domain=""), judgements=[judgement("queries", 0.41, 0.0)]
    ))  # fmt: skip

    found = compared(now, small_test())

    assert [(one.endpoint, one.measure) for one in found.regressions] == [(ALL, "queries")]


@pytest.mark.parametrize(
    ("hits", "says"),
    [((0.6, 0.58, 0.62), "regression"), ((0.78, 0.77, 0.79), "same"), ((0.95, 0.94, 0.96), "improvement")],
)  # fmt: skip
def test_fewer_hits_of_the_cache_are_a_regression(hits: tuple[float, float, float], says: str) -> None:
    row = small_row(domain="")
    now = small_test(overall=msgspec.structs.replace(row, judgements=[judgement(CACHE, hits)]))

    found = compared(now, small_test())

    assert of_measure(found, CACHE)[0].says == says


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        (0, 1, "regression"),
        (1, 0, "improvement"),
        (20, 22, "same"),
        (20, 60, "regression"),
        (0, 0, "same"),
    ],
)
def test_an_error_where_there_was_none_is_a_regression_and_some_more_among_many_is_none(
    then: int, now: int, says: str
) -> None:
    old, new = (small_test(overall=with_modern(small_row(), errors=n)) for n in (then, now))

    found = compared(new, old)

    assert of_measure(found, "errors")[0].says == says


def test_what_was_not_measured_is_undecided_and_what_nobody_told_is_left_out() -> None:
    nothing = small_test(overall=unmeasured("", ALL), endpoints=[])

    found = compared(nothing, nothing)

    assert (found.says, [(one.measure, one.says) for one in found.changes]) == (
        "undecided",
        [("time", "undecided"), ("errors", "undecided")],
    )


def test_of_several_domains_those_are_compared_that_both_have_and_the_rest_is_told() -> None:
    both, one = small_test(domains=["escrows", "leads"]), small_test()

    found = compared(one, both)
    gone = compared(small_test(endpoints=[small_row("GET /v1/new")]), small_test(machine="8 cores"))

    assert {change.domain for change in found.changes} == {"escrows"}
    assert (ALL, "escrows") in {(change.endpoint, change.domain) for change in found.changes}
    assert found.notes == ["only what both have is compared: escrows, leads then, escrows now"]
    machine, new, missing = gone.notes
    assert machine.startswith("the machine is 2 cores, AMD EPYC, the baseline's was 8 cores: another one")
    assert new == "new since the baseline, and not compared: GET /v1/new"
    assert missing.startswith(
        "gone since the baseline, and not compared: GET /v1/escrows, GET /v1/escrows/{id}, "
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"scenario": "spike", "users": 50}, "scenario is spike, was steady; users is 50, was 20"),
        ({"workload": "open", "rate_rps": 40.0}, "workload is open, was closed; rate_rps is 40.0, was None"),
        ({"through": "shadow"}, "through is shadow, was direct"),
        ({"domains": ["leads"]}, "domains are leads, were escrows"),
        ({"problem": "modern stopped"}, "the load test of now is partial: modern stopped"),
    ],
)
def test_two_that_asked_something_else_are_not_compared(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(BaselineError) as caught:
        compared(small_test(**changes), small_test())

    assert str(caught.value) == f"l-00000002 cannot be compared with 'main': {why}"


def test_the_word_of_all_is_that_of_all_endpoints_together() -> None:
    assert compared(timed((0.57, 0.3, 0.9)), timed((0.57, 0.3, 0.9))).says == UNDECIDED
