"""One run: everything is started, measured in shuffled rounds, judged, and ended."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.bench import crossfade as crossfades
from loadtests.bench.books import book_rows
from loadtests.bench.comparing import Speed, compare_rows, measure_comparing
from loadtests.bench.crossfade import Crossfade, Flags, closed_books, running_crossfades
from loadtests.bench.flips import Flips, flip_rows, flip_under_load
from loadtests.bench.generator import Generator, Target
from loadtests.bench.looks import measure_until_decided
from loadtests.bench.peers import PEERS, Backends, program, running_backends, running_peers
from loadtests.bench.plan import CROSSFADES, Group, Scale, Step, steps
from loadtests.bench.procfs import Cores, keeping_to, two_cores
from loadtests.bench.rounds import Measured, Measurements, measure
from loadtests.bench.soak import Soak, burst_memory_rows, memory_rows, soak
from loadtests.bench.targets import fault_rows, floors, latency_rows, mirror_rows, plain_rows
from loadtests.bench.verdicts import Row, Verdict, at_most, counted
from loadtests.interval import Interval
from parity.report import Report


@dataclass(slots=True)
class Result:
    """What one run found."""

    measured: dict[str, list[Measured]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    floors: list[tuple[str, Interval]] = field(default_factory=list)
    """What no proxy on this loop can be below."""
    flips: Flips | None = None
    soak: Soak | None = None
    speeds: list[Speed] = field(default_factory=list)
    """Of comparing, by size and by what differs."""
    books: dict[str, Report] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    machine: str = ""
    interpreter: str = ""
    """What runs the proxy, such as `CPython 3.11.2`: what runs us."""
    compiled: bool = False
    """Whether the proxy's data plane is machine code."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run is told; `cli_module` is the command line, which nothing here may import.

    `compiled` says whether the proxy's data plane is machine code.
    """

    groups: Sequence[Group]
    scale: Scale
    build_dir: Path
    work_dir: Path
    flags: Flags
    cli_module: str
    compiled: bool
    progress: Callable[[str], None]
    seed: int = 1

    def run(self) -> Result:
        """Measure and judge; raises BenchError when it cannot."""
        cores = two_cores()
        generator = Generator(self.build_dir)
        result = Result(
            machine=f"{platform.platform()}, cores {cores.proxy} and {cores.rest}",
            interpreter=f"{platform.python_implementation()} {platform.python_version()}",
            compiled=self.compiled,
        )
        if Group.COMPARE in self.groups:  # before there is anything that could disturb it
            with keeping_to(cores.proxy):
                result.speeds = measure_comparing(
                    self.scale.comparing_s, lambda text: self.progress(f"compare: {text}")
                )
        if any(group is not Group.COMPARE for group in self.groups):
            self._measure_proxies(result, generator, cores)
        result.rows += self._rows(result)
        result.floors += floors(result.measured, self.seed)
        return result

    def _measure_proxies(self, result: Result, generator: Generator, cores: Cores) -> None:
        result.missing = tuple(name for name in PEERS if program(name, self.build_dir) is None)
        with running_backends(self.work_dir, self.build_dir, cores) as backends:
            if beside := [one for one in Group if one in self.groups and CROSSFADES[one]]:
                with running_peers(self.work_dir, self.build_dir, backends, cores) as peers:
                    targets = {"direct": backends.live, **peers}
                    for group, names in self._together(beside):
                        self._measure_group(group, names, result, generator, targets, backends, cores)
            if Group.MEMORY in self.groups:
                self._measure_memory(result, generator, backends, cores)

    def _together(self, groups: Sequence[Group]) -> Iterator[tuple[Group, tuple[str, ...]]]:
        for group in groups:
            for names in self.scale.crossfades_of(group):
                yield group, names

    def _measure_group(
        self,
        group: Group,
        names: tuple[str, ...],
        result: Result,
        generator: Generator,
        peers: Mapping[str, Target],
        backends: Backends,
        cores: Cores,
    ) -> None:
        title = f"{group} {names[-1]}" if group is Group.FAULTS else str(group)
        self.progress(f"{title}: starting {len(names)} times Crossfade")
        with (
            self._running(backends, cores, names, f"crossfades-{title.replace(' ', '-')}") as running,
            keeping_to(cores.rest),
        ):
            own = {one.target.name: one.target for one in running.values()}
            for step in steps(group, {**peers, **own}, self.scale):
                self._measure_step(group, step, result, generator)
            if group is Group.FLAGS:
                self.progress("flags: flips under load")
                result.flips = flip_under_load(
                    running[crossfades.OFF], self.flags, generator, flips=self.scale.flips, seed=self.seed
                )
            self.progress(f"{title}: waiting for the books to close")
            result.books |= {f"{title}: {name}": books for name, books in closed_books(running).items()}

    def _measure_step(self, group: Group, step: Step, result: Result, generator: Generator) -> None:
        def progress(text: str) -> None:
            self.progress(f"{step.title}: {text}")

        def look(step: Step, number: int) -> dict[str, list[Measured]]:
            return measure(
                step.scenarios,
                step.rounds,
                generator,
                seed=self.seed + number,
                memory=step.memory,
                progress=progress,
            )

        measure_until_decided(
            step,
            result.measured,
            look=look,
            undecided=lambda: self._undecided(group, result),
            progress=progress,
        )

    def _undecided(self, group: Group, result: Result) -> set[str]:
        return {row.name for row in self._rows_of(group, result) if row.verdict is Verdict.UNDECIDED}

    def _measure_memory(self, result: Result, generator: Generator, backends: Backends, cores: Cores) -> None:
        self.progress("memory: a soak with a dead shadow")
        with (
            self._running(backends, cores, (crossfades.DEAD,), "crossfades-soak") as running,
            keeping_to(cores.rest),
        ):
            one = running[crossfades.DEAD]
            result.soak = soak(one.target, generator, seconds=self.scale.soak_s)
            result.books["soak"] = closed_books(running)[crossfades.DEAD]

    @contextmanager
    def _running(
        self, backends: Backends, cores: Cores, names: tuple[str, ...], directory: str
    ) -> Iterator[dict[str, Crossfade]]:
        with running_crossfades(
            self.work_dir / directory, backends, cores, self.flags, self.cli_module, names
        ) as running:
            yield running

    def _rows(self, result: Result) -> list[Row]:
        rows = [row for group in Group if group in self.groups for row in self._rows_of(group, result)]
        return [*rows, *book_rows(result.books), _failed_row(result)] if result.books else rows

    def _rows_of(self, group: Group, result: Result) -> list[Row]:
        measured, scale, seed = result.measured, self.scale, self.seed
        judges: dict[Group, Callable[[], list[Row]]] = {
            Group.PLAIN: lambda: plain_rows(measured, scale, seed),
            Group.MIRROR: lambda: mirror_rows(measured, scale, seed),
            Group.LATENCY: lambda: latency_rows(measured, seed),
            Group.FAULTS: lambda: fault_rows(measured, seed),
            Group.FLAGS: lambda: flip_rows(result.flips) if result.flips else [],
            Group.MEMORY: lambda: _memory_rows(result.soak, measured) if result.soak else [],
            Group.COMPARE: lambda: compare_rows(result.speeds),
        }
        return judges[group]()


def _memory_rows(found: Soak, measured: Measurements) -> list[Row]:
    in_bursts = tuple(f": crossfade {name}" for name in crossfades.BURSTING)
    ours = {name: slices for name, slices in measured.items() if ": crossfade" in name}
    bursting = [one for name, slices in ours.items() if name.endswith(in_bursts) for one in slices]
    others = [one for name, slices in ours.items() if not name.endswith(in_bursts) for one in slices]
    return [
        *memory_rows(
            found, proxy_mb=[one.pss_mb for one in others], parity_mb=[one.helper_pss_mb for one in others]
        ),
        *burst_memory_rows(
            proxy_mb=[one.pss_mb for one in bursting], parity_mb=[one.helper_pss_mb for one in bursting]
        ),
    ]


def _failed_row(result: Result) -> Row:
    ours = [one for name, slices in result.measured.items() if ": crossfade" in name for one in slices]
    others = [found.shot for found in (result.flips, result.soak) if found is not None]
    failed = sum(one.failed for one in ours) + sum(shot.failed for shot in others)
    answered = sum(one.shot.answered for one in ours) + sum(shot.answered for shot in others)
    return counted("failed requests, all of the above", at_most(0), failed, f"of {answered}")
