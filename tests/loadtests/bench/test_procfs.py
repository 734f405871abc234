"""What Linux says about processes, asked about real ones."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from loadtests.bench.procfs import Cores, command_line, cpu_s, keeping_to, pin, pss_mb, tree, two_cores
from loadtests.errors import BenchError

PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
GONE = 2**22 + 1


@pytest.fixture
def parent() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", PARENT])
    try:
        deadline = time.monotonic() + 10
        # A child is there before it is its program: between fork and exec it has neither words nor memory of its own.
        while (
            not (len(family := tree(process.pid)) == 2 and pss_mb(family[1:]) > 1)
            and time.monotonic() < deadline
        ):
            time.sleep(0.02)
        yield process.pid
    finally:
        for pid in reversed(tree(process.pid)):
            os.kill(pid, 9)
        process.wait()


def test_a_tree_is_a_process_with_its_descendants(parent: int) -> None:
    own, child = tree(parent)

    assert own == parent
    assert "time.sleep(60)" in " ".join(command_line(child))


def test_memory_and_cpu_time_are_those_of_the_whole_tree(parent: int) -> None:
    _, child = tree(parent)

    assert pss_mb([parent]) > pss_mb([child]) > 1
    assert cpu_s([parent]) > cpu_s([child]) > 0
    assert cpu_s([parent, child]) == pytest.approx(cpu_s([parent]), abs=0.01)


def test_cpu_time_grows_with_work() -> None:
    before_s, until_s = cpu_s([os.getpid()]), time.process_time() + 0.05
    while time.process_time() < until_s:
        pass

    assert 0.04 < cpu_s([os.getpid()]) - before_s < 2


def test_of_a_process_that_is_gone_there_is_nothing() -> None:
    assert (tree(GONE), cpu_s([GONE]), pss_mb([GONE]), command_line(GONE)) == ([], 0, 0, [])
    pin(GONE, 0)


def test_a_pinned_process_runs_on_that_core(parent: int) -> None:
    cores = two_cores()

    pin(parent, cores.rest)

    assert os.sched_getaffinity(parent) == {cores.rest}


def test_who_keeps_to_a_core_is_free_again_afterwards_and_its_children_are_not() -> None:
    before, cores = os.sched_getaffinity(0), two_cores()

    with keeping_to(cores.proxy):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    assert os.sched_getaffinity(process.pid) == {cores.proxy}
    assert os.sched_getaffinity(0) == before
    process.kill()
    process.wait()


def test_the_benchmark_wants_two_cores() -> None:
    cores = two_cores()

    assert cores == Cores(*sorted(os.sched_getaffinity(0))[:2])
    with keeping_to(cores.proxy), pytest.raises(BenchError, match="needs two cores"):
        two_cores()
