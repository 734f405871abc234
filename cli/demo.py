"""`crossfade demo`: the whole job once, for real: mirror, compare, flip, plant a fault, see it, roll back."""

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from cli.bundled import CONTRACT, Bundled, bundled_backends, in_front_of, switch_fault, yes_option
from cli.context import Context, pass_context
from cli.demo_traffic import Traffic
from cli.errors import UnavailableError
from cli.output import console, message, warn
from cli.serve import database_option
from cli.supervisor import Running
from loadtests.recording import Credentials, load_recording, of_endpoints
from parity.outcome import Outcome
from parity.report import Report, build_report
from parity.report_html import render_html
from parity.report_text import render_text
from proxy.stages import Stage

DOMAIN = "escrows"
FAULTS = ("wrong-price", "drop-answer")
CLIENTS = 8
RATE = 60.0
STAGE_S = 6.0
SETTLE_WITHIN_S = 15.0
CANARY_SHARE = 0.5


@dataclass
class Step:
    """One flip as the summary shows it."""

    stage: str
    ms: float


@dataclass
class Demo:
    """What happened so far."""

    flips: list[Step] = field(default_factory=list)
    rollback_ms: float | None = None


@click.command()
@click.option("--keep", is_flag=True, help="Leave everything running for a look around, until Ctrl-C.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write the summary."
)
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), default=Path("build/demo-report.html")
)
@yes_option
@database_option
@pass_context
def demo(
    context: Context, keep: bool, json_file: Path | None, report: Path, yes: bool, database_url: str | None
) -> None:
    """Run everything once on the reference CRM: mirror, compare, flip, plant a fault, roll back.

    Takes about a minute. Exit code 1 when a request failed or the books do not balance.
    """
    state_dir = context.settings.state_dir / "demo"
    with contextlib.ExitStack() as stack:
        backends = stack.enter_context(
            bundled_backends(
                context, CONTRACT, database_url, purpose="demo", yes=yes, behind_proxy=True, faults=True
            )
        )
        demo_context = in_front_of(backends, context, state_dir, actor="demo")
        running = Running(demo_context, log_dir=state_dir / "logs")
        stack.callback(running.end)
        proxy = f"http://127.0.0.1:{running.port}"
        message(f"legacy  {backends.legacy}\nmodern  {backends.modern}\nproxy   {proxy}\n")
        traffic = Traffic(proxy, Credentials(CONTRACT, context.jwt_secret), clients=CLIENTS, rate=RATE)
        stack.callback(traffic.stop)
        story = _walk(demo_context, traffic, backends)
        passed = _summarize(demo_context, traffic, story, report, json_file)
        if keep:
            _keep(proxy, state_dir, report)
    if not passed:
        raise click.exceptions.Exit(1)


def _walk(context: Context, traffic: Traffic, backends: Bundled) -> Demo:
    story = Demo()
    templates = [
        (endpoint.method, endpoint.path) for endpoint in context.endpoints if endpoint.domain == DOMAIN
    ]
    exchanges = of_endpoints(load_recording(CONTRACT, DOMAIN), templates)
    message(f"{DOMAIN} is off: legacy serves everything; {traffic.clients} clients send recorded requests")
    traffic.start(exchanges)
    _watch(context, traffic, STAGE_S / 2)
    _flip(context, story, Stage.SHADOW)
    message(f"replaying the {len(exchanges)} recorded requests of {DOMAIN} once, in order")
    traffic.replay(exchanges)
    _watch(context, traffic, STAGE_S)
    _flip(context, story, Stage.CANARY, share=CANARY_SHARE)
    _watch(context, traffic, STAGE_S)
    _flip(context, story, Stage.LIVE)
    _watch(context, traffic, STAGE_S)
    for fault in FAULTS:
        switch_fault(backends, fault, on=True)
        message(f"fault planted in modern: {fault} (docs/faults.md)")
    _until(
        context,
        "the report shows the mismatch and the error",
        _shows_the_faults,
    )
    _watch(context, traffic, 1.0)
    _roll_back(context, story)
    for fault in FAULTS:
        switch_fault(backends, fault, on=False)
    _watch(context, traffic, STAGE_S / 2)
    traffic.stop()
    _until(
        context,
        "every request is counted and every mirrored one has its outcome",
        lambda report: report.tally.requests == traffic.tally.requests and report.balance.in_flight == 0,
    )
    return story


