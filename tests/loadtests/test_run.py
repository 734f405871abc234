"""A whole load test, with real Locust processes against two tiny real backends."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from loadtests.children import Child
from loadtests.errors import BackendError, LoadTestError
from loadtests.run import LoadResult, run_loadtest
from parity.exchange import Backend
from parity.load_results import MET, QUERIES, TIME, UNDECIDED, Targets
from tests.loadtests.stub_backend import ENDPOINTS, SECRET


@contextmanager
def stubs(directory: Path, legacy: tuple[str, ...], modern: tuple[str, ...]) -> Iterator[dict[str, str]]:
    module = "tests.loadtests.stub_backend"
    with (
        Child("legacy", ["-m", module, *legacy], log=directory / "legacy") as one,
        Child("modern", ["-m", module, *modern], log=directory / "modern") as other,
    ):
        yield {
            "legacy_url": f"http://127.0.0.1:{one.ready()['port']}",
            "modern_url": f"http://127.0.0.1:{other.ready()['port']}/",
        }


def run(contract: Path, work_dir: Path, urls: dict[str, str], **overrides: Any) -> LoadResult:
    arguments: dict[str, Any] = {
        "domain": "escrows",
        "contract": contract,
        "users": 12,
        "duration_s": 1.5,
        "jwt_secret": SECRET,
        "reset": None,
        "progress": lambda _: None,
        "work_dir": work_dir,
        "pace_s": 0.1,
        "warm_up_s": 0.2,
        "endpoints": ENDPOINTS,
        "targets": Targets(cache=None),
    }
    return run_loadtest(**arguments | urls | overrides)


def test_a_modern_that_is_twice_as_fast_with_half_the_queries_meets_both_targets(
    contract: Path, tmp_path: Path
) -> None:
    progress: list[str] = []
    resets: list[None] = []
    with stubs(tmp_path, ("--delay-ms=24", "--queries=4"), ("--delay-ms=6", "--queries=2")) as urls:
        result = run(
            contract, tmp_path / "work", urls, progress=progress.append, reset=lambda: resets.append(None)
        )

    assert result.problem == ""
    assert result.judged.judgement in {MET, UNDECIDED}  # so short a run says little of each endpoint
    assert {one.measure: one.judgement for one in result.overall.judgements} == {TIME: MET, QUERIES: MET}
    assert (result.overall.legacy.errors, result.overall.modern.errors) == (0, 0)
    assert (result.overall.legacy.queries, result.overall.modern.queries) == (4, 2)
    assert {row.endpoint for row in result.judged.endpoints} == {
        f"{method} {path}" for method, path in ENDPOINTS
    }
    assert len(result.blocks) == result.planned_blocks == 12
    assert len(resets) == 13  # before the probe and before each block
    assert "block 1 of 12: 12 users on legacy for 0.2 s ..." in progress
    names_of_first_pair = [[t.exchange for t in ran.timings] for ran in result.blocks[:2]]
    assert set(names_of_first_pair[0][:10]) & set(names_of_first_pair[1])


def test_a_side_that_dies_ends_the_run_and_what_was_measured_is_kept(contract: Path, tmp_path: Path) -> None:
    progress: list[str] = []
    with stubs(tmp_path, (), ("--die-after=200",)) as urls:
        result = run(contract, tmp_path / "work", urls, progress=progress.append)

    died_in = len(result.blocks)
    assert died_in < result.planned_blocks
    assert result.problem == f"the modern backend at {urls['modern_url'].rstrip('/')} stopped answering"
    assert result.blocks[-1].block.side is Backend.MODERN
    assert result.blocks[0].timings
    assert not result.passed
    assert f"stopped in block {died_in}: {result.problem}" in progress


def test_a_side_that_hangs_in_mid_run_is_no_side_without_requests(contract: Path, tmp_path: Path) -> None:
    modern = ["-m", "tests.loadtests.stub_backend"]
    with (
        Child("legacy", modern, log=tmp_path / "legacy") as one,
        Child("modern", modern, log=tmp_path / "modern") as other,
    ):
        urls = {
            name: f"http://127.0.0.1:{child.ready()['port']}"
            for name, child in (("legacy_url", one), ("modern_url", other))
        }

        def stop_modern(said: str) -> None:
            if said.startswith("block 2 "):
                os.kill(other.pid, signal.SIGSTOP)

        try:
            result = run(contract, tmp_path / "work", urls, progress=stop_modern, timeout_s=0.5)
        finally:
            os.kill(other.pid, signal.SIGCONT)

    assert [ran.block.side for ran in result.blocks] == [Backend.LEGACY, Backend.MODERN]
    assert result.problem.startswith(f"the modern backend at {urls['modern_url']} ")
    assert not result.passed


def test_a_backend_that_is_not_there_is_said_before_any_load(contract: Path, tmp_path: Path) -> None:
    urls = {"legacy_url": "http://127.0.0.1:1", "modern_url": "http://127.0.0.1:1"}

    with pytest.raises(BackendError, match=r"the legacy backend at http://127.0.0.1:1 does not answer"):
        run(contract, tmp_path / "work", urls)


def test_a_domain_without_a_recording_is_an_error(contract: Path, tmp_path: Path) -> None:
    urls = {"legacy_url": "http://127.0.0.1:1", "modern_url": "http://127.0.0.1:1"}

    with pytest.raises(LoadTestError, match="no recording of boats"):
        run(contract, tmp_path / "work", urls, domain="boats")
