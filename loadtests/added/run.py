"""`run_proxy_load`: capacities, rounds of slices, flips under load; what was measured until something fails is kept."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from loadtests.added.books import CLOSED_WITHIN_S, Counted, books_of, closed_books, counted
from loadtests.added.capacity import MOST_USERS, find_capacity
from loadtests.added.faults import faults_of, problem_of
from loadtests.added.flips import Flags, flip_under_load
from loadtests.added.found import Found
from loadtests.added.result import SERVING, STAGES, ProxyLoadTest
from loadtests.added.rounds import Lane, lanes, plan_rounds, seed_of
from loadtests.added.slices import Slice, Sliced, Slices
from loadtests.block_runs import INTERRUPTED
from loadtests.errors import LoadTestError
from loadtests.locusts import Locusts
from loadtests.machine import machine
from loadtests.probe import probe
from loadtests.recording import Credentials
from loadtests.settings import LoadSettings
from parity.exchange import Backend
from parity.report import Report

_LEVEL_OF_FLIPS = 0.5


@dataclass(frozen=True, slots=True)
class Site:
    """Both backends by name, the proxy before them with the domain at stage `off`, its flags and its books.

    `reset` brings the database back to the seed while the backends run.
    """

    backends: Mapping[str, str]
    proxy: str
    flags: Flags
    books: Callable[[], Report]
    reset: Callable[[], None] | None = None
    closed_within_s: float = CLOSED_WITHIN_S


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured.

    `capacity_s` are those of a try with up to `most_users`, `slice_s` of a slice, `flips_s` of flips under load (0: none).
    """

    stages: tuple[str, ...] = STAGES
    levels: tuple[float, ...] = (0.5, 0.9)
    rounds: int = 4
    slice_s: float = 3.0
    capacity_s: float = 2.0
    most_users: int = MOST_USERS
    flips_s: float = 15.0
    seed: int = 1


def run_proxy_load(
    site: Site,
    settings: LoadSettings,
    extent: Extent,
    *,
    progress: Callable[[str], None],
    work_dir: Path,
    locusts: Locusts | None = None,
) -> ProxyLoadTest:
    """Measure and judge; `work_dir` keeps the timings of every slice.

    `locusts` sends them, where the caller has one for several runs.
    Raises LoadTestError when nothing could be measured: BackendError when a backend does not answer, RecordingError
    when there is nothing to send. What fails later is the `problem` of a partial result.
    """
    begun_at = time.time()
    progress(f"asking both backends every recorded {', '.join(settings.domains)} request once ...")
    whole = settings.workload()
    urls = {Backend(name): url for name, url in site.backends.items()}
    workload = probe(whole, Credentials(settings.contract, settings.jwt_secret), urls, site.reset)
    if site.reset:
        site.reset()
    kept = {journey.name for journey in workload.journeys}
    settings = replace(settings, left_out=frozenset({one.name for one in whole.journeys} - kept))
    work_dir.mkdir(parents=True, exist_ok=True)
    problem = ""
    with contextlib.nullcontext(locusts) if locusts else Locusts(work_dir / "locust") as running:
        run = _Run(site, Slices(running, settings, work_dir), settings, extent, progress)
        try:
            run.find_capacities()
            run.send_rounds()
            run.flip()
        except (LoadTestError, KeyboardInterrupt) as error:
            if not run.found.capacities:
                raise
            problem = INTERRUPTED if isinstance(error, KeyboardInterrupt) else str(error)
            progress(f"stopped: {problem}")
    result = ProxyLoadTest(
        domain=",".join(settings.domains),
        begun_at=begun_at,
        ended_at=time.time(),
        seed=extent.seed,
        slice_s=extent.slice_s,
        planned_rounds=extent.rounds,
        rounds=run.found.rounds,
        capacities=run.found.capacities,
        direct=run.found.direct_rows(),
        stages=run.found.stage_rows(extent.seed),
        flips=run.found.flips_found(),
        # what was sent by a slice that failed is not known
        books=None if problem else books_of(run.books, run.sent),
        left_out=workload.left_out,
        faults=[],
        problem=problem,
        machine=machine(),
    )
    return msgspec.structs.replace(result, faults=faults_of(result), problem=problem or problem_of(result))


