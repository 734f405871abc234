"""What real processes take."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from loadtests.watched import Usage, cpu_ms_between, process_of, usage
from parity.load_results import LoadBlock, LoadProcess

BUSY = "import time; print(flush=True); until = time.process_time() + 0.3\nwhile time.process_time() < until: pass"
AFTER_A_LINE = "print(flush=True); input()\n"


@contextmanager
def process(program: str) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        yield child
    finally:
        child.kill()
        child.communicate()


def test_the_cpu_that_a_process_takes_and_its_memory_are_seen() -> None:
    with process(AFTER_A_LINE + BUSY + "\nprint(flush=True); input()") as child:
        before = usage([child.pid])
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.stdout.readline()
        child.stdout.readline()
        after = usage([child.pid])

    assert before is not None
    assert after is not None
    assert after.cpu_s - before.cpu_s == pytest.approx(0.3, abs=0.1)
    assert cpu_ms_between(before, after, 100) == pytest.approx(3.0, abs=1.0)
    assert 1 < after.memory_mb < 200
    assert after.pids == 1


def test_children_are_counted_with_their_parent_and_nobody_twice() -> None:
    program = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "print(flush=True); input()"
    )
    with process(program) as parent:
        found = usage([parent.pid, parent.pid])

    assert found is not None
    assert found.pids == 2


def test_of_a_process_that_is_gone_and_of_none_nothing_is_known() -> None:
    with process(AFTER_A_LINE) as gone:
        pass

    assert usage([os.getpid(), gone.pid]) is None
    assert usage([]) is None


@pytest.mark.parametrize(
    ("before", "after", "requests"),
    [
        (None, Usage(1, 1, 1), 10),
        (Usage(1, 1, 1), None, 10),
        (Usage(1, 1, 1), Usage(2, 1, 1), 0),
        (Usage(5, 1, 2), Usage(1, 1, 1), 10),  # a worker was started again in between
    ],
)
def test_cpu_that_is_not_known_is_none_and_not_zero(
    before: Usage | None, after: Usage | None, requests: int
) -> None:
    assert cpu_ms_between(before, after, requests) is None


def block(pair: int, **changes: Any) -> LoadBlock:
    fields: dict[str, Any] = {
        "pair": pair, "side": "modern", "seed": 1, "begun_s": 0.0, "measured_s": 2.0, "requests": 100, "errors": 0,
        "p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 3.0, "cpu_ms": 4.0, "memory_mb": 50.0,
    }  # fmt: skip
    return LoadBlock(**(fields | changes))


def test_a_side_is_summed_up_over_its_blocks_with_the_memory_of_their_first_and_last_third() -> None:
    blocks = [block(pair, memory_mb=50.0 + 10 * pair) for pair in range(6)]
    blocks[5] = block(5, memory_mb=100.0, requests=300, cpu_ms=8.0)
    other = [block(0, side="legacy", memory_mb=999.0)]

    found = process_of("modern", [*blocks, *other], 2)

    assert found == LoadProcess(
        side="modern", pids=2, cpu_ms=5.5, cpu_share=5.5 * 800 / 12 / 1_000,
        first_mb=55.0, last_mb=95.0, most_mb=100.0,
    )  # fmt: skip


def test_a_side_that_was_not_watched_has_no_numbers() -> None:
    assert process_of("modern", [block(0, cpu_ms=None, memory_mb=None)], 0) is None
