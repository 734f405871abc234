"""`run_loadtest`: both sides under the same load, in alternating blocks, one process of Locust a block.

Both sides are asked everything once before, and each block begins with a warm-up, so that they are equally warm; what a
cold backend takes is measured apart. A side that dies, and Ctrl-C, end the run; what was measured until then is judged
and marked as partial.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from loadtests.alike import Pairs
from loadtests.block_runs import INTERRUPTED, BlockRun, BlockRuns
from loadtests.blocks import BLOCK_S, Block, plan_blocks
from loadtests.cold import ROUNDS, play_cold
from loadtests.early import Looks
from loadtests.errors import LoadTestError
from loadtests.extra import asking_only
from loadtests.generators import ALONE, Generators
from loadtests.judge import Extra
from loadtests.locusts import Locusts
from loadtests.machine import machine
from loadtests.probe import probe
from loadtests.recording import Credentials
from loadtests.run_notes import extra_words, of_extra, share_of_reads, too_short, what_was_not_measured
from loadtests.scenarios import Scenario
from loadtests.settings import TIMEOUT_S, LoadSettings
from loadtests.site import LoadSite
from loadtests.standing import Onlooker, Standing, so_far
from loadtests.tallies import Key
from loadtests.watched import process_of
from loadtests.workload import Template, Workload
from parity.exchange import Backend
from parity.load_results import MET, UNDECIDED, LoadEndpoint, LoadTest, Targets

_NOTHING = Targets(time=None, queries=None, cache=None)
"""Asked of cold backends."""
_SAYING_FROM = 3
"""Pairs of blocks, before which an interval is too wide to say anything."""


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What is to be measured: these domains under the load of that scenario, which holds what was asked for instead.

    `endpoints` are (method, path template) pairs, `generators` send the load. With `may_end_early` a run ends when
    everything is decided. `extra_s` is how long each side is measured after that for what is still open (`extra.py`).
    """

    domains: Sequence[str]
    endpoints: Sequence[Template]
    scenario: Scenario
    targets: Targets
    contract: Path
    jwt_secret: str
    seed: int = 1
    may_end_early: bool = True
    extra_s: float | None = None
    block_s: float = BLOCK_S
    cold_rounds: int = ROUNDS
    warm_up_s: float | None = None
    timeout_s: float = TIMEOUT_S
    generators: Generators = ALONE

    def blocks(self) -> list[Block]:
        """The plan; raises LoadTestError where the time is too short for it."""
        return plan_blocks(self.scenario.duration_s, seed=self.seed, block_s=self.block_s)

    def extra_blocks(self) -> list[Block]:
        """Those that may come after them, none if none may; raises LoadTestError where the time is too short for them."""
        if self.extra_s is None:
            return []
        return plan_blocks(self.extra_s, seed=self.seed, block_s=self.block_s, after=len(self.blocks()) // 2)

    def settings(self) -> LoadSettings:
        """For Locust."""
        return LoadSettings(
            contract=self.contract,
            domains=tuple(self.domains),
            jwt_secret=self.jwt_secret,
            endpoints=tuple(self.endpoints),
            scenario=self.scenario,
            kind=self.scenario.workload,
            rate_rps=self.scenario.rate_rps or 0.0,
            pace_s=self.scenario.pace_s,
            reads=self.scenario.reads,
            warm_up_s=self.scenario.warm_up_s if self.warm_up_s is None else self.warm_up_s,
            timeout_s=self.timeout_s,
        )


def run_loadtest(
    order: LoadOrder, site: LoadSite, onlooker: Onlooker, work_dir: Path, *, locusts: Locusts | None = None
) -> LoadTest:
    """Measure both sides and judge them; `work_dir` keeps the timings of every block.

    `locusts` runs them, where the caller has one for several load tests.
    Raises BackendError when a side does not answer at the start, RecordingError when there is nothing to send,
    LoadTestError when the time is too short for blocks, or nothing at all could be measured; KeyboardInterrupt where
    it comes before anything was.
    """
    begun_at, begun_s = time.time(), time.perf_counter()
    plan = order.blocks()
    settings = order.settings()
    whole = settings.workload()
    notes = [*filter(None, (site.about, order.generators.note, share_of_reads(order.scenario.reads)))]
    onlooker.told("asking both sides every recorded request ...")
    credentials = Credentials(order.contract, order.jwt_secret)
    workload = probe(whole, credentials, {side: site.url(side) for side in Backend}, site.reset)
    words = too_short(order.scenario, [name for _, name in _successes(workload)])
    if words and not order.extra_s:
        notes.append(words)
        onlooker.told(words)
    looks = Looks(
        *(_endpoints(whole), order.targets, order.seed, len(plan) // 2),
        may_end=order.may_end_early,
        may_go_on=bool(order.extra_s),
        successes=_successes(workload),
    )
    cold, no_cold = _cold(order, site, onlooker, workload, credentials, looks)
    work_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.nullcontext(locusts) if locusts else Locusts(work_dir / "locust") as running:
        left_out = sorted(set(workload.left_out) - set(whole.left_out))
        blocks = BlockRuns(running, settings, site, left_out, work_dir, begun_s, order.generators)
        runs, pairs, stopped = _run_blocks(blocks, plan, looks, onlooker)
        extra_runs: list[BlockRun] = []
        still_open: tuple[Key, ...] = ()
        if order.extra_s and not stopped and not runs[-1].summary.problem:
            still_open = looks.judged(pairs.by_now, left_out=pairs.left_out).still_open
            if still_open:
                onlooker.told(f"{extra_words(len(still_open))}: only that is asked now")
                asked = asking_only(blocks, workload, still_open)
                extra_runs = _run_extra(asked, order.extra_blocks(), pairs, onlooker)
    problem = (runs + extra_runs)[-1].summary.problem
    if not any(ran.summary.requests for ran in runs):
        if problem == INTERRUPTED:
            raise KeyboardInterrupt
        raise LoadTestError(problem or "no request was sent in any block")
    onlooker.told("judging ...")
    judged = looks.judged(pairs.by_now, Extra(frozenset(still_open), pairs.extra), pairs.left_out)
    found = [process_of(str(side), [ran.summary for ran in runs], _pids(runs, side)) for side in Backend]
    processes = [one for one in found if one]
    if by_extra := sum(row.extra for row in judged.endpoints):
        notes.append(of_extra(by_extra, len(pairs.extra), order.extra_s or 0.0))
    notes += what_was_not_measured(no_cold, {one.side for one in processes})
    return LoadTest(
        domains=list(order.domains),
        scenario=order.scenario.name,
        workload=str(order.scenario.workload),
        through=site.through,
        users=order.scenario.users,
        rate_rps=order.scenario.rate_rps,
        pace_s=order.scenario.pace_s,
        duration_s=order.scenario.duration_s,
        seed=order.seed,
        begun_at=begun_at,
        ended_at=time.time(),
        judgement=UNDECIDED if problem and judged.judgement == MET else judged.judgement,
        problem=problem,
        stopped=stopped,
        targets=order.targets,
        overall=judged.overall,
        by_domain=judged.by_domain,
        endpoints=judged.endpoints,
        cold=cold,
        processes=processes,
        blocks=[ran.summary for ran in runs],
        planned_blocks=len(plan),
        left_out=workload.left_out | pairs.left_out,
        notes=notes,
        machine=machine(),
        version=_version(),
        reads=order.scenario.reads,
        extra_s=order.extra_s or 0.0,
        extra_blocks=[ran.summary for ran in extra_runs],
    )


def _endpoints(workload: Workload) -> list[Key]:
    """Each once."""
    steps = (step for journey in workload.journeys for step in journey.steps)
    return list(dict.fromkeys((step.exchange.domain, step.endpoint) for step in steps))


def _successes(workload: Workload) -> dict[Key, set[str]]:
    """The endpoints with the names of what succeeds there."""
    found: dict[Key, set[str]] = {}
    for step in (step for journey in workload.journeys for step in journey.steps if not step.refused):
        name = f"{step.exchange.domain}/{step.exchange.name}"
        found.setdefault((step.exchange.domain, step.endpoint), set()).add(name)
    return found


def _cold(
    order: LoadOrder,
    site: LoadSite,
    onlooker: Onlooker,
    workload: Workload,
    credentials: Credentials,
    looks: Looks,
) -> tuple[list[LoadEndpoint], str]:
    """A row an endpoint, a domain and for all, without judgements; and why there are none."""
    if site.fresh is None:
        return [], site.no_cold
    onlooker.told("asking backends that have just been started ...")
    try:
        rounds = list(
            play_cold(
                workload,
                credentials,
                site.fresh,
                seed=order.seed,
                reset=site.reset,
                rounds=order.cold_rounds,
            )
        )
    except LoadTestError as error:
        return [], str(error)
    judged = replace(looks, targets=_NOTHING, may_end=False).judged(rounds)
    rows = [*judged.endpoints, *judged.by_domain, judged.overall]
    return [msgspec.structs.replace(row, judgements=[]) for row in rows], ""


def _run_blocks(
    blocks: BlockRuns, plan: Sequence[Block], looks: Looks, onlooker: Onlooker
) -> tuple[list[BlockRun], Pairs, str]:
    """What came of each until one has a problem or all is decided, the whole pairs, and why it ended early if it did."""
    runs: list[BlockRun] = []
    pairs = Pairs()
    begun_s = time.perf_counter()
    words = ""
    for number, block in enumerate(plan, 1):
        onlooker.begins(_standing(blocks, plan, number, block, time.perf_counter() - begun_s, words))
        runs.append(blocks.run(block))
        if problem := runs[-1].summary.problem:
            onlooker.told(f"stopped in block {number}: {problem}")
            break
        if number % 2 == 0:
            pairs.add(runs[-2:])
        if number % 2 == 0 and _SAYING_FROM <= len(pairs) < len(plan) // 2:
            judged = looks.judged(pairs.by_now, left_out=pairs.left_out)
            words = so_far(judged)
            if stopped := looks.end(judged, len(pairs)):
                onlooker.told(stopped)
                return runs, pairs, stopped
    return runs, pairs, ""


def _run_extra(blocks: BlockRuns, plan: Sequence[Block], pairs: Pairs, onlooker: Onlooker) -> list[BlockRun]:
    """What came of each until one has a problem; whole pairs are added to the others."""
    runs: list[BlockRun] = []
    begun_s = time.perf_counter()
    for number, block in enumerate(plan, 1):
        onlooker.begins(_standing(blocks, plan, number, block, time.perf_counter() - begun_s))
        runs.append(blocks.run(block))
        if problem := runs[-1].summary.problem:
            onlooker.told(f"stopped in extra block {number}: {problem}")
            break
        if number % 2 == 0:
            pairs.add(runs[-2:], extra=True)
    return runs


def _standing(
    blocks: BlockRuns, plan: Sequence[Block], number: int, block: Block, took_s: float, words: str = ""
) -> Standing:
    ran = number - 1
    a_block_s = took_s / ran if ran else blocks.settings.warm_up_s + block.measured_s
    return Standing(number, len(plan), str(block.side), a_block_s * (len(plan) - ran), words)


def _pids(runs: Sequence[BlockRun], side: Backend) -> int:
    return max((ran.pids for ran in runs if ran.summary.side == side), default=0)


def _version() -> str:
    try:
        return version("crossfade")
    except PackageNotFoundError:  # run from a directory that is not installed
        return ""
