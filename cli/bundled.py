"""Both bundled backends on the seeded database, for a load test, a benchmark or a demo."""

import contextlib
import os
import shutil
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import click

import legacy_bridge.seed
from cli.alone import alone
from cli.asking import confirm
from cli.context import ROOT, Context
from cli.output import Progress
from cli.processes import Child
from cli.serve import database
from cli.settings import load_settings
from parity.exchange import Backend

yes_option = click.option(
    "--yes", is_flag=True, help="Do not ask before a given database or backend is written to."
)
"""Every command that seeds a database takes `--yes`."""

UNLIMITED = ("--rate-limit", "1000000", "--failed-auth-limit", "1000000")
"""A load comes from one address, and holds the sign-ins that were recorded as failures."""
CONTRACT = ROOT / "tests" / "contract"


@dataclass(frozen=True, slots=True)
class Bundled:
    """Where they answer; `reset` brings the database back to the seed while they run."""

    legacy: str
    modern: str
    reset: Callable[[], None]
    database_url: str
    uncached: str = ""
    """Modern once more, without its cache; only where it was asked for."""
    pids: Mapping[Backend, int] = field(default_factory=dict)
    fresh: Callable[[Backend], AbstractContextManager[str]] | None = None
    """The address of one more process of a backend on the same database, which has answered nothing yet."""


@dataclass(frozen=True, slots=True)
class _Serving:
    """Starts backends on that database, each with its options."""

    context: Context
    purpose: str
    database_url: str
    options: Mapping[Backend, list[str]]

    def start(self, backend: Backend, name: str, *more: str, waits: bool = True) -> Child:
        """One that answers, with `waits` False perhaps not yet, and writes its log under that name."""
        arguments = [
            *self.context.config_arguments,
            "serve",
            backend,
            "--port",
            "0",
            "--announce",
            *UNLIMITED,
            "--database-url",
            self.database_url,
            *(more or self.options[backend]),
        ]
        log = self.context.settings.state_dir / "logs" / f"{self.purpose}-{name}.log"
        return Child(f"the {backend} backend", arguments, log=log, waits=waits)

    @contextlib.contextmanager
    def fresh(self, backend: Backend) -> Iterator[str]:
        """As `Bundled.fresh`."""
        child = self.start(backend, f"{backend}-fresh")
        try:
            yield _address(child)
        finally:
            child.end()


@contextlib.contextmanager
def bundled_backends(
    context: Context,
    contract: Path,
    database_url: str | None,
    *,
    purpose: str,
    yes: bool,
    behind_proxy: bool = False,
    faults: bool = False,
    uncached: bool = False,
) -> Iterator[Bundled]:
    """Both backends as processes of their own, for as long as the context lasts; their logs are kept.

    Without a URL the database is an embedded one for this `purpose` alone, so that the rows of
    `crossfade serve` stay as they are; a given database is replaced only after a yes. With `behind_proxy` modern
    takes the proxy's word for who a client is: for a proxy of ours in front, which takes no client's word for it.
    Raises UnavailableError where another process does so for the same purpose in the same state directory: both would
    write to one database.
    """
    if database_url is not None and not yes:
        confirm("Every row in the CRM's tables of that database is replaced. Go on?")
    seed = contract / "seed"
    state_dir = context.settings.state_dir
    running = click.get_current_context(silent=True)
    command = "crossfade" if running is None else f"crossfade {running.info_name}"
    with contextlib.ExitStack() as stack:
        stack.enter_context(alone(state_dir / f"{purpose}.lock", command))
        url = stack.enter_context(database(database_url, state_dir / f"{purpose}-postgres"))
        progress = stack.enter_context(Progress())
        progress("loading the seed ...")
        legacy_bridge.seed.reset(url, seed, progress)
        progress("starting both backends ...")
        modern = [*(["--faults"] if faults else []), *(["--trusted-hops", "1"] if behind_proxy else [])]
        serving = _Serving(context, purpose, url, {Backend.LEGACY: [], Backend.MODERN: modern})
        children = {}
        for backend in Backend:
            children[backend] = serving.start(backend, str(backend), waits=False)
            stack.callback(children[backend].end)
        for child in children.values():
            child.await_ready()
        without_cache = ""
        if uncached:
            child = serving.start(Backend.MODERN, f"{Backend.MODERN}-2", "--cache-mib", "0")
            stack.callback(child.end)
            without_cache = _address(child)
        progress.stop()
        yield Bundled(
            legacy=_address(children[Backend.LEGACY]),
            modern=_address(children[Backend.MODERN]),
            reset=lambda: _reset(url, seed),
            database_url=url,
            uncached=without_cache,
            pids={backend: child.pid for backend, child in children.items()},
            fresh=serving.fresh,
        )


def in_front_of(backends: Bundled, context: Context, state_dir: Path, *, actor: str) -> Context:
    """The context of a `crossfade up` before them, on any free ports, with a state directory of its own.

    What was there is removed: who asks for it shows its own figures, not those of the last time.
    """
    shutil.rmtree(state_dir, ignore_errors=True)
    os.environ.update(
        CROSSFADE_STATE_DIR=str(state_dir),
        CROSSFADE_STORE__URL="",
        CROSSFADE_BACKENDS__LEGACY=backends.legacy,
        CROSSFADE_BACKENDS__MODERN=backends.modern,
        CROSSFADE_PROXY__LISTEN="127.0.0.1:0",
        CROSSFADE_PROXY__ADMIN="127.0.0.1:0",
        CROSSFADE_CONSOLE__ENABLED="false",  # whoever shows or measures something asks the store
    )  # for the workers, which read their own configuration
    return Context(load_settings(context.config), context.config, context.jwt_secret, actor=actor)


def switch_fault(backends: Bundled, fault: str, *, on: bool) -> None:
    """Switch a planted fault of a modern that was started with `faults`."""
    request = urllib.request.Request(  # noqa: S310  a loopback address that we made
        f"{backends.modern}/__faults/{fault}", method="PUT" if on else "DELETE"
    )
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310  the same


def _address(child: Child) -> str:
    return f"http://127.0.0.1:{child.ready['port']}"


def _reset(url: str, seed: Path) -> None:
    legacy_bridge.seed.reset(url, seed)
