"""One estimate a pair of blocks, whose mean is that of all."""

import math
from statistics import fmean

import pytest

from loadtests.estimates import BothSides, averages, cache_misses, query_ratios, time_ratios
from loadtests.tallies import Tally

LIST, GET = ("escrows", "GET /v1/escrows"), ("escrows", "GET /v1/escrows/{id}")
NOTHING = Tally()


def times(*durations_ms: float) -> Tally:
    return Tally(times_ms=list(durations_ms))


def queries(**told: tuple[int, int]) -> Tally:
    return Tally(queries=told)


def test_the_times_of_a_pair_are_compared_by_their_medians() -> None:
    row = BothSides(LIST, [times(2, 4, 400), times(10)], [times(1, 2, 3), times(10, 10)])

    assert time_ratios([row]) == pytest.approx([math.log(0.5), 0.0])


def test_a_pair_without_times_of_both_sides_says_nothing() -> None:
    row = BothSides(LIST, [times(4), NOTHING, times(4)], [NOTHING, times(4), times(2)])

    assert time_ratios([row]) == pytest.approx([math.log(0.5)])


def test_endpoints_together_weigh_as_many_requests_as_they_have() -> None:
    often = BothSides(LIST, [times(8, 8, 8)] * 2, [times(4, 4, 4)] * 2)
    seldom = BothSides(GET, [times(100)] * 2, [times(100)] * 2)

    assert time_ratios([often, seldom]) == pytest.approx([0.75 * math.log(0.5)] * 2)


def test_every_exchange_has_the_same_weight_in_the_queries_of_both_sides() -> None:
    row = BothSides(
        LIST,
        [queries(cheap=(20, 10), dear=(100, 10))],
        [queries(cheap=(10, 5), dear=(150, 15), new=(500, 1))],
    )

    # a cheap one has two on both sides, a dear one ten; what only one side was asked is no comparison
    assert query_ratios([row]) == pytest.approx([1.0])


def test_the_ratio_of_queries_is_that_of_all_pairs_not_the_mean_of_their_ratios() -> None:
    row = BothSides(LIST, [queries(a=(10, 1)), queries(a=(2, 1))], [queries(a=(2, 1)), queries(a=(2, 1))])

    assert fmean(query_ratios([row])) == pytest.approx(4 / 12)


def test_a_side_that_issues_no_query_has_no_ratio_to_it() -> None:
    assert query_ratios([BothSides(LIST, [queries(a=(0, 5))], [queries(a=(5, 5))])]) == []
    assert query_ratios([BothSides(LIST, [NOTHING], [queries(a=(5, 5))])]) == []


def test_the_share_of_misses_is_that_of_all_lookups_of_all_endpoints() -> None:
    one = BothSides(LIST, [NOTHING] * 3, [Tally(cache_hits=9, cache_lookups=10)] * 2 + [NOTHING])
    other = BothSides(GET, [NOTHING] * 3, [Tally(cache_hits=0, cache_lookups=30), NOTHING, NOTHING])

    misses = cache_misses([one, other])

    assert len(misses) == 2
    assert fmean(misses) == pytest.approx(32 / 50)


def test_the_average_is_that_of_all_requests_of_modern() -> None:
    row = BothSides(LIST, [times(1)] * 2, [times(10, 20, 30), times(100)])

    assert fmean(averages(row)) == pytest.approx(40)


def test_no_row_has_no_estimate() -> None:
    assert (time_ratios([]), query_ratios([]), cache_misses([])) == ([], [], [])