def _flip(context: Context, story: Demo, stage: Stage, share: float | None = None) -> None:
    started_s = time.monotonic()
    change = context.flags.flip(
        DOMAIN, stage, canary_share=share, actor=context.actor, reason="the demo walks on"
    )
    context.flags.wait_acknowledged(change.version, since=started_s)
    ms = (time.monotonic() - started_s) * 1000
    story.flips.append(Step(stage.value, ms))
    # nobody waits in a demo until a verdict is ready
    forced = " --force" if stage.is_further_than(Stage.SHADOW) else ""
    typed = f"crossfade flip {DOMAIN} {stage}{f' --share {share}' if share is not None else ''}{forced} ..."
    message(f"$ {typed}   version {change.version}, acknowledged in {ms:.0f} ms")


def _roll_back(context: Context, story: Demo) -> None:
    started_s = time.monotonic()
    change = context.flags.roll_back(DOMAIN, actor=context.actor, reason="modern answers wrong prices")
    if change is None:
        raise UnavailableError(
            "nothing to roll back, although the demo had flipped: somebody else changed the flags"
        )
    context.flags.wait_acknowledged(change.version, since=started_s)
    story.rollback_ms = (time.monotonic() - started_s) * 1000
    message(
        f"$ crossfade rollback {DOMAIN}   version {change.version}, acknowledged in {story.rollback_ms:.0f} ms"
    )


def _watch(context: Context, traffic: Traffic, seconds: float) -> None:
    time.sleep(seconds)
    report = build_report(context.engine)
    outcomes = (
        ", ".join(f"{n} {name}" for name, n in report.tally.outcomes.items() if n) or "nothing mirrored yet"
    )
    message(f"  {traffic.tally.requests} requests, {len(traffic.tally.failures)} failed; {outcomes}")


def _until(context: Context, what: str, holds: Callable[[Report], bool]) -> None:
    deadline = time.monotonic() + SETTLE_WITHIN_S
    while time.monotonic() < deadline:
        if holds(build_report(context.engine)):
            return
        time.sleep(0.2)
    warn(f"not so within {SETTLE_WITHIN_S:.0f} s: {what}")


def _shows_the_faults(report: Report) -> bool:
    return report.tally.mismatches > 0 and report.tally.outcomes[Outcome.ERROR] > 0


def _summarize(
    context: Context, traffic: Traffic, story: Demo, report_file: Path, json_file: Path | None
) -> bool:
    report = build_report(context.engine, declared=context.declared())
    report_file.parent.mkdir(parents=True, exist_ok=True)
    report_file.write_text(render_html(report))
    out = console()
    out.print()
    render_text(replace(report, groups=report.open_groups), out)  # the page has the accepted ones too
    seen, counted = traffic.tally, report.tally
    outcomes = {outcome.value: n for outcome, n in counted.outcomes.items()}
    passed = (
        not seen.failures
        and seen.requests == counted.requests
        and counted.mirrored == counted.total
        and report.balance.balanced
        and _shows_the_faults(report)
    )
    out.rule("demo")
    out.print(f"requests   {seen.requests} sent by clients, {counted.requests} counted by the proxy")
    out.print(f"failed     {len(seen.failures)}")
    out.print(
        f"mirrored   {counted.mirrored} = " + " + ".join(f"{n} {name}" for name, n in outcomes.items() if n)
    )
    for step in story.flips:
        out.print(f"flip       {DOMAIN} → {step.stage} in {step.ms:.0f} ms")
    out.print(f"rollback   {DOMAIN} → off in {story.rollback_ms:.0f} ms")
    out.print(f"report     {report_file}")
    for failure in seen.failures[:5]:
        out.print(f"  failed: {failure}")
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        summary = {
            "requests": seen.requests,
            "failed": len(seen.failures),
            "mirrored": counted.mirrored,
            "outcomes": outcomes,
            "flips": [{"domain": DOMAIN, "stage": s.stage, "ms": round(s.ms, 1)} for s in story.flips],
            "rollback_ms": story.rollback_ms and round(story.rollback_ms, 1),
            "report": str(report_file),
        }
        json_file.write_text(json.dumps(summary, indent=2) + "\n")
    return passed


def _keep(proxy: str, state_dir: Path, report: Path) -> None:
    message(
        f"\nstill running: {proxy}/v1/escrows answers, {report.resolve().as_uri()} is the report; with\n"
        f"  export CROSSFADE_STATE_DIR={state_dir}\n"
        "crossfade status, flip, rollback, history and parity report speak to it. Ctrl-C ends it."
    )
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)
