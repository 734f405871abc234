"""`crossfade loadtest proxy`: what the proxy adds at each stage, and whether flips under load cost a request."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from cli.bundled import CONTRACT, bundled_backends, in_front_of, yes_option
from cli.context import Context, pass_context
from cli.errors import CliError, UsageError
from cli.failures import explain
from cli.output import console, json_option, message, print_json
from cli.serve import database_option
from cli.spans import Span
from cli.supervisor import Running
from legacy_bridge.errors import LegacyError
from loadtests.added.capacity import MOST_USERS
from loadtests.added.flips import SHORTEST_FLIPS_S
from loadtests.added.result import LEGACY, MODERN, STAGES, ProxyLoadTest
from loadtests.added.run import Extent, Site, run_proxy_load
from loadtests.added.table import render_added, to_json
from loadtests.errors import BackendError, LoadTestError
from loadtests.settings import LoadSettings
from parity.errors import ParityError, StoreError
from parity.report import build_report
from proxy.errors import ProxyError
from proxy.flag_store import FlagStore
from proxy.stages import Stage

_ACKNOWLEDGED_WITHIN_S = 5.0
_WARM_UP_S = 0.5
_SHORTEST_SLICE_S = 0.2
_QUICK = Extent(rounds=2, slice_s=1.0, capacity_s=0.5, flips_s=4.0)
_FULL = Extent()


class Levels(click.ParamType[tuple[float, ...]]):
    """Shares of a capacity like `0.5,0.9`."""

    name = "shares"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Raises BadParameter that names the word that is none."""
        found = []
        for word in str(value).split(","):
            try:
                level = float(word)
            except ValueError:
                level = 0.0
            if not 0.01 <= level <= 2.0:
                self.fail(
                    f"{word.strip()!r}: expected shares of the capacity from 0.01 to 2, like 0.5,0.9",
                    param,
                    ctx,
                )
            found.append(level)
        return tuple(dict.fromkeys(found))


