"""The stage table, complete and as design.md section 4 has it."""

import itertools

import pytest

from parity.exchange import Backend
from proxy.errors import StageError
from proxy.stages import READS, UNLISTED_PLAN, WRITES, Plan, Plans, Stage

LEGACY, MODERN = Backend.LEGACY, Backend.MODERN


def same(authoritative: Backend, shadow: Backend | None = None) -> Plans:
    return Plans(Plan(authoritative, shadow), Plan(authoritative, shadow))


def test_reads_follow_the_table_of_the_design() -> None:
    assert {
        Stage.OFF: same(LEGACY),
        Stage.SHADOW: same(LEGACY, MODERN),
        Stage.CANARY: Plans(outside=Plan(LEGACY, MODERN), within=Plan(MODERN, LEGACY)),
        Stage.LIVE: same(MODERN, LEGACY),
        Stage.COMPLETE: same(MODERN),
    } == READS


def test_writes_follow_the_table_of_the_design() -> None:
    assert {
        Stage.OFF: same(LEGACY),
        Stage.SHADOW: same(LEGACY),
        Stage.CANARY: Plans(outside=Plan(LEGACY), within=Plan(MODERN)),
        Stage.LIVE: same(MODERN),
        Stage.COMPLETE: same(MODERN),
    } == WRITES


@pytest.mark.parametrize("stage", Stage)
def test_a_write_has_no_shadow_at_any_stage(stage: Stage) -> None:
    plans = WRITES[stage]

    assert (plans.outside.shadow, plans.within.shadow) == (None, None)


@pytest.mark.parametrize("stage", Stage)
def test_reads_and_writes_of_one_client_are_served_by_the_same_backend(stage: Stage) -> None:
    reads, writes = READS[stage], WRITES[stage]

    assert reads.outside.authoritative is writes.outside.authoritative
    assert reads.within.authoritative is writes.within.authoritative


@pytest.mark.parametrize("stage", Stage)
def test_the_shadow_is_never_the_authoritative_backend(stage: Stage) -> None:
    for plan in (READS[stage].outside, READS[stage].within):
        assert plan.shadow in {None, plan.authoritative.other}


def test_unlisted_requests_are_served_by_legacy_alone() -> None:
    assert Plan(LEGACY, None) == UNLISTED_PLAN


def test_the_way_leads_from_off_to_complete() -> None:
    way = [Stage.OFF]
    while (following := way[-1].next) is not None:
        way.append(following)

    assert way == [Stage.OFF, Stage.SHADOW, Stage.CANARY, Stage.LIVE, Stage.COMPLETE]
    assert all(after.is_further_than(before) for before, after in itertools.pairwise(way))
    assert not Stage.OFF.is_further_than(Stage.OFF)


def test_a_stage_is_parsed_by_its_name() -> None:
    assert [Stage.parse(stage.value) for stage in Stage] == list(Stage)


def test_an_unknown_stage_is_refused_with_the_closest_one_and_all_of_them() -> None:
    with pytest.raises(
        StageError,
        match=r"no stage 'canry'; did you mean canary\? \(stages: off, shadow, canary, live, complete\)",
    ):
        Stage.parse("canry")
