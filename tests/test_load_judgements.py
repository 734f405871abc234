"""The judge on servers whose latency and statements are known, under real Locust on real sockets."""

from contextlib import ExitStack
from dataclasses import replace

import pytest

from loadtests.alike import Pairs
from loadtests.block_runs import BlockRuns
from loadtests.children import Child
from loadtests.judge import Judged, PairOfBlocks, judge
from loadtests.locusts import Locusts
from loadtests.scenarios import scenario_named
from loadtests.site import LoadSite
from parity.load_results import MET, MISSED, NOT_SLOWER, QUERIES, TIME, UNDECIDED, Targets
from tests.loadtests.judged import asked
from tests.loadtests.stub_backend import CONTRACT, ENDPOINTS
from tests.loadtests.stubs import order

READS = [(method, path) for method, path in ENDPOINTS if method == "GET"]
KEYS = [("escrows", f"{method} {path}") for method, path in READS]
TARGETS = Targets(cache=None)
SERVERS = {"legacy": (250, 10), "modern": (175, 7)}
"""Milliseconds and statements: modern takes 30 % less of both. A busy machine adds little to so much."""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[PairOfBlocks]:
    """Six pairs of blocks of a second."""
    directory = tmp_path_factory.mktemp("servers")
    with ExitStack() as stack:
        urls = {}
        for side, (delay_ms, queries) in SERVERS.items():
            options = [f"--delay-ms={delay_ms}", f"--queries={queries}"]
            command = ["-m", "tests.loadtests.stub_backend", *options]
            child = stack.enter_context(Child(side, command, log=directory / side))
            urls[side] = f"http://127.0.0.1:{child.ready()['port']}"
        scenario = replace(scenario_named("steady"), users=20, duration_s=6.0, pace_s=0.25, reads=None)
        asked_for = order(
            CONTRACT,
            scenario=scenario,
            endpoints=READS,
            targets=TARGETS,
            block_s=1.0,
            warm_up_s=0.4,
        )
        site = LoadSite(urls["legacy"], urls["modern"])
        with Locusts(directory / "locust") as locusts:
            blocks = BlockRuns(locusts, asked_for.settings(), site, [], directory, 0.0)
            runs = [blocks.run(block) for block in asked_for.blocks()]
    assert {ran.summary.problem for ran in runs} == {""}
    found = Pairs()
    for first in range(0, len(runs), 2):
        found.add(runs[first : first + 2])
    return list(found.by_now)


def not_slower(judged: Judged) -> set[str]:
    return {asked(row, NOT_SLOWER).judgement for row in judged.endpoints}


def test_thirty_percent_less_is_found(pairs: list[PairOfBlocks]) -> None:
    judged = judge(pairs, KEYS, TARGETS)

    time, queries = asked(judged.overall, TIME), asked(judged.overall, QUERIES)
    assert (time.judgement, queries.judgement) == (MET, MET)
    assert time.measured is not None
    assert queries.measured is not None
    # the stubs themselves take a little, both as much
    assert time.measured.value == pytest.approx(0.71, abs=0.05)
    assert queries.measured.value == pytest.approx(0.7)
    assert MISSED not in not_slower(judged)


def test_seen_from_the_other_side_it_is_slower_and_caught(pairs: list[PairOfBlocks]) -> None:
    turned = [PairOfBlocks(pair.modern, pair.legacy, 1.0, 1.0) for pair in pairs]

    judged = judge(turned, KEYS, TARGETS)

    assert asked(judged.overall, TIME).judgement == MISSED
    assert MISSED in not_slower(judged)
    assert judged.judgement == MISSED


def test_a_side_against_itself_is_called_neither_faster_nor_slower(pairs: list[PairOfBlocks]) -> None:
    halves = [PairOfBlocks(pair.legacy[::2], pair.legacy[1::2], 1.0, 1.0) for pair in pairs]

    judged = judge(halves, KEYS, TARGETS)

    time = asked(judged.overall, TIME)
    assert time.measured is not None
    assert time.measured.value == pytest.approx(1, abs=0.1)
    assert time.judgement != MET
    assert not_slower(judged) <= {MET, UNDECIDED}
    assert asked(judged.overall, QUERIES).judgement == MISSED
