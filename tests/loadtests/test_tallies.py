"""What a block says of an endpoint, counted once, and its histogram."""

import random

import pytest
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # hdrh ships no types

from loadtests.interval import percentile
from loadtests.tallies import Tally, histogram_of, merged, side_of, tallied
from tests.loadtests.judged import KEY, timing


def test_the_endpoints_of_domains_are_counted_apart() -> None:
    found = tallied([timing(), timing(domain="clients"), timing(endpoint="POST /v1/escrows"), timing()])

    assert {key: tally.requests for key, tally in found.items()} == {
        KEY: 2,
        ("clients", KEY[1]): 1,
        ("escrows", "POST /v1/escrows"): 1,
    }


def test_what_is_refused_or_wrong_is_counted_and_not_judged() -> None:
    timings = [
        timing(5),
        timing(1, status=404, refused=True),
        timing(1, status=500, as_recorded=False),
        timing(9_000, status=0, as_recorded=False),
        timing(1, status=200, refused=True, as_recorded=False),
    ]

    tally = tallied(timings)[KEY]

    assert (tally.requests, tally.answered, tally.times_ms) == (5, 4, [5])
    assert tally.errors == {500: 1, 0: 1, 200: 1}


def test_only_reads_look_into_the_cache() -> None:
    timings = [
        timing(cache="hit"),
        timing(cache="miss"),
        timing(),
        timing(cache="hit", status=403, refused=True),
        timing(cache="hit", endpoint="POST /v1/escrows"),
    ]

    found = tallied(timings)

    assert (found[KEY].cache_hits, found[KEY].cache_lookups) == (1, 2)
    assert found["escrows", "POST /v1/escrows"].cache_lookups == 0


def test_merged_histograms_have_the_percentiles_of_all_values_and_not_their_mean() -> None:
    rng = random.Random(1)
    blocks = [[rng.lognormvariate(level, 0.5) for _ in range(500)] for level in (1, 2, 4)]

    whole = merged([histogram_of([Tally(times_ms=values)]) for values in blocks])
    side = side_of([Tally(times_ms=values) for values in blocks], whole, 1.0)

    ordered = sorted(value for values in blocks for value in values)
    told = (side.p50_ms, side.p90_ms, side.p95_ms, side.p99_ms)
    assert told == pytest.approx([percentile(ordered, one) for one in (0.5, 0.9, 0.95, 0.99)], rel=0.02)


def test_a_side_carries_its_histogram_in_microseconds() -> None:
    tallies = [Tally(times_ms=[1.0, 2.5, 900_000.0])]

    side = side_of(tallies, histogram_of(tallies), 1.0)

    decoded = HdrHistogram.decode(side.histogram)
    assert decoded.get_total_count() == 3
    assert decoded.get_value_at_percentile(50) == pytest.approx(2_500, rel=0.001)
    assert decoded.get_max_value() == pytest.approx(600_000_000, rel=0.001)  # longer than anybody waits


def test_throughput_is_what_was_answered_in_the_measured_time() -> None:
    tallies = list(tallied([timing(), timing(), timing(status=0, as_recorded=False)]).values())

    side = side_of(tallies, histogram_of(tallies), 4.0)

    assert (side.rps, side.errors, side.requests, side.judged) == (0.5, 1, 3, 2)


def test_a_side_that_was_asked_nothing_has_no_times() -> None:
    side = side_of([], histogram_of([]), 0.0)

    assert (side.requests, side.rps, side.late) == (0, 0.0, 0.0)
    assert (side.mean_ms, side.p50_ms, side.p99_ms, side.queries, side.db_ms) == (None,) * 5
