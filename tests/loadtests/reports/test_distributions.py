"""What the histograms of a load test hold."""

import pytest
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]  # it has no types

from loadtests.errors import LoadTestError
from loadtests.reports.distributions import Distribution, both, distribution
from parity.load_results import LoadSide
from tests.parity.load_results_factory import load_test, no_side, side


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
