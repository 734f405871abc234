"""The plan of alternating blocks."""

import pytest

from loadtests.blocks import plan_blocks
from loadtests.errors import LoadTestError
from parity.exchange import Backend

A, B = Backend.LEGACY, Backend.MODERN


def test_the_sides_alternate_and_so_does_who_begins() -> None:
    plan = plan_blocks(20, seed=1)

    assert [block.side for block in plan[:8]] == [A, B, B, A, A, B, B, A]
    assert [block.pair for block in plan[:6]] == [0, 0, 1, 1, 2, 2]


def test_the_two_blocks_of_a_pair_have_the_same_seed_and_no_other_pair_has_it() -> None:
    plan = plan_blocks(20, seed=1)

    seeds = {(block.pair, block.seed) for block in plan}
    assert len(seeds) == len(plan) / 2 == len({seed for _, seed in seeds})


def test_another_seed_sends_other_requests() -> None:
    assert not {block.seed for block in plan_blocks(20, seed=1)} & {
        block.seed for block in plan_blocks(20, seed=2)
    }


def test_extra_pairs_come_after_the_planned_ones_with_numbers_and_seeds_of_their_own() -> None:
    plan = plan_blocks(20, seed=1)
    extra = plan_blocks(40, seed=1, after=len(plan) // 2)

    assert [block.pair for block in extra[:4]] == [6, 6, 7, 7]
    assert [block.side for block in extra[:4]] == [A, B, B, A]
    assert not {block.seed for block in plan} & {block.seed for block in extra}


@pytest.mark.parametrize(("duration_s", "pairs"), [(1.5, 6), (20, 6), (40, 10), (3_600, 12)])
def test_each_side_is_measured_for_the_whole_duration_in_6_to_12_pairs(duration_s: float, pairs: int) -> None:
    plan = plan_blocks(duration_s, seed=1)

    assert len(plan) == 2 * pairs
    for side in Backend:
        assert sum(block.measured_s for block in plan if block.side is side) == pytest.approx(duration_s)


def test_a_duration_that_cannot_hold_six_pairs_is_refused_with_the_shortest_that_can() -> None:
    with pytest.raises(LoadTestError, match=r"a duration of 1 s is too short: expected 1\.5 s at least"):
        plan_blocks(1, seed=1)
