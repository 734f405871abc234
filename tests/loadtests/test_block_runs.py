"""One block: what Locust is told, and what came of it."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from loadtests.block_runs import INTERRUPTED, BlockRuns
from loadtests.blocks import Block
from loadtests.errors import BackendError
from loadtests.generators import WORKER_LOST_EXIT_CODE, Generators
from loadtests.locusts import Locusts
from loadtests.site import LoadSite
from loadtests.timings import Timing, writer
from parity.exchange import Backend
from tests.loadtests.judged import timing
from tests.loadtests.stubs import order

SITE = LoadSite("http://127.0.0.1:1/", "http://127.0.0.1:2/", {Backend.LEGACY: (os.getpid(),)})
BLOCK = Block(0, Backend.LEGACY, 1_000, 2.0)


class FakeLocusts:
    """Writes timings as Locust's process does, and ends with that exit code; None is one that hangs."""

    def __init__(
        self, timings: Sequence[Timing] = (), code: int | None = 0, error: BaseException | None = None
    ) -> None:
        self.arguments: dict[str, str] = {}
        self.secret = ""
        self._timings, self._code, self._error = timings, code, error

    def run(
        self, arguments: Sequence[str], _log: Path, _timeout_s: float, *, workers: Sequence[Sequence[str]]
    ) -> tuple[int | None, str]:
        self.workers = workers
        pairs = (argument.removeprefix("--").partition("=") for argument in arguments)
        self.arguments = {name: value for name, _, value in pairs}
        self.secret = Path(self.arguments["jwt-secret-file"]).read_text()
        with Path(self.arguments["results"]).open("wb") as file:
            for one in self._timings:
                writer(file)(one)
        if self._error:
            raise self._error
        return self._code, "its last words"


def blocks(contract: Path, tmp_path: Path, locusts: FakeLocusts, site: LoadSite = SITE) -> BlockRuns:
    settings = order(contract).settings()
    return BlockRuns(
        cast("Locusts", locusts), settings, site, ["escrows/list"], tmp_path, time.perf_counter()
    )


def at(started_s: float, **changes: Any) -> Timing:
    return timing(started_s=started_s, **changes)


def test_what_is_sent_within_the_measured_time_is_summed_up(contract: Path, tmp_path: Path) -> None:
    # the warm-up takes 0.2 s
    sent = [at(0.1, duration_ms=999.0), *(at(1.0, duration_ms=float(ms)) for ms in range(1, 11))]
    failed = at(1.5, duration_ms=500.0, status=500, as_recorded=False)

    ran = blocks(contract, tmp_path, FakeLocusts([*sent, failed, at(2.3)])).run(BLOCK)

    summary = ran.summary
    assert (summary.requests, summary.errors, summary.problem) == (11, 1, "")
    assert (summary.p50_ms, summary.side, summary.seed, summary.measured_s) == (5.5, "legacy", 1_000, 2.0)
    assert len(ran.timings) == 11
    assert summary.memory_mb is not None
    assert summary.cpu_ms is not None
    assert ran.pids >= 1


def test_a_side_that_is_not_watched_has_neither_cpu_nor_memory(contract: Path, tmp_path: Path) -> None:
    ran = blocks(contract, tmp_path, FakeLocusts([at(1.0)])).run(replace(BLOCK, side=Backend.MODERN))

    assert (ran.summary.cpu_ms, ran.summary.memory_mb, ran.pids) == (None, None, 0)


def test_locust_is_told_the_load_and_the_secret_by_a_file_that_is_gone_afterwards(
    contract: Path, tmp_path: Path
) -> None:
    locusts = FakeLocusts([at(1.0)])

    blocks(contract, tmp_path, locusts).run(BLOCK)

    told = locusts.arguments
    assert (told["host"], told["domain"], told["load-seed"]) == ("http://127.0.0.1:1", "escrows", "1000")
    assert (told["users"], told["workload"], told["pace"]) == ("12", "closed", "0.1")
    assert (told["leave-out"], told["reads"]) == ("escrows/list", "recorded")
    assert locusts.secret == order(contract).jwt_secret
    assert locusts.secret not in str(told)
    assert not Path(told["jwt-secret-file"]).exists()


def test_several_load_generators_are_told_alike(contract: Path, tmp_path: Path) -> None:
    locusts = FakeLocusts([at(1.0)])
    several = replace(blocks(contract, tmp_path, locusts), generators=Generators(workers=2))

    ran = several.run(BLOCK)

    assert ran.summary.problem == ""
    assert locusts.arguments["expect-workers"] == "2"
    assert [f"--load-seed={BLOCK.seed}" in worker for worker in locusts.workers] == [True, True]


@pytest.mark.parametrize(
    ("locusts", "problem"),
    [
        (FakeLocusts([at(1.0)], WORKER_LOST_EXIT_CODE), "its last words"),
        (FakeLocusts([at(1.0)], None), "Locust did not end in time on legacy at http://127.0.0.1:1"),
        (FakeLocusts([at(1.0)], 4), "the legacy backend at http://127.0.0.1:1 stopped answering"),
        (FakeLocusts([at(1.0)], 1), "Locust ended with exit code 1: its last words"),
        (FakeLocusts([]), "the legacy backend at http://127.0.0.1:1 gave no answer in a whole block"),
        (FakeLocusts([], error=BackendError("no Locust starts")), "no Locust starts"),
        (FakeLocusts([], error=KeyboardInterrupt()), INTERRUPTED),
    ],
    ids=["lost", "hangs", "side is down", "failed", "no answer", "does not start", "Ctrl-C"],
)
def test_what_goes_wrong_is_the_problem_of_the_block(
    contract: Path, tmp_path: Path, locusts: FakeLocusts, problem: str
) -> None:
    assert blocks(contract, tmp_path, locusts).run(BLOCK).summary.problem == problem
