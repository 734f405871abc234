"""`run_loadtest`: both sides under the same load, in alternating blocks, one process of Locust a block.

The load is closed with a pace: each user sends, waits for the answer, and sends again at its next beat. Both sides
are offered the same requests at the same pace; what that does and does not say stands in `judge.py`. A side that
dies ends the run; what was measured until then is judged and marked as partial.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.blocks import Block, plan_blocks
from loadtests.errors import LoadTestError
from loadtests.judge import EndpointFigures, Judgement, PairOfBlocks, judge
from loadtests.locusts import Locusts
from loadtests.probe import probe
from loadtests.recording import Credentials
from loadtests.scenarios import PACE_S
from loadtests.settings import (
    SIDE_DOWN_EXIT_CODE,
    TIMEOUT_S,
    WARM_UP_S,
    LoadSettings,
    domain_endpoints,
)
from loadtests.timings import Timing, read_timings, within
from loadtests.workload import Template, Workload
from parity.exchange import Backend

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_GRACE_S = 30.0  # for Locust to start, its users to finish and clean up


@dataclass(frozen=True, slots=True)
class BlockRun:
    """What came of one block; `problem` is empty when it went through."""

    block: Block
    timings: tuple[Timing, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What was measured and what it says. `rows` ends with all endpoints together; `left_out` says why."""

    domain: str
    users: int
    duration_s: float
    pace_s: float
    seed: int
    rows: tuple[EndpointFigures, ...]
    left_out: dict[str, str]
    blocks: tuple[BlockRun, ...]
    planned_blocks: int

    @property
    def problem(self) -> str:
        """Why the run is partial; empty when every block went through."""
        return next((ran.problem for ran in self.blocks if ran.problem), "")

    @property
    def overall(self) -> EndpointFigures:
        """All endpoints together."""
        return self.rows[-1]

    @property
    def passed(self) -> bool:
        """Whether the run is whole and the domain as a whole meets both targets, without an error of modern."""
        both = self.overall.time is self.overall.queries is Judgement.PASS
        return both and not self.problem


def run_loadtest(
    *,
    legacy_url: str,
    modern_url: str,
    domain: str,
    contract: Path,
    users: int,
    duration_s: float,
    jwt_secret: str,
    reset: Callable[[], None] | None,
    progress: Callable[[str], None],
    work_dir: Path,
    seed: int = 1,
    pace_s: float = PACE_S,
    warm_up_s: float = WARM_UP_S,
    timeout_s: float = TIMEOUT_S,
    endpoints: Sequence[Template] | None = None,
) -> LoadResult:
    """Measure `duration_s` seconds of each side and judge them.

    `endpoints` are (method, path template) pairs, by default those of the domain of the reference CRM. `reset`
    brings the database back to the seed; it is called before each block. `work_dir` keeps the timings of every
    block. Raises BackendError when a side does not answer at the start, RecordingError when there is nothing
    to send, LoadTestError when Locust itself fails.
    """
    settings = LoadSettings(
        contract=contract,
        domains=(domain,),
        jwt_secret=jwt_secret,
        endpoints=tuple(endpoints if endpoints is not None else domain_endpoints(domain)),
        pace_s=pace_s,
        warm_up_s=warm_up_s,
        timeout_s=timeout_s,
    )
    urls = {Backend.LEGACY: legacy_url.rstrip("/"), Backend.MODERN: modern_url.rstrip("/")}
    whole = settings.workload()
    if reset:
        reset()
    progress(f"asking both backends every recorded {domain} request once ...")
    workload = probe(whole, Credentials(contract, jwt_secret), urls)
    work_dir.mkdir(parents=True, exist_ok=True)
    plan = plan_blocks(duration_s, seed=seed)
    runs: list[BlockRun] = []
    with Locusts(work_dir / "locust") as locusts:
        for number, block in enumerate(plan, 1):
            if reset:
                reset()
            progress(
                f"block {number} of {len(plan)}: {users} users on {block.side} for {block.measured_s:.1f} s ..."
            )
            runs.append(
                _run_block(locusts, block, settings, workload, whole, urls[block.side], users, work_dir)
            )
            if runs[-1].problem:
                progress(f"stopped in block {number}: {runs[-1].problem}")
                break
    progress("judging ...")
    names = dict.fromkeys(step.endpoint for journey in whole.journeys for step in journey.steps)
    return LoadResult(
        domain=domain,
        users=users,
        duration_s=duration_s,
        pace_s=pace_s,
        seed=seed,
        rows=tuple(judge(_pairs(runs), names, seed=seed)),
        left_out=workload.left_out,
        blocks=tuple(runs),
        planned_blocks=len(plan),
    )


def _run_block(
    locusts: Locusts,
    block: Block,
    settings: LoadSettings,
    workload: Workload,
    whole: Workload,
    url: str,
    users: int,
    work_dir: Path,
) -> BlockRun:
    stem = work_dir / f"block-{block.pair:02}-{block.side}"
    results = stem.with_suffix(".jsonl")
    kept = {journey.name for journey in workload.journeys}
    arguments = {
        "locustfile": _LOCUSTFILE,
        "host": url,
        "users": users,
        "spawn-rate": users,
        "contract": settings.contract.resolve(),
        "domain": ",".join(settings.domains),
        "endpoints": ", ".join(f"{method} {path}" for method, path in settings.endpoints),
        "leave-out": ",".join(journey.name for journey in whole.journeys if journey.name not in kept),
        "pace": settings.pace_s,
        "load-seed": block.seed,
        "timeout": settings.timeout_s,
        "warm-up": settings.warm_up_s,
        "measured": block.measured_s,
        "results": results,
        "exit-code-on-error": 0,
        "loglevel": "WARNING",
    }
    command = ["--headless", "--only-summary", *(f"--{key}={value}" for key, value in arguments.items())]
    timeout_s = _GRACE_S + settings.warm_up_s + block.measured_s + 2 * settings.timeout_s
    with _private(stem.with_suffix(".secret"), settings.jwt_secret) as secret:
        code, words = locusts.run([*command, f"--jwt-secret-file={secret}"], stem, timeout_s)
    timings = read_timings(results) if results.exists() else []
    until_s = settings.warm_up_s + block.measured_s
    measured = within(timings, after_s=settings.warm_up_s, until_s=until_s)
    return BlockRun(block, tuple(measured), _problem(block, code, words, timings, url))


@contextlib.contextmanager
def _private(file: Path, text: str) -> Iterator[Path]:
    """A file that only we may read, for as long as the context lasts: anybody may read a command line."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _problem(block: Block, code: int | None, words: str, timings: Sequence[Timing], url: str) -> str:
    if code is None:
        return f"Locust did not end in time on {block.side} at {url}"
    if code == SIDE_DOWN_EXIT_CODE:
        return f"the {block.side} backend at {url} stopped answering"
    if code:
        raise LoadTestError(f"Locust ended with exit code {code}: {words}")
    if not any(timing.status for timing in timings):
        return f"the {block.side} backend at {url} gave no answer in a whole block"
    return ""


def _pairs(runs: Sequence[BlockRun]) -> list[PairOfBlocks]:
    """The pairs of which both blocks went through."""
    whole = {(ran.block.pair, ran.block.side): ran.timings for ran in runs if not ran.problem}
    numbers = sorted({pair for pair, _ in whole})
    return [
        PairOfBlocks(whole[number, Backend.LEGACY], whole[number, Backend.MODERN])
        for number in numbers
        if all((number, side) in whole for side in Backend)
    ]
