"""What was measured of a path, and the difference between two."""

import pytest

from loadtests.added.measured import added_ms, path_measured
from loadtests.added.result import PathMeasured
from parity.load_results import LoadRatio
from tests.loadtests.added.factories import sliced, timing


def test_percentiles_are_those_of_all_slices_together() -> None:
    slices = [sliced(map(timing, range(51))), sliced(map(timing, range(50, 101)))]

    assert path_measured(slices, 50.0) == PathMeasured(
        offered_rps=50.0,
        rps=51.0,
        requests=102,
        sent=102,
        not_sent=0,
        failed=0,
        unexpected=0,
        wrong={},
        late=0.0,
        p50_ms=50.0,
        p90_ms=89.9,
        p99_ms=98.99,
        keeps_up=True,
    )


def test_failures_count_wherever_they_were_sent_and_have_no_time() -> None:
    unanswered = timing(10_000.0, status=0, as_recorded=False)
    broken = timing(9_000.0, status=502, as_recorded=False)
    other = timing(4.0, status=404, as_recorded=False)

    found = path_measured([sliced([timing(5.0), other, broken], more=[unanswered])], 3.0)

    assert (found.requests, found.sent, found.failed, found.unexpected) == (3, 4, 2, 1)
    assert found.wrong == {
        "404 to GET /v1/escrows (list)": 1,
        "502 to GET /v1/escrows (list)": 1,
        "no answer to GET /v1/escrows (list)": 1,
    }
    assert (found.p50_ms, found.p99_ms) == (4.5, 4.99)


def test_a_path_that_answers_less_than_it_is_asked_does_not_keep_up() -> None:
    assert path_measured([sliced([timing()] * 10_000, answered=9_390)], 10_000.0).keeps_up is False
    assert path_measured([sliced([timing()] * 10_000, answered=9_410)], 10_000.0).keeps_up is True
    assert (
        path_measured([sliced([timing()] * 9_000)], 10_000.0).keeps_up is False
    )  # the others were never sent
    assert path_measured([sliced([timing()] * 16, answered=12)], 16.0).keeps_up is True  # few say little


def test_what_the_generator_sent_late_is_told() -> None:
    assert path_measured([sliced([timing(late_ms=30.0), timing(), timing(), timing()])], 4.0).late == 0.25


def test_a_path_without_an_answer_has_no_times() -> None:
    found = path_measured([sliced([timing(status=0, as_recorded=False)])], 1.0)

    assert (found.p50_ms, found.p90_ms, found.p99_ms) == (None, None, None)
    assert added_ms([sliced([])], [sliced([timing()])], 0.5, seed=1) is None


def test_what_a_path_adds_is_its_percentile_minus_that_of_the_other() -> None:
    direct = [sliced(timing(float(n)) for n in range(1, 101)) for _ in range(4)]
    through = [sliced(timing(n + 2.0) for n in range(1, 101)) for _ in range(4)]

    assert added_ms(through, direct, 0.5, seed=1) == LoadRatio(2.0, 2.0, 2.0)
    assert added_ms(through, direct, 0.99, seed=1) == LoadRatio(2.0, 2.0, 2.0)


def test_what_the_machine_did_to_both_in_a_round_is_no_difference() -> None:
    slow_rounds = (0.0, 50.0, 0.0, 100.0)
    direct = [sliced([timing(5.0 + slow)] * 20) for slow in slow_rounds]
    through = [sliced([timing(6.0 + slow)] * 20) for slow in slow_rounds]

    assert added_ms(through, direct, 0.5, seed=1) == LoadRatio(1.0, 1.0, 1.0)


def test_rounds_that_do_not_agree_widen_the_interval() -> None:
    direct = [sliced([timing(5.0)] * 20) for _ in range(4)]
    through = [sliced([timing(5.0 + more)] * 20) for more in (0.0, 1.0, 2.0, 3.0)]

    found = added_ms(through, direct, 0.5, seed=1)

    assert found is not None
    assert found.low == pytest.approx(0.0)
    assert found.high == pytest.approx(3.0)
