"""Locust, imported once for all tests here that run it, against a stub; and what it measured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests.children import Child
from loadtests.locusts import Locusts
from loadtests.timings import Timing, read_timings
from tests.loadtests.stub_backend import CONTRACT, SECRET

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"
Measure = Callable[..., list[Timing]]
"""What Locust measures with these options of a stub with those of `stub`."""


@contextmanager
def running(directory: Path, *options: str) -> Iterator[str]:
    """The address of a stub backend with these options."""
    with Child("stub", ["-m", "tests.loadtests.stub_backend", *options], log=directory / "stub") as child:
        yield f"http://127.0.0.1:{child.ready()['port']}"


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a stub that answers within a millisecond."""
    with running(tmp_path_factory.mktemp("quick"), "--delay-ms=1") as address:
        yield address


@pytest.fixture(scope="session")
def locusts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locusts]:
    """One for all blocks that no test breaks off by hand."""
    with Locusts(tmp_path_factory.mktemp("locusts") / "locusts") as started:
        yield started


@pytest.fixture(scope="session")
def measure(locusts: Locusts, tmp_path_factory: pytest.TempPathFactory) -> Measure:
    """Runs Locust against an address, which must go through; its timings."""

    def run(address: str, *options: str) -> list[Timing]:
        directory = tmp_path_factory.mktemp("block")
        arguments = [
            *(f"--locustfile={LOCUSTFILE}", "--headless", "--only-summary", f"--host={address}"),
            *(f"--contract={CONTRACT}", f"--jwt-secret={SECRET}", f"--results={directory / 'timings'}"),
            *("--warm-up=0", "--spawn-rate=100", "--exit-code-on-error=0", *options),
        ]
        code, words = locusts.run(arguments, directory / "block", 60)
        assert code == 0, words
        return read_timings(directory / "timings")

    return run
