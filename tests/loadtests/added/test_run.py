"""A whole run in small, by a real Locust: the stub backend, and before it what says who serves."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.added.result import ProxyLoadTest
from loadtests.added.run import Extent, Site, run_proxy_load
from loadtests.children import Child
from loadtests.errors import BackendError
from loadtests.locusts import Locusts
from tests.loadtests.added.fake_site import FakeSite
from tests.loadtests.added.support import settings_of

SHORT = Extent(
    stages=("off", "live"), levels=(0.5,), rounds=2, slice_s=0.8, capacity_s=0.5, most_users=1, flips_s=0.0
)


@contextmanager
def stub(directory: Path) -> Iterator[Child]:
    arguments = ["-m", "tests.loadtests.stub_backend", "--delay-ms=5"]
    with Child("stub", arguments, log=directory / "stub") as child:
        yield child


def run(
    site: FakeSite, backend: str, contract: Path, work_dir: Path, locusts: Locusts | None, **changes: Any
) -> ProxyLoadTest:
    arguments: dict[str, Any] = {
        "progress": lambda _: None,
        "work_dir": work_dir,
        "locusts": locusts,
    } | changes
    extent = arguments.pop("extent", SHORT)
    whole = Site({"legacy": backend, "modern": backend}, site.url, site, site.books, closed_within_s=0.5)
    return run_proxy_load(whole, settings_of(contract), extent, **arguments)


def test_each_stage_stands_beside_its_backend_and_all_is_well(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    with stub(tmp_path) as child, FakeSite() as site:
        backend = f"http://127.0.0.1:{child.ready()['port']}"
        extent = replace(SHORT, flips_s=2.0)
        found = run(site, backend, contract, tmp_path / "work", locusts, progress=said.append, extent=extent)

    assert (found.faults, found.problem, found.rounds) == ([], "", 2)
    assert [one.backend for one in found.capacities] == ["legacy", "modern"]
    assert {(row.backend, row.level) for row in found.direct} == {("legacy", 0.5), ("modern", 0.5)}
    stages = {row.stage: row for row in found.stages}
    assert stages.keys() == {"off", "live"}
    assert all(row.measured.requests > 0 and row.added_p50_ms is not None for row in found.stages)
    assert (stages["off"].counted.mirrored, stages["live"].counted.mirrored > 0) == (0, True)
    assert found.flips is not None
    assert any(one.rolled_back for one in found.flips.made)
    assert found.books is not None
    assert found.books.sent == found.books.counted > 0
    assert site.stages[-1] == "off"
    assert "capacity of legacy: 1 at once, without a pause ..." in said
    assert any(line.startswith("round 1 of 2, slice 1 of 4: the ") for line in said)


def test_a_failure_a_wrong_backend_and_a_forgotten_request_are_faults(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    with stub(tmp_path) as child, FakeSite(stubborn=True, failing=3, forgetful=True) as site:
        backend = f"http://127.0.0.1:{child.ready()['port']}"
        extent = replace(SHORT, stages=("off",), rounds=1)
        found = run(site, backend, contract, tmp_path / "work", locusts, extent=extent)

    failed, otherwise, books = found.faults
    assert "requests failed at stage off, 50% of legacy's capacity" in failed
    assert "answers at stage off, 50% of legacy's capacity were not legacy's" in otherwise
    assert books.startswith("the books do not balance: ")
    assert found.exit_code == 1


def test_a_backend_that_dies_in_mid_run_leaves_what_was_measured(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    with stub(tmp_path) as child, FakeSite() as site:

        def kill_it(said: str) -> None:
            if said.startswith("round 2"):
                os.kill(child.pid, signal.SIGKILL)

        backend = f"http://127.0.0.1:{child.ready()['port']}"
        found = run(site, backend, contract, tmp_path / "work", locusts, progress=kill_it)

    assert found.problem.endswith(f"backend at {backend} stopped answering")
    assert (found.rounds, found.planned_rounds, found.books, found.exit_code) == (1, 2, None, 2)
    assert [row.stage for row in found.stages]
    assert len(found.direct) == 2


def test_a_backend_that_is_not_there_is_said_before_any_load(contract: Path, tmp_path: Path) -> None:
    with (
        FakeSite() as site,
        pytest.raises(BackendError, match=r"the legacy backend at http://127.0.0.1:1 does not"),
    ):
        run(site, "http://127.0.0.1:1", contract, tmp_path, None)
