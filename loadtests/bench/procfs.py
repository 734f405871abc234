"""What Linux says about processes: their descendants, CPU time and memory; and which cores they may run on."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from loadtests.errors import BenchError


@dataclass(frozen=True, slots=True)
class Cores:
    """`proxy` is for what is measured, `rest` for the load, the backends and what works beside the proxy."""

    proxy: int
    rest: int


def two_cores() -> Cores:
    """The first two cores that we may use; raises BenchError where there is one only."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise BenchError(
            "the benchmark needs two cores: one for the proxy, one for the load and the backends"
        )
    return Cores(*allowed[:2])


@contextlib.contextmanager
def keeping_to(core: int) -> Iterator[None]:
    """The calling thread, and every process that it starts, runs on that core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree(pid: int) -> list[int]:
    """A process and all its descendants; empty when it is gone."""
    found = []
    for task in _tasks(pid):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return [pid, *found] if Path(f"/proc/{pid}").exists() else found


def command_line(pid: int) -> list[str]:
    """The words that a process was started with; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def pin(pid: int, core: int) -> None:
    """Every thread of a process runs on that core from now on, and so do those that it starts."""
    for task in _tasks(pid):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {core})


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds that the threads of those processes and of their descendants have had, to the nanosecond.

    What ended before we look is not in it: neither threads nor processes.
    """
    total_ns = 0
    for pid in _everyone(pids):
        for task in _tasks(pid):
            with contextlib.suppress(OSError):
                total_ns += int((task / "schedstat").read_text().split()[0])
    return total_ns / 1e9


def pss_mb(pids: Iterable[int]) -> float:
    """The memory of those processes and their descendants, pages that n processes share counted as 1/n (MB of 2**20)."""
    total_kb = 0
    for pid in _everyone(pids):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total_kb += int(line.split()[1])
    return total_kb / 1024


def _everyone(pids: Iterable[int]) -> set[int]:
    return {one for pid in pids for one in tree(pid)}


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
