"""What one look finds: values, how sure they are, and the words that the ledger gets."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.figures import Compared
from proxy.figures import Served
from proxy.guard import DEFAULTS, Measure
from proxy.guard_look import Look, Recent, look


def at(measure: Measure, recent: Recent, **changes: object) -> Look:
    return look(replace(DEFAULTS[measure], **changes), recent)  # type: ignore[arg-type]  # as the test names them


def test_an_error_rate_is_what_modern_failed_of_what_it_was_to_serve() -> None:
    found = at(Measure.ERROR_RATE, Recent(Served(modern=812, modern_errors=101)))

    assert found.value == pytest.approx(101 / 812)
    assert found.samples == 812
    assert found.words == "error rate 12.4 % of 812 in 30 s, limit 5 %"


def test_where_legacy_serves_too_only_what_is_above_its_own_error_rate_counts() -> None:
    ill_together = Recent(Served(modern=1_000, modern_errors=300, legacy=4_000, legacy_errors=1_200))

    found = at(Measure.ERROR_RATE, ill_together)
    alone = at(Measure.ERROR_RATE, ill_together, against_legacy=False)

    assert found.value == pytest.approx(0)
    assert found.floor < 0
    assert alone.floor == pytest.approx(0.277, abs=0.002)
    assert found.words == (
        "error rate 30 % of 1,000 in 30 s (legacy 30 % of 4,000), limit 5 % above legacy's"
    )


def test_a_legacy_that_served_next_to_nothing_is_no_measure() -> None:
    found = at(Measure.ERROR_RATE, Recent(Served(modern=100, modern_errors=50, legacy=3, legacy_errors=3)))

    assert found.value == pytest.approx(0.5)


def test_few_errors_of_few_requests_are_not_sure_and_nothing_but_errors_is() -> None:
    few = at(Measure.ERROR_RATE, Recent(Served(modern=20, modern_errors=2)))
    all_of_them = at(Measure.ERROR_RATE, Recent(Served(modern=20, modern_errors=20)))

    assert few.value is not None
    assert few.floor < DEFAULTS[Measure.ERROR_RATE].limit < few.value
    assert all_of_them.floor > 0.8


@given(st.integers(1, 100_000), st.floats(0, 1), st.integers(1, 100_000), st.floats(0, 1))
def test_what_is_sure_is_never_more_than_what_was_found(n: int, errors: float, m: int, own: float) -> None:
    served = Served(modern=n, modern_errors=int(n * errors), legacy=m, legacy_errors=int(m * own))

    found = at(Measure.ERROR_RATE, Recent(served))

    assert found.value is not None
    assert found.floor <= found.value + 1e-9


@given(st.integers(20, 2_000), st.floats(0.01, 1))
def test_the_same_share_of_more_requests_is_surer(n: int, share: float) -> None:
    floors = [
        at(Measure.ERROR_RATE, Recent(Served(modern=n * times, modern_errors=int(n * share) * times))).floor
        for times in (1, 10)
    ]

    assert floors[0] <= floors[1] + 1e-9


def test_a_latency_ratio_compares_the_same_reads() -> None:
    recent = Recent(compared=Compared(pairs=200, legacy_s=2.0, modern_s=9.0))

    found = at(Measure.LATENCY_RATIO, recent)

    assert (found.value, found.floor, found.samples) == (4.5, 4.5, 200)
    assert found.words == "latency ratio 4.50 (45 to 10 ms) of 200 in 60 s, limit 3"


def test_three_times_next_to_nothing_is_no_breach() -> None:
    quick = Recent(compared=Compared(pairs=200, legacy_s=0.2, modern_s=1.8))

    found, strict = (at(Measure.LATENCY_RATIO, quick, slack_ms=slack_ms) for slack_ms in (20.0, 5.0))

    assert (found.value, found.floor) == (9.0, 3.0)
    assert strict.floor == 9.0


def test_a_query_ratio_counts_where_both_said_theirs() -> None:
    recent = Recent(compared=Compared(pairs=99, query_pairs=50, legacy_queries=100, modern_queries=250))

    found = at(Measure.QUERY_RATIO, recent)

    assert (found.value, found.samples) == (2.5, 50)
    assert found.words == "query ratio 2.50 (5 to 2 queries) of 50 in 60 s, limit 2"


def test_what_the_proxies_shed_counts_with_what_the_parity_workers_shed() -> None:
    recent = Recent(Served(mirrored=100, shed=60), Compared(outcomes=40, shed=20))

    found = at(Measure.SHADOW_SHED, recent)

    assert (found.value, found.samples) == (0.8, 100)
    assert found.words == "shed 80 % of 100 in 60 s, limit 50 %"


def test_a_mismatch_rate_is_of_what_says_whether_they_agree() -> None:
    found = at(Measure.MISMATCH_RATE, Recent(compared=Compared(outcomes=90, decided=50, mismatches=5)))

    assert (found.value, found.samples) == (0.1, 50)


@pytest.mark.parametrize("measure", Measure)
def test_of_nothing_there_is_no_value(measure: Measure) -> None:
    found = at(measure, Recent())

    assert (found.value, found.samples) == (None, 0)
    assert "of nothing" in found.words


@pytest.mark.parametrize("measure", Measure)
def test_figures_that_are_missing_make_every_guard_blind_that_stands_on_them(measure: Measure) -> None:
    silent = at(measure, Recent(not_served="proxy worker proxy-1 is silent"))
    uncompared = at(measure, Recent(not_compared="nothing was compared for 20 s"))

    assert silent.blind == "proxy worker proxy-1 is silent"
    assert uncompared.blind == ("" if measure is Measure.ERROR_RATE else "nothing was compared for 20 s")


def test_more_errors_than_requests_are_all_of_them() -> None:
    # an answer that broke is told a moment before or after the request is
    found = at(Measure.ERROR_RATE, Recent(Served(modern=3, modern_errors=4)))

    assert found.value == 1
