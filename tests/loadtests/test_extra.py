"""What is asked in the extra pairs of blocks, and what they say."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtests.block_runs import BlockRuns
from loadtests.extra import asking_only
from loadtests.judge import Extra, PairOfBlocks, judge
from loadtests.locusts import Locusts
from loadtests.settings import LoadSettings
from loadtests.site import LoadSite
from loadtests.tallies import Key
from loadtests.timings import Timing
from loadtests.workload import Workload
from parity.load_results import MET, MISSED, NOT_SLOWER, TIME, Targets
from tests.loadtests.judged import ENDPOINT, KEY, asked, sides, timing

RESTORE = ("escrows", "PUT /v1/escrows/{id}/restore")


@pytest.fixture
def blocks(contract: Path, tmp_path: Path) -> BlockRuns:
    settings = LoadSettings(contract, ("escrows", "clients", "leads"), "secret", reads=0.95)
    site = LoadSite("http://127.0.0.1:1", "http://127.0.0.1:2")
    return BlockRuns(Locusts(tmp_path), settings, site, ["escrows/list_all"], tmp_path, 0.0)


def sent(blocks: BlockRuns) -> Workload:
    """What Locust would send."""
    return replace(blocks.settings, left_out=frozenset(blocks.left_out)).workload()


def endpoints(workload: Workload) -> set[Key]:
    return {(step.exchange.domain, step.endpoint) for journey in workload.journeys for step in journey.steps}


def test_only_journeys_that_ask_an_open_endpoint_are_sent_whole_and_as_often_as_recorded(
    blocks: BlockRuns,
) -> None:
    extra = asking_only(blocks, sent(blocks), {RESTORE})

    workload = sent(extra)
    assert extra.settings.domains == ("escrows",)
    assert extra.settings.reads is None
    assert workload.journeys
    for journey in workload.journeys:
        assert RESTORE in {(step.exchange.domain, step.endpoint) for step in journey.steps}
        assert journey in sent(blocks).journeys
    assert ("escrows", "DELETE /v1/escrows/{id}") in endpoints(
        workload
    )  # a life cycle ends with its clean-up


def test_a_refusal_alone_says_nothing_of_an_endpoint_and_is_not_sent(blocks: BlockRuns) -> None:
    update = ("clients", "PUT /v1/clients/{id}")

    extra = asking_only(blocks, sent(blocks), {RESTORE, update})

    assert extra.settings.domains == ("escrows", "clients")
    updates = [one for one in sent(extra).journeys if one.steps[0].endpoint == update[1]]
    assert updates
    assert {one.steps[0].exchange.status for one in updates} == {200}
    assert len(updates) < sum(one.steps[0].endpoint == update[1] for one in sent(blocks).journeys)


def test_what_the_planned_blocks_leave_out_stays_out(blocks: BlockRuns) -> None:
    listed = ("escrows", "GET /v1/escrows")
    out = next(one.name for one in sent(blocks).journeys if one.steps[0].endpoint == listed[1])
    fewer = replace(blocks, left_out=[out])

    extra = asking_only(fewer, sent(fewer), {listed})

    assert out not in {one.name for one in sent(extra).journeys}
    assert endpoints(sent(extra)) == {listed}


def test_extra_pairs_say_all_of_the_endpoints_they_are_for_and_nothing_of_all_together() -> None:
    planned = sides(0.5, seed=1, n=200)
    # so much slower in the extra pairs that whoever counted them elsewhere would see it
    alone = sides(0.9, seed=2, pairs=6, n=400)
    quick = [replace(one, legacy=elsewhere(one.legacy), modern=elsewhere(one.modern)) for one in alone]

    found = judge(
        *(planned, [KEY, RESTORE], Targets(queries=None, cache=None)),
        expected=[KEY, RESTORE],
        extra=Extra(frozenset([RESTORE]), [joined(*both) for both in zip(alone, quick, strict=True)]),
    )

    without = judge(planned, [KEY], Targets(queries=None, cache=None))
    of = {one.endpoint: one for one in found.endpoints}
    assert of[ENDPOINT].modern == without.endpoints[0].modern
    assert of[RESTORE[1]].modern.judged == 6 * 400
    assert asked(of[RESTORE[1]], NOT_SLOWER).judgement == MET
    assert found.overall.modern == without.overall.modern
    assert [one.measured for one in found.overall.judgements] == [
        one.measured for one in without.overall.judgements
    ]
    assert (found.judgement, found.still_open) == (MET, ())


def test_what_breaks_in_an_extra_pair_breaks_the_run_wherever_it_was() -> None:
    extra = sides(0.5, seed=2, pairs=6, n=40)
    wrong = [timing(status=500, as_recorded=False)]
    extra[3] = replace(extra[3], modern=[*extra[3].modern, *wrong])

    found = judge(
        sides(0.5, seed=1, n=200),
        [KEY, RESTORE],
        Targets(queries=None, cache=None),
        extra=Extra(frozenset([RESTORE]), extra),
    )

    assert found.judgement == MISSED
    assert asked(found.overall, TIME).why.startswith("1 of ")
    assert ENDPOINT in asked(found.overall, TIME).why
    assert asked(found.endpoints[0], TIME).judgement == MISSED


@pytest.mark.parametrize("pairs", [0, 1, 4])
def test_where_the_extra_pairs_are_too_few_to_say_anything_the_planned_ones_say_what_they_can(
    pairs: int,
) -> None:
    planned = sides(0.5, seed=1, n=200)
    few = sides(0.9, seed=2, pairs=6, n=200)[:pairs]

    assert judge(planned, [KEY], Targets(), extra=Extra(frozenset([KEY]), few)) == judge(
        planned, [KEY], Targets()
    )


def elsewhere(timings: Any) -> list[Timing]:
    return [msgspec.structs.replace(one, domain=RESTORE[0], endpoint=RESTORE[1]) for one in timings]


def joined(one: PairOfBlocks, other: PairOfBlocks) -> PairOfBlocks:
    return replace(one, legacy=[*one.legacy, *other.legacy], modern=[*one.modern, *other.modern])
