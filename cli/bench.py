"""`crossfade bench`, which is `make bench`: the proxy beside its peers, and the target table. Hidden."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from cli.context import Context
from cli.errors import UsageError
from cli.output import console, message
from cli.settings import load_settings
from loadtests.bench.crossfade import DOMAIN, Worker
from loadtests.bench.plan import FULL, QUICK, Group
from loadtests.bench.run import Bench
from loadtests.bench.tables import render, write_result
from loadtests.bench.verdicts import exit_code
from proxy.flag_store import FlagStore
from proxy.plane import is_compiled
from proxy.stages import Stage

_ACKNOWLEDGED_WITHIN_S = 5.0


class StoredFlags:
    """The flags of the Crossfades that are measured, by their configuration."""

    def __init__(self) -> None:
        self._stores: dict[Path, FlagStore] = {}

    def set_stage(self, config: Path, stage: str) -> float:
        """Flip as `crossfade flip` does; the milliseconds until the last proxy worker has acknowledged."""
        store = self._store(config)
        begun_s = time.monotonic()
        change = store.flip(DOMAIN, Stage(stage), actor="bench", reason="measured")
        store.wait_acknowledged(change.version, _ACKNOWLEDGED_WITHIN_S, since=begun_s)
        return (time.monotonic() - begun_s) * 1_000

    def workers(self, config: Path) -> list[Worker]:
        """The proxy workers that are registered and serve."""
        return [
            Worker(worker.pid, worker.port) for worker in self._store(config).workers() if worker.version >= 0
        ]

    def _store(self, config: Path) -> FlagStore:
        if config not in self._stores:
            self._stores[config] = Context(load_settings(config), config, "", "bench").flags
        return self._stores[config]


def _chosen(only: str | None) -> list[Group]:
    if only is None:
        return list(Group)
    words = [word.strip() for word in only.split(",")]
    if unknown := [word for word in words if word not in list(Group)]:
        raise UsageError(f"--only {', '.join(unknown)}: expected some of {','.join(Group)}")
    return [Group(word) for word in words]


def _teller() -> Callable[[str], None]:
    """Says what is being done, and how long the run has taken until then."""
    begun_s = time.monotonic()
    return lambda text: message(f"{time.monotonic() - begun_s:5.0f} s  {text}")


@click.command(hidden=True)
@click.option(
    "--rounds",
    type=click.IntRange(2, 1000),
    help="Rounds of bursts; forwarding and one pace have half as many more, latency seven slices for each.",
)
@click.option(
    "--quick", is_flag=True, help="A smoke of some twenty seconds: it runs, what it measures means little."
)
@click.option("--only", metavar=",".join(Group), help="Only these groups.")
@click.option("--build-dir", type=click.Path(path_type=Path), default=Path("build"))
def bench(rounds: int | None, quick: bool, only: str | None, build_dir: Path) -> None:
    """Measure the proxy beside its peers, print the target table and write build/bench.json.

    The exit code is 1 where a target is missed, 3 where it could not be measured.
    """
    scale = QUICK if quick else FULL
    if rounds is not None:
        scale = scale.with_rounds(rounds)
    groups = _chosen(only)
    for name in [name for name in os.environ if name.startswith("CROSSFADE_") and name != "CROSSFADE_DEBUG"]:
        del os.environ[name]  # it would win over the configuration of each Crossfade that is started
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-") as work_dir:
        Path(work_dir).chmod(0o755)  # the backends' workers may be another user
        result = Bench(
            groups=groups,
            scale=scale,
            build_dir=build_dir,
            work_dir=Path(work_dir),
            flags=StoredFlags(),
            cli_module="cli.main",
            compiled=is_compiled(),
            progress=_teller(),
        ).run()
    render(result, console())
    message(f"written: {write_result(result, build_dir)}")
    if code := exit_code(result.rows):
        raise click.exceptions.Exit(code)
