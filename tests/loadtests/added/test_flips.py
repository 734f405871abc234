"""Stages changed under load: in which order, and which answers must not be modern's."""

import pytest

from loadtests.added.flips import Flip, after_rollbacks, flip_under_load
from loadtests.added.result import MODERN
from loadtests.added.slices import Slice, Slices
from loadtests.errors import BackendError
from tests.loadtests.added.factories import timing
from tests.loadtests.added.fake_site import FakeSite

SHADOW, CANARY = Flip("shadow", False, 200.0, 200.1, 100.0), Flip("canary", False, 210.0, 210.1, 100.0)
ROLLBACK = Flip("off", True, 100.0, 101.0, 1_000.0)


def under_load(site: FakeSite, measured_s: float) -> Slice:
    return Slice("the proxy", site.url, seed=1, measured_s=measured_s, users=1, rate_rps=60.0)


@pytest.mark.parametrize(
    ("sent_at", "duration_ms", "counts"),
    [
        (99.0, 5.0, False),  # before the rollback
        (100.5, 5.0, False),  # before its acknowledgement
        (101.5, 5.0, True),
        (205.0, 5.0, True),  # at shadow legacy still serves
        (209.9, 500.0, False),  # may have been routed when modern served again
        (211.0, 5.0, False),
    ],
)
def test_what_modern_may_not_answer_was_sent_and_answered_under_the_rollback(
    sent_at: float, duration_ms: float, *, counts: bool
) -> None:
    one = timing(duration_ms, sent_at=sent_at)

    assert after_rollbacks([ROLLBACK, SHADOW, CANARY], [one]) == ([one] if counts else [])


def test_a_rollback_that_nothing_follows_holds_to_the_end() -> None:
    one = timing(sent_at=9_000.0)

    assert after_rollbacks([CANARY, ROLLBACK], [one]) == [one]
    assert after_rollbacks([SHADOW, CANARY], [one]) == []


def test_stages_are_walked_and_rolled_back_again_and_again_while_the_load_goes_on(slices: Slices) -> None:
    with FakeSite() as site:
        sliced, flips = flip_under_load(slices, under_load(site, 4.0), site, warm_up_s=0.1)

    assert site.stages[:6] == ["off", "shadow", "canary", "live", "complete", "off"]
    assert (site.stages[-1], flips[-1].rolled_back) == ("off", True)
    assert [flip.stage for flip in flips] == site.stages[1:]
    assert sum(flip.rolled_back for flip in flips) >= 2
    assert all(flip.acknowledged_at > flip.begun_at and flip.ms > 0 for flip in flips)
    assert [one for one in sliced.timings if one.sent_at > flips[-1].acknowledged_at]
    after = after_rollbacks(flips, sliced.all_sent)
    assert len(after) > 10
    assert [one for one in after if one.served_by == MODERN] == []
    assert {one.served_by for one in sliced.timings} == {"legacy", "modern"}


def test_a_flip_that_does_not_happen_ends_the_run(slices: Slices) -> None:
    with FakeSite(refuses=True) as site, pytest.raises(BackendError, match="the flags are frozen"):
        flip_under_load(slices, under_load(site, 0.5), site, warm_up_s=0.1)
