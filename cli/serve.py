"""`crossfade serve legacy|modern`: one backend of the reference CRM as a process of its own."""

import asyncio
import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import uvloop
from aiohttp import web

from cli.context import Context, pass_context
from cli.errors import UnavailableError, UsageError
from cli.output import Progress, log_to_stderr, message
from cli.postgres import embedded_postgres
from parity.exchange import Backend

database_option = click.option(
    "--database-url",
    envvar="CROSSFADE_DATABASE_URL",
    help="A PostgreSQL of your own (CROSSFADE_DATABASE_URL); default: the embedded one of this checkout.",
)
"""Every command that needs the reference CRM's database takes `--database-url`."""


@contextlib.contextmanager
def database(url: str | None, data_dir: Path) -> Iterator[str]:
    """The database that was given, else the embedded one for as long as the context lasts."""
    if url is not None:
        if not url.startswith(("postgresql://", "postgres://")):
            raise UsageError(f"--database-url: {url!r}: expected a URL like postgresql://user@host/name")
        _reach(url)
        yield url
        return
    with Progress() as progress, embedded_postgres(data_dir, progress) as embedded:
        yield embedded


def _reach(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        raise UnavailableError(f"the database refuses: {str(error).strip().splitlines()[0]}") from error


@click.command()
@click.argument("backend", type=click.Choice([backend.value for backend in Backend]))
@click.option(
    "--port", type=click.IntRange(0, 65535), required=True, help="Where to listen on loopback; 0 takes any."
)
@click.option(
    "--pool-size", type=click.IntRange(1, 200), default=10, show_default=True, help="Database connections."
)
@click.option(
    "--rate-limit",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    help="Requests on /v1 that one client may make in 15 minutes; copies never count.",
)
@click.option(
    "--faults", is_flag=True, help="Serve the fault switch of modern (docs/faults.md). Off by default."
)
@click.option(
    "--announce", is_flag=True, hidden=True, help="Print one JSON line when ready (for parent processes)."
)
@database_option
@pass_context
def serve(
    context: Context,
    backend: str,
    port: int,
    pool_size: int,
    rate_limit: int,
    faults: bool,
    announce: bool,
    database_url: str | None,
) -> None:
    """Serve the legacy or the modern backend of the reference CRM.

    The JWT secret comes from CROSSFADE_JWT_SECRET (default: that of the recording, for local use only).
    """
    log_to_stderr()
    if faults and backend != Backend.MODERN:
        raise UsageError("--faults: the fault switch is modern's; legacy is as it was recorded")
    with database(database_url, context.settings.postgres_dir) as url:
        app = _application(
            context, Backend(backend), url, pool_size=pool_size, rate_limit=rate_limit, faults=faults
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(app, backend, port, announce=announce))


def _application(
    context: Context, backend: Backend, url: str, *, pool_size: int, rate_limit: int, faults: bool
) -> web.Application:
    shadow_secret = context.settings.key("shadow").decode()
    if backend is Backend.LEGACY:
        import legacy_bridge.app
        from legacy_bridge.rate_limits import RateLimit, RateLimits

        return legacy_bridge.app.create_app(
            database_url=url,
            jwt_secret=context.jwt_secret,
            shadow_secret=shadow_secret,
            pool_size=pool_size,
            rate_limits=RateLimits(general=RateLimit(rate_limit)),
        )
    import domains.server
    from domains.shared.rate_limits import RateLimit as Limit
    from domains.shared.rate_limits import RateLimits as Limits

    return domains.server.create_app(
        database_url=url,
        jwt_secret=context.jwt_secret,
        shadow_secret=shadow_secret,
        pool_size=pool_size,
        faults=faults,
        rate_limits=Limits(general=Limit(rate_limit)),
    )


async def _run(app: web.Application, backend: str, port: int, *, announce: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
    try:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        try:
            await site.start()
        except OSError as error:
            raise UnavailableError(f"port {port} on 127.0.0.1 cannot be used: {error.strerror}") from error
        bound = runner.addresses[0][1]
        if announce:
            click.echo(json.dumps({"port": bound}))
        message(f"{backend} serves http://127.0.0.1:{bound} (Ctrl-C stops it)")
        await stop.wait()
    finally:
        await runner.cleanup()
