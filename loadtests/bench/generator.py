"""The load generator, and what it is sent at: `load.c`, compiled when it is needed, a process for each slice."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from loadtests.bench.drain import Drain
from loadtests.errors import BenchError

SOURCE = Path(__file__).parent / "load.c"
_COMPILE_WITHIN_S = 60.0
_END_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: `rate` 0 is a closed loop, else an open one with Poisson arrivals; `body_bytes` makes it a POST.

    `requests` makes a closed loop a burst of so many, which `warm_s` and `run_s` bound as well; 0 is no burst.
    """

    path: str
    connections: int = 32
    rate: float = 0.0
    warm_s: float = 0.15
    run_s: float = 0.6
    body_bytes: int = 0
    requests: int = 0

    @property
    def is_burst(self) -> bool:
        """Whether all that it asks is waited for."""
        return self.requests > 0

    def arguments(self, port: int) -> list[str]:
        """Those of `load.c`."""
        times = (self.rate, self.warm_s, self.run_s)
        values = (port, self.path, self.connections, *times, self.body_bytes, self.requests)
        return [format(value, "g") if isinstance(value, float) else str(value) for value in values]


@dataclass(frozen=True, slots=True)
class Target:
    """A server on loopback: the processes that serve, and those that work for it beside the live path.

    `drain` tells when all that a burst asked has its outcome; None: nothing has one.
    """

    name: str
    port: int
    pids: tuple[int, ...] = ()
    helpers: tuple[int, ...] = ()
    drain: Drain | None = None


class Shot(msgspec.Struct, frozen=True):
    """What the generator met. `answered` counts from the first request on, all else but errors from the warm-up on.

    `unanswered` were due and had no answer a second after the end; percentiles count them with the time they waited.
    """

    answered: int
    measured: int
    rps: float
    errors: int
    not_200: int
    unanswered: int
    p50_us: float
    p90_us: float
    p99_us: float
    max_us: float

    @property
    def failed(self) -> int:
        """Connections that broke in mid-request, and answers other than 200."""
        return self.errors + self.not_200


class Firing:
    """A slice of load that is under way; a context manager that ends it."""

    def __init__(self, command: Sequence[str], within_s: float) -> None:
        self._within_s = within_s
        self._process = subprocess.Popen(  # noqa: S603  the program that we compiled
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.running:
            self._process.kill()
        self._process.communicate()

    @property
    def running(self) -> bool:
        """Whether it still sends."""
        return self._process.poll() is None

    def wait(self) -> Shot:
        """What it met, when it is over; raises BenchError when it did not get through."""
        try:
            out, err = self._process.communicate(timeout=self._within_s)
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"the load generator was not through after {self._within_s:.0f} s") from error
        if self._process.returncode != 0:
            raise BenchError(f"the load generator: {err.decode(errors='replace').strip()}")
        return msgspec.json.decode(out, type=Shot)


class Generator:
    """The compiled generator; raises BenchError where it cannot be compiled."""

    def __init__(self, build_dir: Path, *, compiler: str = "cc") -> None:
        self._program = build_dir / "load"
        if not _is_current(self._program):
            _compile(self._program, compiler)

    def fire(self, port: int, load: Load) -> Firing:
        """Begin to send."""
        within_s = load.warm_s + load.run_s + _END_WITHIN_S
        return Firing([str(self._program.resolve()), *load.arguments(port)], within_s)

    def shoot(self, port: int, load: Load) -> Shot:
        """Send, and wait until it is over."""
        with self.fire(port, load) as firing:
            return firing.wait()


def _is_current(program: Path) -> bool:
    return program.exists() and program.stat().st_mtime >= SOURCE.stat().st_mtime


def _compile(program: Path, compiler: str) -> None:
    found = shutil.which(compiler)
    if found is None:
        raise BenchError(
            f"no C compiler ({compiler}) for the load generator; Debian: apt-get install gcc libc6-dev"
        )
    program.parent.mkdir(parents=True, exist_ok=True)
    draft = program.with_suffix(".draft")
    ran = subprocess.run(  # noqa: S603  the compiler and our own source
        [found, "-O2", "-o", str(draft), str(SOURCE), "-lm"],
        capture_output=True,
        text=True,
        timeout=_COMPILE_WITHIN_S,
        check=False,
    )
    if ran.returncode != 0:
        raise BenchError(f"the load generator does not compile: {ran.stderr.strip().splitlines()[-1:]}")
    draft.replace(program)
