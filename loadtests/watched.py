"""What the processes of a backend take while it is under load: CPU time and memory, their children included.

Memory is the proportional set size where Linux tells it (pages that processes share count once), else the resident one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import psutil  # type: ignore[import-untyped]  # psutil ships no types

from parity.load_results import LoadBlock, LoadProcess

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Usage:
    """At one moment: seconds of CPU since each process began, memory in 2**20 bytes, and how many processes."""

    cpu_s: float
    memory_mb: float
    pids: int


def usage(pids: Sequence[int]) -> Usage | None:
    """What these processes and their children have taken by now; None without any, or where one of them is gone or not ours."""
    try:
        found = {one.pid: one for pid in pids for one in _family(pid)}
        taken = [(_cpu_s(one), _memory(one)) for one in found.values()]
    except psutil.Error:
        return None
    if not taken:
        return None
    return Usage(sum(cpu for cpu, _ in taken), sum(memory for _, memory in taken) / _MIB, len(taken))


def cpu_ms_between(before: Usage | None, after: Usage | None, requests: int) -> float | None:
    """CPU in ms a request; None where it is not known, or a process has ended in between."""
    if before is None or after is None or not requests or after.cpu_s < before.cpu_s:
        return None
    return (after.cpu_s - before.cpu_s) * 1_000 / requests


def process_of(side: str, blocks: Iterable[LoadBlock], pids: int) -> LoadProcess | None:
    """What `side` took over all of its blocks; None where that is not known of any."""
    known = [
        (block.cpu_ms, block.requests, block.measured_s, block.memory_mb)
        for block in blocks
        if block.side == side and block.cpu_ms is not None and block.memory_mb is not None
    ]
    requests = sum(count for _, count, _, _ in known)
    if not requests:
        return None
    cpu_ms = sum(cpu * count for cpu, count, _, _ in known) / requests
    memory = [mib for *_, mib in known]
    third = max(1, len(memory) // 3)
    return LoadProcess(
        side=side,
        pids=pids,
        cpu_ms=cpu_ms,
        # what it takes while it is under load: a block's begin and end, where nothing is sent, are not in it
        cpu_share=cpu_ms * requests / sum(seconds for _, _, seconds, _ in known) / 1_000,
        first_mb=median(memory[:third]),
        last_mb=median(memory[-third:]),
        most_mb=max(memory),
    )


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except (psutil.AccessDenied, AttributeError):
        return float(process.memory_info().rss)
