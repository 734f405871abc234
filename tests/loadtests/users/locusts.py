"""Locust as a process of its own against a stub, and what it measured."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtests.children import Child
from loadtests.timings import Timing, read_timings
from tests.loadtests.stub_backend import CONTRACT, SECRET

LOCUSTFILE = Path(__file__).parents[3] / "loadtests" / "locustfile.py"


@contextmanager
def stub(directory: Path, *options: str) -> Iterator[str]:
    """The address of a stub backend with these options."""
    with Child("stub", ["-m", "tests.loadtests.stub_backend", *options], log=directory / "stub") as child:
        yield f"http://127.0.0.1:{child.ready()['port']}"


def locust(host: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Locust with these options, once it has ended."""
    fixed = [f"--locustfile={LOCUSTFILE}", "--headless", f"--host={host}", "--only-summary"]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "locust",
            *fixed,
            f"--contract={CONTRACT}",
            "--exit-code-on-error=0",
            *options,
        ],
        env=os.environ | {"CROSSFADE_JWT_SECRET": SECRET} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def measured(host: str, directory: Path, *options: str) -> list[Timing]:
    """What Locust measured of the stub, which must have gone through."""
    file = directory / "timings.jsonl"
    done = locust(host, "--warm-up=0", f"--results={file}", *options)
    assert done.returncode == 0, done.stderr
    return read_timings(file)
