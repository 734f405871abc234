"""httpbin in an environment of its own, made once under build/ from pinned versions with hashes."""

import fcntl
import functools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_REQUIREMENTS = _HERE / "httpbin.txt"
_BUILD = _HERE.parents[1] / "build" / "httpbin"
_INSTALL_S = 90


@dataclass(frozen=True, slots=True)
class Httpbin:
    """Where it listens, and the methods of each of its rules."""

    url: str
    rules: Mapping[str, Sequence[str]]


@functools.cache
def _install() -> str:
    """Make the environment once for all; why that cannot be, else nothing."""
    wanted = f"{sys.version}\n{_REQUIREMENTS.read_text()}"
    stamp = _BUILD / "installed"
    _BUILD.mkdir(parents=True, exist_ok=True)
    with (_BUILD.parent / "httpbin.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return ""
        pip = [sys.executable, "-m", "pip", "--python", str(_BUILD / "bin" / "python")]
        quietly = ("--disable-pip-version-check", "--quiet", "--retries=1")
        try:
            for command in (
                [sys.executable, "-m", "venv", "--clear", "--without-pip", str(_BUILD)],
                [*pip, "install", *quietly, "--require-hashes", "-r", str(_REQUIREMENTS)],
            ):
                subprocess.run(command, check=True, capture_output=True, timeout=_INSTALL_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return "pip does not get httpbin here, so its endpoints were not tried"
        stamp.write_text(wanted)
    return ""


@contextmanager
def running_httpbin() -> Iterator[Httpbin]:
    """A process that serves it; where its packages cannot be had the tests are skipped."""
    if problem := _install():
        pytest.skip(problem)
    command = [str(_BUILD / "bin" / "python"), "-I", str(_HERE / "httpbin_server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        try:
            yield Httpbin(f"http://127.0.0.1:{said['port']}", said["rules"])
        finally:
            process.terminate()
