"""`crossfade watch`: every domain, the workers and the ledger, live in the terminal."""

import json
import math
import sys
import time
from contextlib import suppress

import click
from rich.console import Console
from rich.live import Live

from cli.context import Context, pass_context
from cli.errors import UnavailableError
from cli.glance_text import SCHEMA, json_of, view_of
from cli.glances import INTERVAL_S, Glances, Reader
from cli.keys import pressed
from cli.output import console
from cli.spans import Span

HINT = "q ends it"
_LOOK_S = 0.1  # how soon a first glance is shown, and a key heeded


@click.command()
@click.option("--once", is_flag=True, help="Print how things stand, and end; so it is without a terminal.")
@click.option(
    "--for", "for_s", type=Span(), help="End after 90s, 15m, 2h, 7d; without it q or Ctrl-C ends it."
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object a second and line, with a versioned schema.",
)
@pass_context
def watch(context: Context, once: bool, for_s: float | None, as_json: bool) -> None:
    """Show every domain with stage, traffic, outcomes and verdict, the proxy workers and the ledger, as they change."""
    with suppress(UnavailableError):  # which is told below, and may pass
        context.operations.verdicts([])  # what is configured wrong is said before anything is shown
    out = console()
    if once or (not as_json and (not out.is_terminal or out.is_dumb_terminal)):
        _snapshot(context, out, as_json=as_json)
        return
    glances = Glances(Reader(context, quick=True).read)
    glances.start()
    until = math.inf if for_s is None else time.monotonic() + for_s
    try:
        if as_json:
            _print_lines(glances, until)
        else:
            _show(glances, out, until)
    finally:
        glances.stop()


def _snapshot(context: Context, out: Console, *, as_json: bool) -> None:
    glance = Reader(context).read()
    if as_json:
        _print_line(json_of(glance, now=time.time()))
    else:
        out.print(view_of(glance, now=time.time()))


def _print_lines(glances: Glances, until: float) -> None:
    next_at = time.monotonic()
    while (now := time.monotonic()) < until:
        glance = glances.latest()
        if glance.at is None and not glance.trouble:
            time.sleep(_LOOK_S)
            continue
        _print_line(json_of(glance, now=time.time()))
        next_at = max(next_at + INTERVAL_S, now)
        time.sleep(max(0.0, min(next_at, until) - time.monotonic()))


def _print_line(values: dict[str, object]) -> None:
    click.echo(json.dumps({"schema": SCHEMA, **values}, default=str))


def _show(glances: Glances, out: Console, until: float) -> None:
    with (
        pressed(sys.stdin) as key,
        Live(console=out, screen=True, auto_refresh=False, vertical_overflow="crop") as live,
    ):
        drawn: tuple[object, ...] = ()
        while time.monotonic() < until:
            glance, now = glances.latest(), time.time()
            # what it shows, the second, and the size of the window: else there is nothing to draw
            if drawn != (state := (glance, int(now), out.size)):
                live.update(view_of(glance, now=now, height=out.height, hint=HINT), refresh=True)
                drawn = state
            if key(_LOOK_S).lower() == "q":
                return
