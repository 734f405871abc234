"""Blocks of load as `crossfade loadtest` has Locust run them, against a stub of a backend."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtests.children import Child
from loadtests.generators import ALONE, Generators
from loadtests.locusts import Locusts
from loadtests.timings import Timing, read_timings
from tests.loadtests.stub_backend import ENDPOINTS, SECRET

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"


@dataclass(frozen=True, slots=True)
class Stub:
    """A backend, and the process that it is."""

    url: str
    pid: int

    def served(self) -> int:
        """How many requests came to it by now."""
        with urllib.request.urlopen(f"{self.url}/served", timeout=10) as answer:
            return int(json.loads(answer.read()))


@contextmanager
def stub(directory: Path, *options: str) -> Iterator[Stub]:
    """A backend of its own."""
    with Child("stub", ["-m", "tests.loadtests.stub_backend", *options], log=directory / "stub") as child:
        yield Stub(f"http://127.0.0.1:{child.ready()['port']}", child.pid)


def command(
    url: str, contract: Path, results: Path, *, users: int = 12, pace_s: float = 0.1, measured_s: float = 1.0
) -> list[str]:
    """What Locust is started with for a block of that many seconds."""
    secret = results.with_suffix(".secret")
    secret.write_text(SECRET)
    return [
        f"--locustfile={LOCUSTFILE}",
        "--headless",
        "--only-summary",
        "--loglevel=WARNING",
        "--exit-code-on-error=0",
        f"--host={url}",
        f"--users={users}",
        f"--spawn-rate={users}",
        f"--contract={contract}",
        f"--jwt-secret-file={secret}",
        "--endpoints=" + ", ".join(f"{method} {path}" for method, path in ENDPOINTS),
        "--domain=escrows",
        f"--pace={pace_s}",
        "--load-seed=7",
        "--timeout=2",
        "--warm-up=0",
        "--reads=recorded",
        f"--measured={measured_s}",
        f"--results={results}",
    ]


def ended(locusts: Locusts, generators: Generators, block: list[str], log: Path) -> tuple[int | None, str]:
    """How a block ended that these generators sent."""
    first, *workers = generators.commands(block)
    return locusts.run(first, log, 60, workers=workers)


def run(locusts: Locusts, block: list[str], log: Path, generators: Generators = ALONE) -> list[Timing]:
    """The timings of a block that goes through."""
    code, words = ended(locusts, generators, block, log)
    assert code == 0, words
    return read_timings(log.with_suffix(".jsonl"))
