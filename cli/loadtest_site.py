"""Where a load test finds both sides: backends that were given, or bundled ones, or a proxy before these.

Through the proxy there are two of them before the same backends: on the side `legacy` one with every domain at `off`, on
the side `modern` one with the chosen domains at the stage. So both sides pay for a proxy, no flag changes while the load
runs, and the ratio says what the stage makes of what clients get.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.asking import confirm
from cli.bundled import Bundled, bundled_backends, in_front_of
from cli.context import Context
from cli.errors import CliError, UsageError
from cli.supervisor import Running
from cli.up import probe
from legacy_bridge.errors import LegacyError
from loadtests.errors import BackendError
from loadtests.site import LoadSite
from parity.exchange import Backend
from proxy.stages import Stage

ABOUT_STAGES = {
    Stage.SHADOW: "legacy serves and modern gets copies of the reads, beside legacy alone: what the mirror costs",
    Stage.CANARY: "modern serves everybody (share 1) and legacy gets copies of the reads, beside legacy alone",
    Stage.LIVE: "modern serves and legacy gets copies of the reads, beside legacy alone",
    Stage.COMPLETE: "modern serves alone, beside legacy alone",
}
"""What the ratio compares at each stage; both sides are asked through a proxy."""
ABOUT_SAME = "A/A: both sides are the same legacy backend, so that nothing may be decided"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sides: `legacy` and `modern` are addresses, None the bundled ones; the process ids are those of given ones."""

    legacy: str | None
    modern: str | None
    legacy_pid: int | None
    modern_pid: int | None
    through: Stage | None
    same: bool

    def check(self) -> None:
        """Raises UsageError for what does not go together."""
        given = self.legacy is not None
        if self.same and self.modern is not None:
            raise UsageError("--modern: with --aa both sides are the legacy backend")
        if not self.same and given != (self.modern is not None):
            raise UsageError("expected both --legacy and --modern, or neither")
        if self.through is not None and given:
            raise UsageError(
                "--through: a proxy is put before the bundled backends only, not before given ones"
            )
        if self.through is not None and self.same:
            raise UsageError("--through: with --aa both sides are the legacy backend, asked directly")
        for name, pid in (("--legacy-pid", self.legacy_pid), ("--modern-pid", self.modern_pid)):
            if pid is not None and not given:
                raise UsageError(
                    f"{name}: the processes of the bundled backends are known; it needs --legacy"
                )


@contextlib.contextmanager
def load_site(
    context: Context,
    wanted: Wanted,
    domains: Sequence[str],
    contract: Path,
    database_url: str | None,
    *,
    yes: bool,
) -> Iterator[LoadSite]:
    """Both sides, running for as long as the context lasts. Raises UsageError, UnavailableError."""
    wanted.check()
    if wanted.legacy is not None:
        yield _given(wanted, wanted.legacy, wanted.modern or wanted.legacy, yes=yes)
        return
    with contextlib.ExitStack() as stack:
        bundled = stack.enter_context(
            bundled_backends(
                context,
                contract,
                database_url,
                purpose="loadtest",
                yes=yes,
                behind_proxy=wanted.through is not None,
            )
        )
        if wanted.through is not None:
            yield _through(context, bundled, wanted.through, domains, stack)
        else:
            yield _direct(bundled, same=wanted.same)


def _given(wanted: Wanted, legacy: str, modern: str, *, yes: bool) -> LoadSite:
    for name, url in (("legacy", legacy), ("modern", modern)):
        try:
            probe(name, url)
        except ValueError as error:
            raise UsageError(f"--{name}: {error}, got {url!r}") from error
    if not yes:
        confirm(f"The load writes to {' and '.join(dict.fromkeys((legacy, modern)))}. Go on?")
    pids = {
        Backend.LEGACY: wanted.legacy_pid,
        Backend.MODERN: wanted.legacy_pid if wanted.same else wanted.modern_pid,
    }
    return LoadSite(
        legacy=legacy,
        modern=modern,
        pids={side: (pid,) for side, pid in pids.items() if pid is not None},
        about=ABOUT_SAME if wanted.same else "",
    )


def _direct(bundled: Bundled, *, same: bool) -> LoadSite:
    serving = {side: Backend.LEGACY if same else side for side in Backend}
    return LoadSite(
        legacy=bundled.legacy,
        modern=bundled.legacy if same else bundled.modern,
        pids={side: (bundled.pids[backend],) for side, backend in serving.items()},
        reset=_resetting(bundled.reset),
        fresh=lambda side: _started(bundled, serving[side]),
        about=ABOUT_SAME if same else "",
    )


def _through(
    context: Context, bundled: Bundled, stage: Stage, domains: Sequence[str], stack: contextlib.ExitStack
) -> LoadSite:
    os.environ["CROSSFADE_PROXY__KEEP_SERVER_TIMING"] = (
        "true"  # for the workers: what the cache did is judged
    )
    backends = tuple(bundled.pids.values())
    addresses: dict[Backend, str] = {}
    pids: dict[Backend, tuple[int, ...]] = {}
    for side, reached in ((Backend.LEGACY, Stage.OFF), (Backend.MODERN, stage)):
        state_dir = context.settings.state_dir / f"loadtest-{reached}"
        own = in_front_of(bundled, context, state_dir, actor="loadtest")
        running = Running(own, log_dir=state_dir / "logs")
        stack.callback(running.end)
        _advance(own, domains, reached)
        addresses[side] = f"http://127.0.0.1:{running.port}"
        pids[side] = (*(one.pid for one in running.proxies), running.parity.pid, *backends)
    return LoadSite(
        legacy=addresses[Backend.LEGACY],
        modern=addresses[Backend.MODERN],
        pids=pids,
        reset=_resetting(bundled.reset),
        no_cold="through the proxy only warm backends are",
        through=str(stage),
        about=f"through the proxy at {stage}: {ABOUT_STAGES[stage]}; statements are not seen there",
    )


def _advance(context: Context, domains: Sequence[str], stage: Stage) -> None:
    """Take the domains there, a step after the other as the flags want it, and wait for the proxy."""
    for domain in domains:
        for step in list(Stage)[1 : stage.position + 1]:
            share = 1.0 if step is Stage.CANARY else None
            change = context.flags.flip(
                domain, step, canary_share=share, actor=context.actor, reason="to be measured under load"
            )
            context.flags.wait_acknowledged(change.version)


def _resetting(reset: Callable[[], None]) -> Callable[[], None]:
    """Raises BackendError, which ends a run and keeps what was measured."""

    def resetting() -> None:
        try:
            reset()
        except LegacyError as error:
            raise BackendError(f"the database cannot be brought back to the seed: {error}") from error

    return resetting


@contextlib.contextmanager
def _started(bundled: Bundled, backend: Backend) -> Iterator[str]:
    if bundled.fresh is None:
        raise AssertionError("bundled backends can be started anew")
    try:
        with bundled.fresh(backend) as url:
            yield url
    except CliError as error:
        raise BackendError(str(error)) from error
