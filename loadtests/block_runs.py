"""One block of a load test: Locust against one side, and what that side's processes took meanwhile."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.blocks import Block
from loadtests.errors import LoadTestError
from loadtests.generators import ALONE, WORKER_LOST_EXIT_CODE, Generators
from loadtests.interval import percentile
from loadtests.locust_command import locust_command, longest_s
from loadtests.locusts import Locusts
from loadtests.settings import SIDE_DOWN_EXIT_CODE, LoadSettings
from loadtests.site import LoadSite
from loadtests.timings import Timing, read_timings, within
from loadtests.watched import cpu_ms_between, usage
from parity.load_results import LoadBlock

INTERRUPTED = "stopped by hand (Ctrl-C)"


@dataclass(frozen=True, slots=True)
class BlockRun:
    """What came of one block: its summary, and each request of the measured time."""

    summary: LoadBlock
    timings: tuple[Timing, ...]
    pids: int = 0


@dataclass(frozen=True, slots=True)
class BlockRuns:
    """Runs blocks; what each of them has in common. `left_out` are names of journeys; the run began at `begun_s`."""

    locusts: Locusts
    settings: LoadSettings
    site: LoadSite
    left_out: Sequence[str]
    work_dir: Path
    begun_s: float
    generators: Generators = ALONE

    def run(self, block: Block) -> BlockRun:
        """Bring the database back to the seed and load that side. What goes wrong, Ctrl-C too, is the block's problem."""
        begun_s = time.perf_counter()
        timings: list[Timing] = []
        problem, cpu_ms, taken = "", None, None
        try:
            if self.site.reset:
                self.site.reset()
            pids = self.site.pids.get(block.side, ())
            before = usage(pids)
            timings, problem = self._load(block)
            taken = usage(pids)
            cpu_ms = cpu_ms_between(before, taken, len(timings))
        except LoadTestError as error:
            problem = str(error)
        except KeyboardInterrupt:
            problem = INTERRUPTED
        warm_up_s = self.settings.warm_up_s
        measured = within(timings, after_s=warm_up_s, until_s=warm_up_s + block.measured_s)
        times = sorted(one.duration_ms for one in measured if one.as_recorded and not one.refused)
        summary = LoadBlock(
            pair=block.pair,
            side=str(block.side),
            seed=block.seed,
            begun_s=begun_s - self.begun_s,
            measured_s=block.measured_s,
            requests=len(measured),
            errors=sum(not one.as_recorded for one in measured),
            p50_ms=percentile(times, 0.50) if times else None,
            p95_ms=percentile(times, 0.95) if times else None,
            p99_ms=percentile(times, 0.99) if times else None,
            cpu_ms=cpu_ms,
            memory_mb=taken.memory_mb if taken else None,
            problem=problem,
        )
        return BlockRun(summary, tuple(measured), taken.pids if taken else 0)

    def _load(self, block: Block) -> tuple[list[Timing], str]:
        """Every request that was sent, and what went wrong."""
        url = self.site.url(block.side)
        stem = self.work_dir / f"block-{block.pair:02}-{block.side}"
        results = stem.with_suffix(".jsonl")
        settings = replace(
            self.settings, seed=block.seed, measured_s=block.measured_s, left_out=frozenset(self.left_out)
        )
        timeout_s = longest_s(settings) + self.generators.grace_s
        with locust_command(settings, url, settings.scenario.users, results) as command:
            first, *workers = self.generators.commands(command)
            code, words = self.locusts.run(first, stem, timeout_s, workers=workers)
        if missed := self.generators.missed(code, words):
            raise LoadTestError(missed)
        timings = read_timings(results) if results.exists() else []
        return timings, _problem(block, code, words, timings, url)


def _problem(block: Block, code: int | None, words: str, timings: Sequence[Timing], url: str) -> str:
    if code is None:
        return f"Locust did not end in time on {block.side} at {url}"
    if code == SIDE_DOWN_EXIT_CODE:
        return f"the {block.side} backend at {url} stopped answering"
    if code == WORKER_LOST_EXIT_CODE:
        return words
    if code:
        raise LoadTestError(f"Locust ended with exit code {code}: {words}")
    if not any(timing.status for timing in timings):
        return f"the {block.side} backend at {url} gave no answer in a whole block"
    return ""
