"""A Crossfade under measurement: a real one, started by the real command line."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bench import StoredFlags
from loadtests.bench.crossfade import Crossfade, Worker, closed_books, running_crossfades
from loadtests.bench.flips import flip_under_load
from loadtests.bench.generator import Generator, Load, Target
from loadtests.bench.peers import Backends
from loadtests.bench.procfs import two_cores
from loadtests.children import Child
from loadtests.errors import BenchError


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    log = tmp_path_factory.mktemp("backend") / "backend"
    with Child("backend", ["-m", "loadtests.bench.slow_backend", "--work-ms=0"], log=log) as child:
        port = int(child.ready()["port"])
        yield Backends(Target("direct", port, (child.pid,)), port, port, port, port, port)


@pytest.fixture(scope="module")
def running(backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Crossfade]]:
    work_dir = tmp_path_factory.mktemp("work")
    with running_crossfades(
        work_dir, backends, two_cores(), StoredFlags(), "cli.main", ("off", "equal")
    ) as found:
        yield found


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return Generator(tmp_path_factory.mktemp("build"))


def test_the_proxy_worker_has_its_core_and_parity_the_other_with_a_lower_priority(
    running: dict[str, Crossfade],
) -> None:
    cores = two_cores()

    for one in running.values():
        assert [os.sched_getaffinity(pid) for pid in one.target.pids] == [{cores.proxy}]
        assert [os.sched_getaffinity(pid) for pid in one.target.helpers] == [{cores.rest}]
        assert [os.getpriority(os.PRIO_PROCESS, pid) for pid in one.target.helpers] == [10]


def test_at_stage_shadow_reads_are_compared_and_writes_are_not_mirrored(
    running: dict[str, Crossfade], generator: Generator
) -> None:
    read = Load("/1k.json", rate=200, warm_s=0.0, run_s=0.5)
    for one in running.values():
        assert generator.shoot(one.target.port, read).failed == 0
    written = generator.shoot(running["equal"].target.port, dataclasses.replace(read, body_bytes=1_000))

    books = closed_books(running)

    assert written.failed == 0
    assert books["off"].balance.mirrored == 0
    tally = books["equal"].tally
    assert written.answered > 50
    assert 50 < tally.mirrored == tally.compared == tally.requests - written.answered
    assert books["equal"].balance.balanced


def test_all_answers_of_a_burst_are_compared_when_it_has_drained(
    running: dict[str, Crossfade], generator: Generator
) -> None:
    one = running["equal"]
    drain = one.target.drain
    assert drain
    before = closed_books(running)["equal"].tally

    shot = generator.shoot(one.target.port, Load("/1k.json", warm_s=0.0, run_s=10.0, requests=600))
    drained = drain.wait(before.requests + shot.answered)

    after = one.books().tally
    assert drained
    assert (shot.answered, shot.failed) == (600, 0)
    assert after.compared - before.compared == 600


def test_flips_under_load_are_timed_and_fail_no_request(
    running: dict[str, Crossfade], generator: Generator
) -> None:
    found = flip_under_load(running["off"], StoredFlags(), generator, flips=4, seed=1)

    assert len(found.ms) in {2, 4}  # what would come after the load does not count
    assert all(0 < ms < 5_000 for ms in found.ms)
    assert found.shot.answered > 100
    assert found.shot.failed == 0
    assert closed_books(running)["off"].balance.mirrored > 0


def test_a_command_line_that_fails_is_an_error_with_its_last_words(
    backends: Backends, tmp_path: Path
) -> None:
    with (
        pytest.raises(BenchError, match=r"crossfade off did not start: .*No module named"),
        running_crossfades(tmp_path, backends, two_cores(), StoredFlags(), "tests.no_such_module", ("off",)),
    ):
        pass


class NobodyRegisters:
    """Flags of a Crossfade whose workers never come."""

    def set_stage(self, config: Path, stage: str) -> float:
        raise AssertionError((config, stage))

    def workers(self, config: Path) -> list[Worker]:
        assert config.exists()
        return []


def test_one_that_does_not_serve_in_time_is_an_error(
    backends: Backends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loadtests.bench.crossfade._READY_WITHIN_S", 0.1)

    with (
        pytest.raises(BenchError, match="crossfade off did not answer within 0 s"),
        running_crossfades(tmp_path, backends, two_cores(), NobodyRegisters(), "cli.main", ("off",)),
    ):
        pass
