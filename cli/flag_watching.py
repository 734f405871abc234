"""`crossfade flags watch`: changes and acknowledgements as they come."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, assert_never

import click
from rich.text import Text

from cli.context import Context, pass_context
from cli.flag_words import change_json, step_words, verdict_words
from cli.output import console
from cli.spans import Span
from proxy.flag_follow import Acknowledged, Begun, Changed, Event, Following, Joined, Left, pausing
from proxy.flag_rows import Change, Worker

SCHEMA = "crossfade.flags-watch/1"


@click.command()
@click.option("--for", "for_s", type=Span(), help="End after 90s, 15m, 2h, 7d; without it Ctrl-C ends it.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, with a versioned schema."
)
@pass_context
def watch(context: Context, for_s: float | None, as_json: bool) -> None:
    """Show the flag version, who changes what, and which proxy worker has acknowledged it, as it happens."""
    out, operations = console(), context.operations
    with _noting_signals() as came:
        for event in Following(operations, pausing(for_s, lambda: bool(came), operations.pause_s)).events():
            if as_json:
                click.echo(json.dumps({"schema": SCHEMA, "at": _now().isoformat(), **event_json(event)}))
            else:
                for line in lines_of(event, _now()):
                    out.print(Text(line))
    if came:
        raise KeyboardInterrupt


@contextmanager
def _noting_signals() -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM as they come: as an exception one can be lost, for Python ignores it in a weak reference's callback."""
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _frame: came.append(got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _now() -> datetime:
    return datetime.now(UTC)


def lines_of(event: Event, now: datetime) -> list[str]:
    """What is printed of an event."""
    at = f"{now:%H:%M:%S}"
    match event:
        case Begun(version, workers):
            told = [f"  {one.name} (pid {one.pid}) serves version {one.version}" for one in workers]
            return [f"{at}  flag version {version}", *(told or ["  no proxy worker is running"])]
        case Changed(change):
            return [f"{at}  version {change.version}: {_what(change)}", *_change_lines(change)]
        case Acknowledged(worker, is_last):
            return [f"{at}  {worker.name} serves version {worker.version}{', as all do' if is_last else ''}"]
        case Joined(worker):
            return [f"{at}  {worker.name} (pid {worker.pid}) has come, and serves {_version(worker)}"]
        case Left(worker):
            return [f"{at}  {worker.name} (pid {worker.pid}) has gone"]
        case _:
            assert_never(event)


def _what(change: Change) -> str:
    return f"{change.action} by {change.actor}: {change.reason}"


def _change_lines(change: Change) -> list[str]:
    lines = [f"  {step_words(row.key, row.before, row.after)}" for row in change.rows] or [f"  {change.key}"]
    if change.verdict is not None:
        lines.append(f"  {verdict_words(change.verdict, forced=change.forced)}")
    return lines


def _version(worker: Worker) -> str:
    return "nothing yet" if worker.version < 0 else f"version {worker.version}"


def event_json(event: Event) -> dict[str, Any]:
    """JSON values."""
    match event:
        case Begun(version, workers):
            return {"event": "begun", "version": version, "workers": [_worker_json(one) for one in workers]}
        case Changed(change):
            return {"event": "changed", "change": change_json(change)}
        case Acknowledged(worker, is_last):
            return {"event": "acknowledged", **_worker_json(worker), "last": is_last}
        case Joined(worker):
            return {"event": "joined", **_worker_json(worker)}
        case Left(worker):
            return {"event": "left", **_worker_json(worker)}
        case _:
            assert_never(event)


def _worker_json(worker: Worker) -> dict[str, Any]:
    return {"worker": worker.name, "id": worker.id, "pid": worker.pid, "version": worker.version}
