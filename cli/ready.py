"""`crossfade ready`, which is `make ready`: the recordings through the proxy until every domain may advance. Hidden."""

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from cli.bundled import CONTRACT, bundled_backends, in_front_of, switch_fault, yes_option
from cli.context import Context, pass_context
from cli.files import write_whole
from cli.output import console, message
from cli.parity_verdict import NOT_READY, verdicts_on
from cli.serve import database_option
from cli.supervisor import Running
from domains.routes import ROUTES
from domains.shared.caching import CacheSettings
from domains.shared.faults import FAULTS
from loadtests.ready_result import DomainResult, ReadyResult, accepted_by, render_ready
from loadtests.ready_runs import Play, Played, ReadyRuns, ReadySite
from loadtests.recording import Credentials, load_recording
from loadtests.unrecorded import unrecorded
from parity.counted import read_tallies
from parity.report import build_report
from parity.verdict import Verdict
from proxy.stages import Stage


@click.command(hidden=True)
@click.option("--domain", "chosen", multiple=True, help="Only these domains; default: all.")
@click.option("--rounds", type=click.IntRange(1), default=12, show_default=True, help="Rounds at most.")
@click.option(
    "--comparisons", type=click.IntRange(1), default=1_200, show_default=True, help="Of a domain in a round."
)
@click.option("--within", type=click.IntRange(1), default=900, show_default=True, metavar="SECONDS")
@click.option(
    "--fault", type=click.Choice([fault.name for fault in FAULTS]), metavar="NAME", help="Plant it in modern."
)
@click.option("--build-dir", type=click.Path(path_type=Path), default=Path("build"))
@yes_option
@database_option
@pass_context
def ready(
    context: Context,
    chosen: tuple[str, ...],
    rounds: int,
    comparisons: int,
    within: int,
    fault: str | None,
    build_dir: Path,
    yes: bool,
    database_url: str | None,
) -> None:
    """Play the recordings through the proxy until every domain may advance, and write build/ready.json.

    Another round begins as long as a domain is not, and nothing differs in it that nobody has accepted. Exit code 0 when all domains are ready, else 1.
    """
    domains = [context.require_domain(name) for name in chosen] or context.domain_names()
    plays = [
        Play(name, load_recording(CONTRACT, name), unrecorded(name), _shown_by(name)) for name in domains
    ]
    state_dir = context.settings.state_dir / "ready"
    with contextlib.ExitStack() as stack:
        backends = stack.enter_context(
            bundled_backends(
                context,
                CONTRACT,
                database_url,
                purpose="ready",
                yes=yes,
                behind_proxy=True,
                faults=fault is not None,
            )
        )
        own = in_front_of(backends, context, state_dir, actor="ready")
        running = Running(own, log_dir=state_dir / "logs")
        stack.callback(running.end)
        for name in domains:
            change = own.flags.flip(name, Stage.SHADOW, actor=own.actor, reason="the recordings are played")
            own.flags.wait_acknowledged(change.version)
        if fault is not None:
            switch_fault(backends, fault, on=True)
        site = ReadySite(
            proxy=f"http://127.0.0.1:{running.port}",
            endpoints=own.endpoints,
            tallies=lambda: read_tallies(own.engine, own.endpoints),
            missing=lambda: _missing(verdicts_on(own, domains)),
            reset=backends.reset,
            kept_s=CacheSettings().ttl_s,
            credentials=Credentials(CONTRACT, own.jwt_secret),
        )
        started_s = time.monotonic()
        played = asyncio.run(_played(own, site, plays, rounds, comparisons, started_s + within))
        result = _result(own, domains, played, time.monotonic() - started_s)
    render_ready(result, console())
    write_whole(build_dir / "ready.json", json.dumps(result.to_json(), indent=1) + "\n")
    if not result.is_ready:
        raise click.exceptions.Exit(NOT_READY)


def _shown_by(domain: str) -> frozenset[str] | None:
    """The other domains that the reads of a domain show; None where a read does not say."""
    shown: set[str] = set()
    for route in ROUTES:
        if route.domain == domain and route.method == "GET":
            if route.reads is None:
                return None
            shown.update(name.rstrip("!") for name in route.reads)
    return frozenset(shown)


def _missing(verdicts: Sequence[Verdict]) -> Mapping[str, int]:
    """The comparisons that are missing, of the domains that more comparisons can make ready."""
    return {one.domain.name: one.domain.rate.clean_missing for one in verdicts if _may_become_ready(one)}


def _may_become_ready(verdict: Verdict) -> bool:
    """Not where something differs that nobody accepted; a ratio of few pairs may still come right."""
    return not verdict.is_ready and not verdict.domain.grounds.open_groups


async def _played(
    context: Context, site: ReadySite, plays: Sequence[Play], rounds: int, comparisons: int, until_s: float
) -> Played:
    domains = [play.domain for play in plays]
    async with ReadyRuns(site, plays) as runs:
        while True:
            await runs.round(comparisons)
            verdicts = await asyncio.to_thread(verdicts_on, context, domains)
            message(_progress(runs.played, verdicts))
            if (
                not any(map(_may_become_ready, verdicts))
                or runs.played.rounds >= rounds
                or time.monotonic() >= until_s
            ):
                return runs.played


def _progress(played: Played, verdicts: Sequence[Verdict]) -> str:
    n = sum(one.domain.rate.comparisons for one in verdicts)
    ready = sum(one.is_ready for one in verdicts)
    return (
        f"round {played.rounds}: {played.requests:,} requests, {n:,} comparisons, "
        f"{ready} of {len(verdicts)} domains ready"
    )


def _result(context: Context, domains: Sequence[str], played: Played, seconds: float) -> ReadyResult:
    found = []
    for verdict in verdicts_on(context, domains):
        report = build_report(context.engine, domain=verdict.domain.name, endpoints=context.endpoints)
        found.append(DomainResult(verdict, report.tally, accepted_by(report.accepted_groups)))
    return ReadyResult(found, played, seconds, build_report(context.engine, endpoints=context.endpoints))
