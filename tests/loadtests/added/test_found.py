"""The rows that slices make."""

from loadtests.added.books import Counted
from loadtests.added.flips import Flip
from loadtests.added.found import Found
from loadtests.added.result import Capacity, FlipMade
from loadtests.added.rounds import Lane
from parity.load_results import LoadRatio
from tests.loadtests.added.factories import sliced, timing

LIVE = Lane(0.5, "modern", "live")


def found() -> Found:
    one = Found(capacities=[Capacity("legacy", 100.0, 4, []), Capacity("modern", 240.0, 4, [])])
    served = [timing(7.0, served_by="modern")] * 8
    one.slices[LIVE] = [sliced(served), sliced([*served, timing(7.0, served_by="legacy")])]
    one.slices[LIVE.direct] = [sliced([timing(5.0)] * 8)] * 2
    one.counted[LIVE] = [Counted({("requests", ""): 8}), Counted({("requests", ""): 9, ("fell back", ""): 1})]
    return one


def test_a_stage_stands_beside_the_backend_that_serves_there() -> None:
    (row,) = found().stage_rows(seed=1)

    assert (row.stage, row.backend, row.level, row.measured.offered_rps) == ("live", "modern", 0.5, 120.0)
    assert row.added_p50_ms == row.added_p99_ms == LoadRatio(2.0, 2.0, 2.0)
    assert (row.served_otherwise, row.counted.requests, row.counted.fell_back) == (1, 17, 1)


def test_an_answer_that_names_nobody_is_nobody_elses() -> None:
    one = found()
    one.slices[LIVE] = [sliced([timing(status=503, as_recorded=False)] * 3)] * 2

    (row,) = one.stage_rows(seed=1)

    assert (row.served_otherwise, row.measured.failed) == (0, 6)


def test_backends_asked_directly_have_rows_of_their_own() -> None:
    (row,) = found().direct_rows()

    assert (row.backend, row.level, row.measured.requests, row.measured.p50_ms) == ("modern", 0.5, 16, 5.0)


def test_what_modern_answered_after_a_rollback_is_counted() -> None:
    one = found()
    late = [
        timing(sent_at=at, served_by=who)
        for at, who in ((99.0, "modern"), (101.0, "legacy"), (102.0, "modern"))
    ]
    one.flips = sliced(late), [Flip("off", True, 99.5, 100.0, 500.0)]

    flips = one.flips_found()

    assert flips is not None
    assert (flips.made, flips.after_rollback, flips.by_modern) == ([FlipMade("off", True, 500.0)], 2, 1)
    assert found().flips_found() is None
