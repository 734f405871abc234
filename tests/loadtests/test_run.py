"""A whole load test, with real Locust processes against two tiny real backends."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.block_runs import INTERRUPTED
from loadtests.errors import BackendError, LoadTestError
from loadtests.locusts import Locusts
from loadtests.scenarios import scenario_named
from loadtests.site import LoadSite
from loadtests.standing import Standing
from parity.exchange import Backend
from parity.load_results import MET, MISSED, NOT_SLOWER, QUERIES, TIME, UNDECIDED, LoadEndpoint
from tests.loadtests.stub_backend import ENDPOINTS
from tests.loadtests.stubs import Listener, run, stub, stubs

READS = [endpoint for endpoint in ENDPOINTS if endpoint[0] == "GET"]
NOWHERE = LoadSite("http://127.0.0.1:1", "http://127.0.0.1:1")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadSite]:
    """Both stubs, for tests that do not end them."""
    with stubs(tmp_path_factory.mktemp("stubs")) as both:
        yield both


def judgement(row: LoadEndpoint, measure: str) -> str:
    judged = row.judged(measure)
    assert judged is not None
    return judged.judgement


def test_a_modern_that_is_much_faster_with_half_the_queries_meets_its_targets_early(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    listener = Listener()
    resets: list[None] = []
    with stubs(tmp_path, ("--delay-ms=80", "--queries=4"), ("--delay-ms=5", "--queries=2")) as site:
        resetting = replace(site, reset=lambda: resets.append(None))
        test = run(
            contract, tmp_path, resetting, listener, locusts, endpoints=READS, duration_s=2, block_s=0.25
        )

    assert test.passed
    assert (judgement(test.overall, TIME), judgement(test.overall, QUERIES)) == (MET, MET)
    assert (test.overall.legacy.errors, test.overall.modern.errors) == (0, 0)
    assert (test.overall.legacy.queries, test.overall.modern.queries) == (4, 2)
    assert {row.endpoint for row in test.endpoints} == {f"{method} {path}" for method, path in READS}
    assert test.planned_blocks == 16
    assert 12 <= len(test.blocks) < 16
    assert test.stopped == f"everything was decided after {len(test.blocks) // 2} of 8 pairs of blocks"
    assert test.stopped in listener.said
    assert len(resets) == 4 + len(test.blocks)  # before either side is probed, twice, and before each block
    assert listener.standings[0].left_s == pytest.approx(16 * 0.45)
    assert listener.standings[0].words("7 s") == "block 1 of 16 on legacy, 7 s left"
    assert listener.standings[-1].so_far.startswith("time 0.")
    assert (test.domains, test.scenario, test.workload, test.through) == (
        ["escrows"], "steady", "closed", "direct",
    )  # fmt: skip
    assert test.ended_at > test.begun_at
    assert [one.side for one in test.processes] == ["legacy", "modern"]
    for process in test.processes:
        assert process.pids == 1
        assert 0 < process.cpu_ms < 50
        assert 0 < process.cpu_share < 2
        assert 10 < process.first_mb <= process.most_mb
    assert test.notes == ["cold backends were not measured: backends that were given are not started anew"]


def test_what_is_cold_is_not_judged_what_is_not_watched_is_none_and_too_little_load_is_said_before(
    locusts: Locusts, site: LoadSite, contract: Path, tmp_path: Path
) -> None:
    @contextmanager
    def fresh(side: Backend) -> Iterator[str]:
        with stub(tmp_path, f"fresh-{side}", f"--delay-ms={9 if side is Backend.LEGACY else 3}") as (url, _):
            yield url

    listener = Listener()
    watched = {Backend.MODERN: site.pids[Backend.MODERN]}
    cold = replace(site, fresh=fresh, pids=watched)
    test = run(contract, tmp_path, cold, listener, locusts, users=1, cold_rounds=1)

    assert {row.endpoint for row in test.endpoints} == {f"{method} {path}" for method, path in ENDPOINTS}
    assert {row.endpoint for row in test.cold} == {row.endpoint for row in test.endpoints} | {"all endpoints"}
    assert [row.judgements for row in test.cold] == [[]] * len(test.cold)
    assert (test.cold[-1].legacy.p50_ms or 0) >= 9
    assert [one.side for one in test.processes] == ["modern"]
    assert {block.memory_mb is None for block in test.blocks if block.side == "legacy"} == {True}
    assert test.notes == [
        listener.said[1],
        "CPU and memory not measured: no process of legacy was watched",
    ]
    assert listener.said[1].startswith("too short to decide: about 15 requests a side for 7 endpoints")
    assert len(test.blocks) == test.planned_blocks == 12
    assert test.judgement != MET


def test_what_is_asked_too_seldom_gets_extra_blocks_that_ask_nothing_else(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    listener = Listener()
    with stubs(tmp_path, ("--delay-ms=40",), ("--delay-ms=4", "--queries=2")) as site:
        test = run(
            *(contract, tmp_path, site, listener, locusts),
            scenario=replace(scenario_named("steady"), users=8, duration_s=1.5, pace_s=0.1, reads=1.0),
            extra_s=3,
        )

    restore = "PUT /v1/escrows/{id}/restore"
    extra = {row.endpoint for row in test.endpoints if row.extra}
    assert restore in extra
    assert "GET /v1/escrows" not in extra
    assert (len(test.blocks), test.planned_blocks, len(test.extra_blocks)) == (12, 12, 12)
    assert {block.pair for block in test.extra_blocks} == set(range(6, 12))
    (row,) = [one for one in test.endpoints if one.endpoint == restore]
    assert row.modern.judged
    assert judgement(row, NOT_SLOWER) == MET
    assert test.overall.modern.requests == sum(
        block.requests for block in test.blocks if block.side == "modern"
    )
    said = f"{len(extra)} endpoints are asked too seldom to be decided"
    assert f"{said}: only that is asked now" in listener.said
    assert any(note.startswith(said) for note in test.notes)


def test_a_side_that_dies_ends_the_run_and_what_was_measured_is_kept(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    listener = Listener()
    with stubs(tmp_path, (), ("--die-after=300",)) as site:
        test = run(contract, tmp_path, site, listener, locusts)

    died_in = len(test.blocks)
    assert died_in < test.planned_blocks
    assert test.problem == f"the modern backend at {site.url(Backend.MODERN)} stopped answering"
    assert (test.blocks[-1].side, test.blocks[-1].problem) == ("modern", test.problem)
    assert test.blocks[0].requests
    assert test.judgement != MET
    assert not test.passed
    assert f"stopped in block {died_in}: {test.problem}" in listener.said


def test_a_side_that_hangs_in_mid_run_is_no_side_without_requests(
    locusts: Locusts, site: LoadSite, contract: Path, tmp_path: Path
) -> None:
    (modern,) = site.pids[Backend.MODERN]

    def stop_modern(standing: Standing) -> None:
        if standing.block == 2:
            os.kill(modern, signal.SIGSTOP)

    try:
        test = run(contract, tmp_path, site, Listener(on_block=stop_modern), locusts, timeout_s=0.5)
    finally:
        os.kill(modern, signal.SIGCONT)

    assert [block.side for block in test.blocks] == ["legacy", "modern"]
    assert test.problem.startswith(f"the modern backend at {site.url(Backend.MODERN)} ")
    assert not test.passed


def test_ctrl_c_ends_the_run_and_what_was_measured_is_kept(
    site: LoadSite, contract: Path, tmp_path: Path
) -> None:
    def press(standing: Standing) -> None:
        if standing.block == 3:
            signal.setitimer(signal.ITIMER_REAL, 0.3)

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        test = run(contract, tmp_path, site, Listener(on_block=press), endpoints=READS)
    finally:
        signal.signal(signal.SIGALRM, before)

    assert test.problem == INTERRUPTED
    assert [block.problem for block in test.blocks] == ["", "", INTERRUPTED]
    assert test.overall.legacy.requests
    assert test.judgement == UNDECIDED


def test_ctrl_c_before_anything_was_measured_only_ends_the_run(
    site: LoadSite, contract: Path, tmp_path: Path
) -> None:
    def press(_: Standing) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.3)

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(contract, tmp_path, site, Listener(on_block=press), endpoints=READS, duration_s=6)
    finally:
        signal.signal(signal.SIGALRM, before)


def failing_from(block: int, listener: Listener) -> Callable[[], None]:
    """A reset that fails from the begin of that block on."""

    def reset() -> None:
        if len(listener.standings) >= block:
            raise BackendError("the database is gone")

    return reset


def test_a_database_that_cannot_be_reset_in_mid_run_ends_it_and_what_was_measured_is_kept(
    locusts: Locusts, site: LoadSite, contract: Path, tmp_path: Path
) -> None:
    listener = Listener()
    resetting = replace(site, reset=failing_from(3, listener))
    test = run(contract, tmp_path, resetting, listener, locusts, endpoints=READS)

    assert test.problem == "the database is gone"
    assert [block.problem for block in test.blocks] == ["", "", "the database is gone"]
    assert test.overall.legacy.requests
    assert test.judgement in {UNDECIDED, MISSED}


def test_when_nothing_at_all_could_be_measured_there_is_no_result(
    locusts: Locusts, site: LoadSite, contract: Path, tmp_path: Path
) -> None:
    listener = Listener()
    resetting = replace(site, reset=failing_from(1, listener))
    with pytest.raises(LoadTestError, match="the database is gone"):
        run(contract, tmp_path, resetting, listener, locusts, endpoints=READS)


def test_a_duration_that_holds_no_blocks_is_refused_before_anybody_is_asked(
    contract: Path, tmp_path: Path
) -> None:
    with pytest.raises(LoadTestError, match="a duration of 1 s is too short"):
        run(contract, tmp_path, NOWHERE, duration_s=1)


def test_a_backend_that_is_not_there_is_said_before_any_load(contract: Path, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"the legacy backend at http://127.0.0.1:1 does not answer"):
        run(contract, tmp_path, NOWHERE)


def test_a_domain_without_a_recording_is_an_error(contract: Path, tmp_path: Path) -> None:
    with pytest.raises(LoadTestError, match="no recording of boats"):
        run(contract, tmp_path, NOWHERE, domains=["boats"])
