"""Crossfade between two backends, as `crossfade up` runs it: real workers, real sockets, a real store."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.context import RECORDING_JWT_SECRET, Context
from cli.processes import Child
from cli.settings import load_settings
from cli.supervisor import Running
from parity.counted import read_tallies
from parity.exchange import Backend
from parity.report import Report, build_report
from proxy.stages import Stage

SETTLED_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Site:
    """The proxy's address, and what an operator can do."""

    context: Context
    running: Running
    url: str

    def flip(self, stage: Stage, *, key: str = "escrows", canary_share: float | None = None) -> None:
        """Go one stage on and wait until it is served."""
        change = self.context.flags.flip(key, stage, canary_share=canary_share, actor="test", reason="a test")
        self.context.flags.wait_acknowledged(change.version)

    def roll_back(self, key: str | None = None, *, to: Stage = Stage.OFF) -> None:
        """One domain or everything back, if it is further; returns when that is served."""
        change = self.context.flags.roll_back(key, to=to, actor="test", reason="a test")
        if change is not None:
            self.context.flags.wait_acknowledged(change.version)

    def report(self) -> Report:
        """The report as it is now."""
        return build_report(self.context.engine, endpoints=self.context.endpoints)

    def settled(self, requests: int) -> Report:
        """The report once that many requests were counted and every mirrored one has its outcome."""
        self.settle(requests)
        report = self.report()
        assert report.balance.in_flight == 0
        return report

    def settle(self, requests: int) -> None:
        """Wait for that; the counts alone say so, and are read in a tenth of the time that a report takes."""
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while True:
            tallies = read_tallies(self.context.engine, self.context.endpoints).values()
            counted = sum(tally.requests for tally in tallies)
            ended = sum(tally.total + sum(tally.not_mirrored.values()) for tally in tallies)
            if counted == requests == ended:
                return
            if time.monotonic() > deadline:
                pytest.fail(f"not settled: {counted} of {requests} counted, {ended} ended")
            time.sleep(0.05)


@contextlib.contextmanager
def running_backend(
    backend: Backend, database_url: str | None, state_dir: Path, *options: str
) -> Iterator[str]:
    """One bundled backend as a process of its own, on the embedded database if none is given; yields its address."""
    arguments = ["serve", backend, "--port", "0", "--announce", *options]
    if database_url is not None:
        arguments += ["--database-url", database_url]
    environment = {"CROSSFADE_STATE_DIR": str(state_dir)}
    child = Child(f"{backend} backend", arguments, log=state_dir / f"{backend}.log", environment=environment)
    try:
        yield f"http://127.0.0.1:{child.ready['port']}"
    finally:
        child.end()


@contextlib.contextmanager
def running_site(
    monkeypatch: pytest.MonkeyPatch, state_dir: Path, *, legacy: str, modern: str, **environment: str
) -> Iterator[Site]:
    """Crossfade in front of two addresses, with a state directory of its own."""
    values = {
        "CROSSFADE_STATE_DIR": str(state_dir),
        "CROSSFADE_BACKENDS__LEGACY": legacy,
        "CROSSFADE_BACKENDS__MODERN": modern,
        "CROSSFADE_PROXY__LISTEN": "127.0.0.1:0",
        "CROSSFADE_PROXY__ADMIN": "127.0.0.1:0",
        "CROSSFADE_CONSOLE__ENABLED": "false",
    }
    for name, value in (values | environment).items():
        monkeypatch.setenv(name, value)
    context = Context(load_settings(), None, RECORDING_JWT_SECRET, actor="test")
    running = Running(context, log_dir=state_dir / "logs")
    try:
        yield Site(context, running, f"http://127.0.0.1:{running.port}")
    finally:
        running.end()


@contextlib.contextmanager
def running_parity_worker(socket: Path, state_dir: Path, **more: str) -> Iterator[None]:
    """A parity worker alone; `more` is in its environment."""
    arguments = ["parity-worker", "--socket", str(socket)]
    environment = {
        "CROSSFADE_STATE_DIR": str(state_dir),
        "CROSSFADE_BACKENDS__LEGACY": "http://127.0.0.1:1",
        "CROSSFADE_BACKENDS__MODERN": "http://127.0.0.1:2",
        **more,
    }
    child = Child("parity worker", arguments, log=state_dir / "parity.log", environment=environment)
    try:
        yield
    finally:
        child.end()
