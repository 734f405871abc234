"""What the histograms of a load test hold."""

import msgspec
import pytest
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # it has no types

from loadtests.errors import LoadTestError
from loadtests.reports.distributions import Distribution, both, distribution, together
from parity.load_results import LoadSide
from tests.parity.load_results_factory import load_test, no_side, side, unmeasured


def of(*times_ms: float) -> LoadSide:
    histogram = HdrHistogram(1, 60_000_000, 3)
    for time_ms in times_ms:
        histogram.record_value(int(time_ms * 1_000))
    return side(histogram=histogram.encode().decode())


def test_each_answer_is_counted_where_it_was() -> None:
    found = distribution([of(1.0, 2.0, 2.0, 50.0)])

    assert found.times_ms == pytest.approx((1.0, 2.0, 50.0), rel=0.002)
    assert (found.counts, found.seen, found.total) == ((1, 2, 1), (1, 3, 4), 4)


def test_a_percentile_of_several_is_that_of_all_their_answers() -> None:
    found = distribution([of(*[1.0] * 98), of(100.0, 200.0)])

    assert found.at(0.5) == pytest.approx(1.0, rel=0.002)
    assert found.at(0.99) == pytest.approx(100.0, rel=0.002)
    assert found.at(1.0) == pytest.approx(200.0, rel=0.002)


def test_the_percentiles_of_a_side_are_those_of_its_histogram() -> None:
    overall = load_test().overall

    legacy, modern = both([overall])

    assert overall.legacy.p50_ms is not None
    assert overall.modern.p95_ms is not None
    assert legacy.at(0.50) == pytest.approx(overall.legacy.p50_ms, abs=0.01)
    assert modern.at(0.95) == pytest.approx(overall.modern.p95_ms, abs=0.01)


def test_shares_between_edges_add_up_to_all_within_them() -> None:
    found = distribution([of(1.0, 2.0, 3.0, 40.0)])

    assert found.shares([0.5, 2.5, 10.0, 100.0]) == [0.5, 0.25, 0.25]
    assert found.shares([0.5, 2.5, 10.0]) == [0.5, 0.25]


def test_a_side_without_times_has_no_answers() -> None:
    assert distribution([no_side()]) == Distribution((), (), ())
    assert distribution([no_side()]).total == 0


@pytest.mark.parametrize("text", ["nonsense", "aGVsbG8gd29ybGQ=", "{}", "HISTF"])
def test_a_histogram_that_is_none_is_told(text: str) -> None:
    with pytest.raises(LoadTestError, match="cannot be read: expected an HdrHistogram"):
        distribution([side(histogram=text)])


def test_rows_become_one_with_percentiles_of_all_answers_and_means_by_their_numbers() -> None:
    first, second = load_test().endpoints[:2]

    row = together([first, second])

    assert row is not None
    assert (row.domain, row.endpoint, row.judgements) == ("", "all endpoints", [])
    assert row.legacy.judged == first.legacy.judged + second.legacy.judged == 620 + 540
    assert row.legacy.queries == pytest.approx((6.0 * 620 + 4.0 * 540) / 1_160)
    assert row.legacy.p95_ms == distribution([first.legacy, second.legacy]).at(0.95)
    assert (row.modern.cache_hits, row.modern.cache_lookups) == (533 + 437, 620 + 540)


def test_the_row_of_all_is_taken_where_there_is_one() -> None:
    test = load_test()

    assert together([*test.by_domain, *test.endpoints, test.overall]) is test.overall


def test_rows_without_an_answer_become_none() -> None:
    assert together([unmeasured()]) is None
    assert together([]) is None


def test_what_one_side_did_not_tell_is_not_told_of_all() -> None:
    silent = msgspec.structs.replace(load_test().endpoints[0], legacy=side(queries=None, db_ms=None))

    row = together([silent])

    assert row is not None
    assert (row.legacy.queries, row.legacy.db_ms) == (None, None)
    assert row.modern.queries == pytest.approx(1.98)
