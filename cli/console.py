"""`crossfade console`: the web page and the API of whoever operates, as a process of its own.

What it is made of is imported when it runs, after its log is there (cli/logs.py says why).
"""

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING

import click
import uvloop

from cli import starting
from cli.context import Context, pass_context
from cli.errors import UnavailableError
from cli.logs import log_to_stderr
from cli.output import json_option, message, print_json
from cli.sections import console_address, host_and_port
from cli.settings import Settings, wrong

if TYPE_CHECKING:
    from proxy.console.seams import Sources, Watch
    from proxy.console.settings import ConsoleSettings

_NICE = 5


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Where it listens; wins over [console] listen.")
@click.option(
    "--supervised", is_flag=True, hidden=True, help="End when stdin does: whoever started it is gone."
)
@json_option
@pass_context
def console(context: Context, listen: str | None, supervised: bool, as_json: bool) -> None:
    """Serve the web page and the API of whoever operates, until Ctrl-C; `crossfade up` runs one by itself.

    Sign in with an access token (crossfade token create).
    """
    if listen is not None:
        section = type(context.settings.console)(**context.settings.console.model_dump() | {"listen": listen})
        context.settings = context.settings.model_copy(update={"console": section})
    log_to_stderr()
    from proxy.console.server import run_console
    from proxy.console.tokens import Tokens

    settings = console_settings(context.settings)
    sources = sources_of(context)
    watches = watches_of(context)
    os.nice(_NICE)  # the proxy beside it comes first

    def ready(port: int) -> None:
        starting.begun()
        if supervised:
            click.echo(json.dumps({"ready": True, "port": port}))
            return
        url = console_address(context.settings.console, port)
        if as_json:
            print_json("crossfade.console/1", {"console": url})
        else:
            message(f"console {url}  (Ctrl-C stops it)")
            if not Tokens(context.engine, context.flags).all():
                message("next    crossfade token create NAME --role admin   makes the first access token")

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if supervised:
            loop.add_reader(sys.stdin.fileno(), stop.set)
        await run_console(settings, sources, stop=stop, ready=ready, watches=watches)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(serve())
        except OSError as error:
            raise UnavailableError(f"cannot listen: {error}") from error


def sources_of(context: Context) -> "Sources":
    """What the console stands on; raises UsageError for a cell that verdicts cannot ask for."""
    from cli.by_store import StoreOperations
    from cli.control import control_of
    from cli.effective import effective
    from cli.guarding import shown_guards
    from cli.parity_verdict import judged, required_cells
    from proxy.console.seams import Sources

    required_cells(context)
    return Sources(
        engine=context.engine,
        flags=context.flags,
        control=control_of(context),
        endpoints=context.endpoints,
        judge=lambda domain: judged(context, domain),
        declared=context.declared,
        operations=lambda actor: StoreOperations(context, actor),
        settings=effective(context.settings),
        guards=shown_guards(context),
    )


def watches_of(context: Context) -> "list[Watch]":
    """What runs beside the pages; raises UsageError or `ChannelError`."""
    from cli.checks import guard_problems
    from cli.following import open_following
    from cli.guarding import open_guards
    from cli.piloting import pilot_of

    if found := list(guard_problems(context.settings, context.endpoints)):
        raise wrong(found, "the guards")
    guards = open_guards(context) if context.settings.guards.enabled else None
    return [one for one in (guards, open_following(context), pilot_of(context)) if one is not None]


def console_settings(settings: Settings) -> "ConsoleSettings":
    """The configuration as the console needs it; raises UsageError with every field that is wrong."""
    from cli.checks import console_problems
    from proxy.console.settings import ConsoleSettings
    from proxy.settings import TlsSettings

    if found := list(console_problems(settings)):
        raise wrong(found, "the console")
    section = settings.console
    host, port = host_and_port(section.listen)
    return ConsoleSettings(
        host=host,
        port=port,
        tls=None if section.tls_cert is None else TlsSettings(section.tls_cert, section.tls_key),
        hosts=frozenset(section.hosts),
        session_idle_s=section.session_idle_s,
        session_s=section.session_s,
        max_acceptance_days=settings.parity.max_acceptance_days,
    )
