"""A pilot in the foreground: it walks while the command runs, and says what it does."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from cli.context import Context
from cli.output import console, message
from cli.pilot_words import event_of, event_text, run_json
from parity.errors import StoreError
from proxy.errors import ConflictError, FlagStoreError, NotAcknowledgedError, PilotError
from proxy.pilot import Pilot, Walked
from proxy.pilot_decision import Go, Wait
from proxy.pilot_runs import PilotRun, RunState
from proxy.served import ACKNOWLEDGE_WITHIN_S

SCHEMA = "crossfade.pilot-walk/1"
PAUSED = 4
_INTERRUPTED = 130


def here_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--here`."""
    return click.option("--here", is_flag=True, help="Walk in this process, until done, paused or Ctrl-C.")(
        command
    )


def walk_here(
    context: Context, pilot: Pilot, domain: str, begin: Callable[[], PilotRun], *, as_json: bool
) -> None:
    """Begin and walk a run until it is over or paused (exit code 4); Ctrl-C pauses it (130)."""
    if not pilot.hold(domain):
        raise PilotError(f"another process walks {domain}: {pilot.holder(domain)}")
    try:
        begin()
        run = _walk(context, pilot, domain, as_json=as_json)
    except KeyboardInterrupt:
        run = pilot.runs.get(domain)
        if run.state is RunState.RUNNING:
            run = pilot.runs.pause(
                run, f"{context.actor} ended the command that walked it", actor=context.actor
            )
        message(
            f"crossfade: the pilot of {domain} is {run.state}, the flag stays as it is; "
            f"crossfade pilot resume {domain} [--here] goes on, crossfade rollback {domain} goes back"
        )
        raise click.exceptions.Exit(_INTERRUPTED) from None
    finally:
        pilot.release(domain)
    if run.state is RunState.PAUSED:
        message(f"crossfade: paused; crossfade pilot resume {domain} [--here] goes on")
        raise click.exceptions.Exit(PAUSED)
    message(f"crossfade: the pilot of {domain} is {run.state}")


def _walk(context: Context, pilot: Pilot, domain: str, *, as_json: bool) -> PilotRun:
    said = ""
    while True:
        try:
            walked = _once(pilot, domain)
        except ConflictError:
            pass  # somebody else changed something at the same moment: next time
        except (StoreError, FlagStoreError) as error:
            message(f"crossfade: {error}")
        else:
            # what is missing has other figures each time: said once for each kind of wait
            kind = walked.decision.kind if isinstance(walked.decision, Wait) else ""
            if not kind or kind != said:
                _say(context, walked, as_json=as_json)
            said = kind
            if walked.run.state is not RunState.RUNNING:
                return walked.run
            if isinstance(walked.decision, Go):
                continue
        time.sleep(pilot.settings.every_s)


def _once(pilot: Pilot, domain: str) -> Walked:
    if not pilot.hold(domain):
        raise PilotError(f"another process walks {domain} now: {pilot.holder(domain)}")
    return pilot.walk(domain)


def _say(context: Context, walked: Walked, *, as_json: bool) -> None:
    now = datetime.now(UTC)
    kind, words = event_of(walked.decision)
    served = "" if walked.change is None else _served(context, walked.change.version)
    if as_json:
        values = {"at": now.isoformat(), "event": kind, "words": words, "run": run_json(walked.run, "")}
        click.echo(json.dumps({"schema": SCHEMA, **values}))
    else:
        console().print(
            f"{now:%H:%M:%S}  {walked.run.domain} {event_text(kind, words)}{served}", markup=False
        )


def _served(context: Context, version: int) -> str:
    """Where the step is in force; that a worker does not answer undoes nothing."""
    try:
        count = len(context.flags.wait_acknowledged(version, ACKNOWLEDGE_WITHIN_S))
    except NotAcknowledgedError as error:
        return f" ({error})"
    workers = "1 proxy worker" if count == 1 else f"{count} proxy workers"
    return f" (version {version}, served by {workers})" if count else f" (version {version})"