class Stages(click.ParamType[tuple[str, ...]]):
    """Stages like `off,shadow`, in the order of the way."""

    name = "stages"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Raises BadParameter that names the word that is none."""
        words = [word.strip() for word in str(value).split(",")]
        for word in words:
            if word not in STAGES:
                self.fail(f"{word!r}: expected some of {','.join(STAGES)}", param, ctx)
        return tuple(stage for stage in STAGES if stage in words)


class DomainFlags:
    """The stage of one domain, changed as `crossfade flip` and `crossfade rollback` do; canary is for every client."""

    def __init__(self, store: FlagStore, domain: str, actor: str) -> None:
        self._store, self._domain, self._actor = store, domain, actor

    def flip(self, stage: str) -> float:
        """One step forward; the milliseconds until every proxy worker had acknowledged. Raises BackendError."""
        with _told():
            begun_s = time.monotonic()
            change = self._store.flip(
                self._domain, Stage(stage), canary_share=1.0, actor=self._actor, reason="measured under load"
            )
            return self._acknowledged(change.version, begun_s)

    def roll_back(self, stage: str) -> float:
        """Back to that stage, in the same way."""
        with _told():
            begun_s = time.monotonic()
            change = self._store.roll_back(
                self._domain, to=Stage(stage), actor=self._actor, reason="measured under load"
            )
            if change is None:
                raise BackendError(
                    f"{self._domain} is not further than {stage}: somebody else changed its stage"
                )
            return self._acknowledged(change.version, begun_s)

    def _acknowledged(self, version: int, begun_s: float) -> float:
        self._store.wait_acknowledged(version, _ACKNOWLEDGED_WITHIN_S, since=begun_s)
        return (time.monotonic() - begun_s) * 1_000


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (ProxyError, StoreError) as error:
        raise BackendError(str(error)) from error


@click.command()
@click.option("--domain", default="escrows", show_default=True, help="Whose recorded requests are sent.")
@click.option("--stages", type=Stages(), default=",".join(STAGES), show_default=True, help="At which stages.")
@click.option(
    "--levels", type=Levels(), default="0.5,0.9", show_default=True, help="At which shares of the capacity."
)
@click.option(
    "--reads",
    type=click.FloatRange(0.0, 1.0),
    default=1.0,
    show_default=True,
    help="Share of requests that only read; the others are recorded writes, which clean up.",
)
@click.option(
    "--most-users",
    type=click.IntRange(1, 10_000),
    default=MOST_USERS,
    show_default=True,
    help="With how many users at once a capacity is looked for at most.",
)
@click.option("--rounds", type=click.IntRange(2, 1_000), help="How often each slice is sent; default: 4.")
@click.option("--duration", type=Span(), help="Measured time of a slice; default: 3s.")
@click.option("--flips", type=Span(), help="How long stages change under load; default: 15s; 0s: not at all.")
@click.option("--quick", is_flag=True, help="A smoke of two minutes: it runs, what it measures means little.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Same seed, same requests."
)
@yes_option
@json_option
@database_option
@pass_context
def proxy(
    context: Context,
    domain: str,
    stages: tuple[str, ...],
    levels: tuple[float, ...],
    reads: float,
    most_users: int,
    rounds: int | None,
    duration: float | None,
    flips: float | None,
    quick: bool,
    seed: int,
    yes: bool,
    as_json: bool,
    database_url: str | None,
) -> None:
    """Say what the proxy adds to each answer, and whether flips and rollbacks under load cost any.

    Both bundled backends, directly and behind a Crossfade of its own at each stage, at shares of what they can answer.
    Exit code 0: all well; 1: a request failed or was served wrongly, or the books do not balance; 2: could not run.
    """
    context.require_domain(domain)
    if duration is not None and duration < _SHORTEST_SLICE_S:
        raise UsageError(f"--duration: expected at least {_SHORTEST_SLICE_S:g}s, got {duration:g}s")
    if flips is not None and 0 < flips < SHORTEST_FLIPS_S:
        raise UsageError(f"--flips: expected 0s or at least {SHORTEST_FLIPS_S:g}s, got {flips:g}s")
    usual = _QUICK if quick else _FULL
    extent = Extent(
        stages=stages,
        levels=levels,
        rounds=usual.rounds if rounds is None else rounds,
        slice_s=usual.slice_s if duration is None else duration,
        capacity_s=usual.capacity_s,
        most_users=most_users,
        flips_s=usual.flips_s if flips is None else flips,
        seed=seed,
    )
    try:
        result = _measured(context, domain, extent, reads, database_url, yes=yes)
    except (CliError, LoadTestError, LegacyError, ParityError, ProxyError, OSError) as error:
        # whatever keeps a load test from running has its one exit code, whoever says it
        raise UsageError(explain(error)[0]) from error
    values = to_json(result)
    if as_json:
        print_json(str(values["schema"]), {name: value for name, value in values.items() if name != "schema"})
    else:
        render_added(result, console())
    if result.exit_code:
        raise click.exceptions.Exit(result.exit_code)


def _measured(
    context: Context, domain: str, extent: Extent, reads: float, database_url: str | None, *, yes: bool
) -> ProxyLoadTest:
    state_dir = context.settings.state_dir / "loadtest-proxy"
    with contextlib.ExitStack() as stack:
        backends = stack.enter_context(
            bundled_backends(
                context, CONTRACT, database_url, purpose="loadtest-proxy", yes=yes, behind_proxy=True
            )
        )
        own = in_front_of(backends, context, state_dir, actor="loadtest")
        running = Running(own, log_dir=state_dir / "logs")
        stack.callback(running.end)
        site = Site(
            backends={LEGACY: backends.legacy, MODERN: backends.modern},
            proxy=f"http://127.0.0.1:{running.port}",
            flags=DomainFlags(own.flags, domain, own.actor),
            reset=backends.reset,
            books=_told()(lambda: build_report(own.engine)),
        )
        settings = LoadSettings(
            contract=CONTRACT,
            domains=(domain,),
            jwt_secret=own.jwt_secret,
            endpoints=tuple((one.method, one.path) for one in own.endpoints if one.domain == domain),
            reads=reads,
            warm_up_s=_WARM_UP_S,
        )
        work_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossfade-loadtest-")))
        return run_proxy_load(site, settings, extent, progress=message, work_dir=work_dir)
