"""The judge on servers whose latency and statements are known, under real Locust on real sockets."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from loadtests.children import Child
from loadtests.judge import Judged, PairOfBlocks, judge
from loadtests.run import run_loadtest
from loadtests.scenarios import scenario_named
from loadtests.site import LoadSite
from loadtests.timings import Timing, read_timings, within
from parity.exchange import Backend
from parity.load_results import MET, MISSED, NOT_SLOWER, QUERIES, TIME, UNDECIDED, Targets
from tests.loadtests.stub_backend import ENDPOINTS
from tests.loadtests.stubs import Listener, order
from tests.loadtests.test_judge import asked

READS = [(method, path) for method, path in ENDPOINTS if method == "GET"]
KEYS = [("escrows", f"{method} {path}") for method, path in READS]
TARGETS = Targets(cache=None)


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses: one that takes 250 ms and 10 statements, one that takes 30 % less of both."""

    steady: str
    faster: str


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    directory = tmp_path_factory.mktemp("servers")
    with ExitStack() as stack:
        urls = []
        for delay_ms, queries in ((250, 10), (175, 7)):
            options = [f"--delay-ms={delay_ms}", f"--queries={queries}"]
            child = Child(
                f"stub {delay_ms}",
                ["-m", "tests.loadtests.stub_backend", *options],
                log=directory / f"{delay_ms}",
            )
            urls.append(f"http://127.0.0.1:{stack.enter_context(child).ready()['port']}")
        yield Servers(*urls)


def measured(legacy: str, modern: str, contract: Path, work_dir: Path) -> list[PairOfBlocks]:
    """Six pairs of blocks of half a second."""
    scenario = replace(scenario_named("steady"), users=16, duration_s=3.0, pace_s=0.2, reads=None)
    asked_for = order(contract, scenario=scenario, endpoints=READS, targets=TARGETS, may_end_early=False)
    test = run_loadtest(asked_for, LoadSite(legacy, modern), Listener(), work_dir)
    assert test.problem == ""

    def timings(pair: int, side: Backend) -> list[Timing]:
        kept = read_timings(work_dir / f"block-{pair:02}-{side}.jsonl")
        return within(kept, after_s=asked_for.warm_up_s, until_s=asked_for.warm_up_s + 0.5)

    return [
        PairOfBlocks(timings(pair, Backend.LEGACY), timings(pair, Backend.MODERN), 0.5, 0.5)
        for pair in range(6)
    ]


def not_slower(judged: Judged) -> list[str]:
    return [asked(row, NOT_SLOWER).judgement for row in judged.endpoints]


def test_thirty_percent_less_is_found_and_seen_from_the_other_side_caught(
    servers: Servers, contract: Path, tmp_path: Path
) -> None:
    pairs = measured(servers.steady, servers.faster, contract, tmp_path)

    judged = judge(pairs, KEYS, TARGETS)
    turned = judge([PairOfBlocks(one.modern, one.legacy, 0.5, 0.5) for one in pairs], KEYS, TARGETS)

    time, queries = asked(judged.overall, TIME), asked(judged.overall, QUERIES)
    assert (time.judgement, queries.judgement) == (MET, MET)
    assert time.measured is not None
    assert queries.measured is not None
    assert time.measured.value == pytest.approx(0.71, abs=0.07)  # the stubs themselves take a little, both
    assert queries.measured.value == pytest.approx(0.7)
    assert MISSED not in not_slower(judged)
    assert asked(turned.overall, TIME).judgement == MISSED
    assert MISSED in not_slower(turned)
    assert turned.judgement == MISSED


def test_a_side_against_itself_is_called_neither_faster_nor_slower(
    servers: Servers, contract: Path, tmp_path: Path
) -> None:
    judged = judge(measured(servers.steady, servers.steady, contract, tmp_path), KEYS, TARGETS)

    time = asked(judged.overall, TIME)
    assert time.measured is not None
    assert time.measured.value == pytest.approx(1, abs=0.1)
    assert time.judgement != MET
    assert set(not_slower(judged)) <= {MET, UNDECIDED}
    assert asked(judged.overall, QUERIES).judgement == MISSED
