"""Crossfades under measurement: `crossfade up`, each with a configuration, a stage and a store of its own.

Workers are found as an operator would find them: those of the proxy are registered in the store, those of parity are
the processes of `crossfade up` that say so. The stages and the registrations come through `Flags`, since nothing here
may import the proxy.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from loadtests.bench.bodies import SIZES
from loadtests.bench.drain import Drain
from loadtests.bench.generator import Target
from loadtests.bench.peers import Backends, answers
from loadtests.bench.procfs import Cores, command_line, pin, tree
from loadtests.children import Child
from loadtests.errors import BenchError
from parity.database import open_database
from parity.report import Report, build_report

DOMAIN = "bench"
BYTE_BUDGET = 32 * 2**20
BURST_BYTE_BUDGET = 64 * 2**20
OFF, EQUAL, DIFFERENT, SLOW, HANGING, DEAD = "off", "equal", "different", "slow", "hanging", "dead"
BURSTING = (EQUAL, DIFFERENT)
"""Those that have room for all captures of a burst."""
_BURST_TIMEOUT_S = 20.0
_KEPT_S = 300.0
_READY_WITHIN_S = 30.0
_SETTLED_WITHIN_S = 60.0
_LOOK_AGAIN_S = 1.0
_POLL_S = 0.05
_PARITY_NICE = 10
_PARITY_WORD = "parity-worker"


@dataclass(frozen=True, slots=True)
class Worker:
    """A proxy worker that serves."""

    pid: int
    port: int


class Flags(Protocol):
    """How the flags of a configuration are changed, and who serves them; its methods may raise BenchError."""

    def set_stage(self, config: Path, stage: str) -> float:
        """Bring the domain `bench` to that stage; the milliseconds until the last proxy worker served it."""
        ...

    def workers(self, config: Path) -> list[Worker]:
        """The proxy workers that run."""
        ...


@dataclass(frozen=True, slots=True)
class Crossfade:
    """One that runs."""

    target: Target
    config: Path
    store_url: str

    def books(self) -> Report:
        """What its store says now."""
        engine = open_database(self.store_url)
        try:
            return build_report(engine)
        finally:
            engine.dispose()


def closed_books(crossfades: Mapping[str, Crossfade]) -> dict[str, Report]:
    """What the stores say once no request is on its way to an outcome any more, or a minute later."""
    deadline = time.monotonic() + _SETTLED_WITHIN_S
    seen: dict[str, int] = {}
    while True:
        books = {name: one.books() for name, one in crossfades.items()}
        requests = {name: report.tally.requests for name, report in books.items()}
        # counts come in batches: the books are closed when two looks with a pause between them see the same
        settled = requests == seen and not any(report.balance.in_flight for report in books.values())
        if settled or time.monotonic() > deadline:
            return books
        seen = requests
        time.sleep(_LOOK_AGAIN_S)


@contextlib.contextmanager
def running_crossfades(
    work_dir: Path, backends: Backends, cores: Cores, flags: Flags, cli_module: str, names: tuple[str, ...]
) -> Iterator[dict[str, Crossfade]]:
    """Those of the names, by name; what they mirror to tells the name. All but `off` are at stage `shadow`."""
    modern = {
        OFF: backends.shadow,
        EQUAL: backends.shadow,
        DIFFERENT: backends.different,
        SLOW: backends.slow,
        HANGING: backends.hanging,
        DEAD: backends.dead,
    }
    with contextlib.ExitStack() as stack:
        started: dict[str, tuple[Child, Path, str]] = {}
        for name in names:
            state_dir = (work_dir / f"crossfade-{name}").resolve()
            store_url = f"sqlite:///{state_dir / 'store.sqlite3'}"
            config = _configure(name, state_dir, backends.live.port, modern[name], store_url)
            if name != OFF:
                flags.set_stage(config, "shadow")
            child = Child(
                f"crossfade {name}",
                ["-m", cli_module, f"--config={config}", "up", "--json", "--no-probe"],
                log=state_dir / "up",
            )
            started[name] = (stack.enter_context(child), config, store_url)
        running = {
            name: Crossfade(_serving(name, child, config, flags, cores, Drain(store_url)), config, store_url)
            for name, (child, config, store_url) in started.items()
        }
        try:
            yield running
        finally:
            for child, _, _ in started.values():
                child.ask_to_end()


def _configure(name: str, state_dir: Path, legacy_port: int, modern_port: int, store_url: str) -> Path:
    state_dir.mkdir(parents=True)
    sections: Mapping[str, Mapping[str, object]] = {
        "proxy": {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0"},
        "backends": {
            "legacy": f"http://127.0.0.1:{legacy_port}",
            "modern": f"http://127.0.0.1:{modern_port}",
        },
        "forward": {"idle_s": _KEPT_S},  # as the peers: no connection is made anew for a slice
        "mirror": _mirror_settings(name),
        "write_checks": {
            "check": "none"
        },  # a write is measured alone, not with the reads that would check it
        "store": {"url": store_url},
        "console": {"enabled": False},
    }
    lines = [f"state_dir = {json.dumps(str(state_dir))}"]
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    for method in ("GET", "POST"):
        for size in SIZES:
            endpoint = {"domain": DOMAIN, "method": method, "path": f"/{size}.json"}
            lines += ["[[endpoints]]", *(f"{key} = {json.dumps(value)}" for key, value in endpoint.items())]
    file = state_dir / "crossfade.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def _mirror_settings(name: str) -> Mapping[str, object]:
    """Copies wait for their turn a quarter of the timeout at most: in a burst as long as the second core needs."""
    if name in BURSTING:
        return {"max_bytes": BURST_BYTE_BUDGET, "timeout_s": _BURST_TIMEOUT_S}
    return {"max_bytes": BYTE_BUDGET}


def _serving(name: str, child: Child, config: Path, flags: Flags, cores: Cores, drain: Drain) -> Target:
    """The target when it answers, its workers on their cores and parity with the lower priority."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while True:
        if child.wait(0) is not None:
            raise BenchError(f"{child.name} did not start: {child.last_words()}")
        workers = flags.workers(config)
        if workers and all(answers(worker.port) for worker in workers):
            break
        if time.monotonic() > deadline:
            raise BenchError(
                f"{child.name} did not answer within {_READY_WITHIN_S:.0f} s: {child.last_words()}"
            )
        time.sleep(_POLL_S)
    pids = tuple(worker.pid for worker in workers)
    everyone = tree(child.pid)
    for pid in everyone:
        pin(pid, cores.proxy if pid in pids else cores.rest)
    helpers = tuple(pid for pid in everyone if _PARITY_WORD in command_line(pid))
    for pid in helpers:
        os.setpriority(os.PRIO_PROCESS, pid, max(_PARITY_NICE, os.getpriority(os.PRIO_PROCESS, pid)))
    return Target(f"crossfade {name}", workers[0].port, pids, helpers, drain)