class _Run:
    """One run, step by step, and what its slices say."""

    def __init__(
        self,
        site: Site,
        slices: Slices,
        settings: LoadSettings,
        extent: Extent,
        progress: Callable[[str], None],
    ) -> None:
        self.found = Found()
        self.books = site.books()
        self.sent = 0
        self._site, self._slices, self._settings, self._extent = site, slices, settings, extent
        self._progress = progress
        self._stage = STAGES[0]

    def find_capacities(self) -> None:
        """Of each backend that serves at one of the stages."""
        extent = self._extent
        for backend in dict.fromkeys(SERVING[stage] for stage in extent.stages):
            url = self._site.backends[backend]

            def send(users: int, backend: str = backend, url: str = url) -> Sliced:
                self._progress(f"capacity of {backend}: {users} at once, without a pause ...")
                path = f"the {backend} backend"
                return self._slices.run(Slice(path, url, extent.seed, extent.capacity_s, users))

            self.found.capacities.append(find_capacity(backend, send, most_users=extent.most_users))

    def send_rounds(self) -> None:
        """Slice after slice; a round that does not come to its end is no evidence."""
        extent = self._extent
        plan = plan_rounds(extent.rounds, lanes(extent.levels, extent.stages), seed=extent.seed)
        for number, round_ in enumerate(plan):
            measured = []
            for at, lane in enumerate(round_, 1):
                self._progress(
                    f"round {number + 1} of {len(plan)}, slice {at} of {len(round_)}: {lane.path} at "
                    f"{lane.level:.0%}, {self.found.rate(lane):.0f} requests a second ..."
                )
                measured.append((lane, *self._measure(lane, seed_of(lane, number, seed=extent.seed))))
            for lane, sliced, counts in measured:
                self.found.slices[lane].append(sliced)
                self.found.counted[lane].append(counts)
            self.found.rounds += 1

    def flip(self) -> None:
        """At half of the smaller capacity, which either backend alone can bear."""
        extent = self._extent
        if not extent.flips_s:
            return
        self._reach(STAGES[0])
        rate = _LEVEL_OF_FLIPS * min(one.rps for one in self.found.capacities)
        self._progress(f"flips and rollbacks for {extent.flips_s:g} s, {rate:.0f} requests a second ...")
        path = "the proxy while stages change"
        one = Slice(path, self._site.proxy, extent.seed, extent.flips_s, rate_rps=rate)
        sliced, flips = flip_under_load(
            self._slices, one, self._site.flags, warm_up_s=self._settings.warm_up_s
        )
        self._close_books(sliced)
        self.found.flips = sliced, flips

    def _measure(self, lane: Lane, seed: int) -> tuple[Sliced, Counted]:
        if lane.stage:
            self._reach(lane.stage)
        before = counted(self.books.tally)
        url = self._site.proxy if lane.stage else self._site.backends[lane.backend]
        rate = self.found.rate(lane)
        sliced = self._slices.run(Slice(lane.path, url, seed, self._extent.slice_s, rate_rps=rate))
        if lane.stage:
            self._close_books(sliced)
        return sliced, counted(self.books.tally) - before

    def _close_books(self, sliced: Sliced) -> None:
        """Wait until the proxy's store has all of it: what is still compared would take from the next slice's cores."""
        self.sent += len(sliced.all_sent)
        self.books = closed_books(self._site.books, self.sent, within_s=self._site.closed_within_s)

    def _reach(self, stage: str) -> None:
        """One step at a time, or back at once."""
        present, wanted = STAGES.index(self._stage), STAGES.index(stage)
        for step in STAGES[present + 1 : wanted + 1]:
            self._site.flags.flip(step)
        if wanted < present:
            self._site.flags.roll_back(stage)
        self._stage = stage
