"""A run as a whole, with the least that can be measured; `tests/cli/test_bench.py` has every group."""

import dataclasses
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bench import StoredFlags
from loadtests.bench.comparing import TARGETS, cases
from loadtests.bench.peers import program
from loadtests.bench.plan import QUICK, Group
from loadtests.bench.procfs import keeping_to, two_cores
from loadtests.bench.run import Bench
from loadtests.bench.verdicts import Verdict
from loadtests.errors import BenchError

BUILD = Path("build")


@pytest.fixture
def work_dir() -> Iterator[Path]:
    """A short one: a Unix socket's path has its bounds."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # nginx's worker may be another user
        yield Path(name)


def bench(work_dir: Path, *groups: Group, compiled: bool = False) -> tuple[Bench, list[str]]:
    said: list[str] = []
    return (
        Bench(
            groups=groups,
            scale=dataclasses.replace(QUICK, flips=2),
            build_dir=work_dir / "build",
            work_dir=work_dir / "work",
            flags=StoredFlags(),
            cli_module="cli.main",
            compiled=compiled,
            progress=said.append,
        ),
        said,
    )


@pytest.mark.skipif(program("nginx", BUILD) is None, reason="nginx is not installed")
def test_a_run_has_the_rows_of_its_groups_and_those_of_the_books(work_dir: Path) -> None:
    one, said = bench(work_dir, Group.FLAGS, compiled=True)

    result = one.run()

    assert [row.name for row in result.rows] == [
        "flag change served, p99 ms",
        "failed requests while flipping",
        "mirrored - compared - dropped",
        "writes that were mirrored",
        "failed requests, all of the above",
    ]
    assert {row.verdict for row in result.rows[1:]} == {Verdict.PASSED}
    assert result.measured == {}
    assert result.soak is None
    assert result.flips
    assert len(result.flips.ms) == 2
    assert result.books["flags: off"].balance.mirrored > 0
    assert "cores" in result.machine
    assert result.interpreter == f"{platform.python_implementation()} {platform.python_version()}"
    assert result.compiled
    assert said[0] == "flags: starting 1 times Crossfade"


def test_comparing_is_measured_by_itself_in_all_sizes_and_beside_deepdiff(work_dir: Path) -> None:
    one, said = bench(work_dir, Group.COMPARE)

    result = one.run()

    sizes = [target.kilobytes for target in TARGETS]
    assert [(speed.kilobytes, speed.name) for speed in result.speeds] == [
        (size, case.name) for size in sizes for case in cases(size)
    ]
    assert all(speed.a_second > 0 for speed in result.speeds)
    assert [row.name for row in result.rows] == [
        f"compare {size}k{what}" for size in sizes for what in (", a second", " to DeepDiff")
    ]
    assert Verdict.NOT_MEASURED not in {row.verdict for row in result.rows}
    assert said == [f"compare: {size} KB" for size in sizes]


def test_on_one_core_nothing_can_be_measured(work_dir: Path) -> None:
    one, _ = bench(work_dir, Group.PLAIN)

    with keeping_to(two_cores().proxy), pytest.raises(BenchError, match="needs two cores"):
        one.run()
