"""`crossfade guards`: how each guard stands; `watch`, the guards without a console; `test-notification`."""

import asyncio
import signal
import time
from typing import Any

import click
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.checks import guard_problems
from cli.context import Context, pass_context
from cli.failures import DIFFERENCES, ENVIRONMENT
from cli.guarding import KEY_NAME, open_guards, open_telling, state_words
from cli.logs import log_to_stderr
from cli.output import console, json_option, message, print_json
from cli.settings import wrong
from proxy.channels import Webhook
from proxy.guard import Action, Guard
from proxy.guard_overview import GuardLine, GuardOverview, Shown, overview
from proxy.guard_survey import Surveyor
from proxy.notification import EventKind, Notification
from proxy.notification_queue import Sent

_DOES = {Action.ROLL_BACK: "rolls back", Action.NOTIFY: "notifies"}


@click.group(invoke_without_command=True)
@click.option("--domain", help="Only this domain.")
@json_option
@click.pass_context
def guards(click_context: click.Context, domain: str | None, as_json: bool) -> None:
    """Show how the guard of each measure stands, domain by domain.

    Exit code 0 when all is well, 1 when a guard is breached, cannot tell, or is watched by no process.
    """
    if click_context.invoked_subcommand is None:
        click_context.invoke(_show, domain=domain, as_json=as_json)


@pass_context
def _show(context: Context, domain: str | None, as_json: bool) -> None:
    _check(context)
    if domain is not None:
        context.require_domain(domain)
    telling = open_telling(context)
    surveyor = Surveyor(context.engine, context.flags, context.settings.guards.settings())
    found = overview(context.engine, surveyor, telling.queue)
    lines = [line for line in found.lines if domain in {None, line.seen.domain}]
    if as_json:
        print_json("crossfade.guards/1", _json(found, lines))
    else:
        _print(found, lines)
    if any(line.is_alarming for line in lines):
        raise click.exceptions.Exit(DIFFERENCES)


@guards.command()
@pass_context
def watch(context: Context) -> None:
    """Run the guards until Ctrl-C, where no console does.

    Any number may run: one of them watches, the next takes over within seconds when it is gone.
    """
    _check(context)
    running = open_guards(context)
    log_to_stderr()
    message("the guards watch (Ctrl-C stops them); crossfade guards shows how they stand")

    async def until_signalled() -> None:
        watching = asyncio.ensure_future(running.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
        await asyncio.gather(watching, return_exceptions=True)
        if not watching.cancelled():
            watching.result()

    asyncio.run(until_signalled())


@guards.command("test-notification")
@json_option
@pass_context
def test_notification(context: Context, as_json: bool) -> None:
    """Send a notification to every channel, now, and say which of them took it.

    Exit code 0 when all did, 3 when one did not, or there is none.
    """
    telling = open_telling(context)
    notification = Notification(
        f"test-{time.time_ns()}",
        EventKind.TEST,
        "Crossfade: a test",
        f"{context.actor} wants to see that notifications arrive.",
        time.time(),
    )
    told = asyncio.run(telling.courier.tell(notification))
    if as_json:
        rows = [{"channel": name, "sent": not problem, "problem": problem} for name, problem in told.items()]
        print_json("crossfade.test-notification/1", {"id": notification.id, "channels": rows})
    else:
        out = console()
        for name, problem in told.items():
            out.print(Text(f"{name}: {problem or 'sent'}"))
        if any(isinstance(channel, Webhook) for channel in telling.channels):
            message(f"webhooks are signed with {context.settings.state_dir / f'{KEY_NAME}.key'}")
    if not told:
        message("no channel is configured: give addresses in [notify] urls or urls_file")
    if not told or any(told.values()):
        raise click.exceptions.Exit(ENVIRONMENT)


def _check(context: Context) -> None:
    if found := list(guard_problems(context.settings, context.endpoints)):
        raise wrong(found, "as a whole")


def _print(found: GuardOverview, lines: list[GuardLine]) -> None:
    out = console()
    domains: dict[str, list[GuardLine]] = {}
    for line in lines:
        domains.setdefault(line.seen.domain, []).append(line)
    idle = [
        name
        for name, own in domains.items()
        if all(line.state in {Shown.IDLE, Shown.LATCHED} for line in own)
    ]
    for name, own in domains.items():
        latched = next((line for line in own if line.state is Shown.LATCHED), None)
        if latched is not None:
            out.print(
                Text(f"{name} at {own[0].seen.stage}: latched until somebody advances it", style="bold")
            )
            out.print(Padding(Text(f"{latched.note}\n"), (0, 0, 0, 2)))
        if name not in idle:
            out.print(Text(f"{name} at {own[0].seen.stage}", style="bold"))
            out.print(_table([line for line in own if line.state is not Shown.IDLE]))
            for note in dict.fromkeys(line.note for line in own if line.note and line is not latched):
                out.print(Padding(Text(f"cannot tell: {note}"), (0, 0, 0, 2)))
            out.print()
    if quiet := [name for name in idle if not any(line.note for line in domains[name])]:
        out.print(Text(f"no guard watches at their stage: {', '.join(quiet)}"))
    out.print(Text(_who(found)))
    for sent in found.sent:
        out.print(Text(_how_it_went(sent)))


def _table(lines: list[GuardLine]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("  guard", no_wrap=True)
    for heading in ("now", "limit", "samples"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("in", justify="right", no_wrap=True)
    table.add_column("a breach", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for line in lines:
        seen = line.seen
        value = "-" if seen.look is None or seen.look.value is None else _figure(seen.guard, seen.look.value)
        table.add_row(
            f"  {seen.guard.measure}",
            value,
            _figure(seen.guard, seen.guard.limit),
            f"{0 if seen.look is None else seen.look.samples:,}",
            f"{seen.guard.window_s:g} s",
            "dry run" if seen.guard.dry_run else _DOES[seen.action],
            Text(state_words(line), style="bold red" if line.is_alarming else ""),
        )
    return table


def _figure(guard: Guard, value: float) -> str:
    return f"{value * 100:.3g} %" if guard.measure.is_share else f"{value:.2f}"


def _who(found: GuardOverview) -> str:
    if found.holder:
        return f"watched by {found.holder}"
    return "nobody watches: run crossfade guards watch, or the console"


def _how_it_went(sent: Sent) -> str:
    problem = f" ({sent.problem})" if sent.problem else ""
    return f"{sent.channel}: {sent.sent} sent, {sent.waiting} waiting, {sent.given_up} given up{problem}"


def _json(found: GuardOverview, lines: list[GuardLine]) -> dict[str, Any]:
    return {
        "version": found.survey.version,
        "holder": found.holder or None,
        "guards": [_line_json(line) for line in lines],
        "channels": [
            {
                "channel": one.channel,
                "sent": one.sent,
                "waiting": one.waiting,
                "given_up": one.given_up,
                "problem": one.problem,
            }
            for one in found.sent
        ],
    }


def _line_json(line: GuardLine) -> dict[str, Any]:
    seen = line.seen
    look = seen.look
    return {
        "domain": seen.domain,
        "stage": seen.stage.value,
        "guard": seen.guard.measure.value,
        "state": line.state.value,
        "held": line.held,
        "looks": seen.guard.looks,
        "value": None if look is None else look.value,
        "limit": seen.guard.limit,
        "samples": 0 if look is None else look.samples,
        "min_samples": seen.guard.min_samples,
        "window_s": seen.guard.window_s,
        "action": seen.action.value,
        "dry_run": seen.guard.dry_run,
        "words": "" if look is None else look.words,
        "note": line.note,
    }
