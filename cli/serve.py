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

from cli import starting
from cli.context import Context, pass_context
from cli.errors import UnavailableError, UsageError
from cli.logs import log_to_stderr
from cli.output import Progress, message
from cli.postgres import embedded_postgres
from cli.sections import LimitsSection
from cli.without import without
from parity.exchange import Backend

_UNUSED = ("requests", "websocket", "cryptography")
"""What the packages for socket.io and for tokens import beside: clients, and signatures other than those of HS256."""
_OF_RELAYS = ("redis",)
"""For modern, where it has a relay; all that is a quarter of the start of a backend."""

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
    help="Requests on /v1 that one client may make in 15 minutes, copies never count; wins over limits.requests.",
)
@click.option(
    "--failed-auth-limit",
    type=click.IntRange(1),
    help="Failed ones on /v1/auth among them; wins over limits.failed_auth.",
)
@click.option(
    "--trusted-hops",
    type=click.IntRange(0, 10),
    help="Proxies in front of modern, whose X-Forwarded-For says who the client is; wins over limits.trusted_hops.",
)
@click.option(
    "--faults", is_flag=True, help="Serve the fault switch of modern (docs/faults.md). Off by default."
)
@click.option(
    "--cache-mib",
    type=click.IntRange(0, 4096),
    default=64,
    show_default=True,
    help="Memory of modern's cache of answers; 0 is none.",
)
@click.option(
    "--slow-ms",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    help="From when on modern warns of a request.",
)
@click.option(
    "--relay",
    metavar="URL",
    help="NATS or Redis, through which several processes of modern tell each other's sockets.",
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
    rate_limit: int | None,
    failed_auth_limit: int | None,
    trusted_hops: int | None,
    faults: bool,
    cache_mib: int,
    slow_ms: int,
    relay: str | None,
    announce: bool,
    database_url: str | None,
) -> None:
    """Serve the legacy or the modern backend of the reference CRM.

    The JWT secret comes from CROSSFADE_JWT_SECRET (default: that of the recording, for local use only).
    """
    log_to_stderr()
    if faults and backend != Backend.MODERN:
        raise UsageError("--faults: the fault switch is modern's; legacy is as it was recorded")
    if trusted_hops is not None and backend != Backend.MODERN:
        raise UsageError("--trusted-hops: legacy believes whatever X-Forwarded-For says, as it was recorded")
    given = {"requests": rate_limit, "failed_auth": failed_auth_limit, "trusted_hops": trusted_hops}
    limits = context.settings.limits.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    with database(database_url, context.settings.postgres_dir) as url:
        if backend == Backend.LEGACY:
            app = _legacy(context, url, pool_size=pool_size, limits=limits)
        else:
            app = _modern(
                context,
                url,
                pool_size=pool_size,
                limits=limits,
                faults=faults,
                cache_mib=cache_mib,
                slow_ms=slow_ms,
                relay=relay,
            )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(app, backend, port, announce=announce))


def _legacy(context: Context, url: str, *, pool_size: int, limits: LimitsSection) -> web.Application:
    with without(*_UNUSED, *_OF_RELAYS):
        import legacy_bridge.app
    from legacy_bridge.rate_limits import RateLimit, RateLimits

    return legacy_bridge.app.create_app(
        database_url=url,
        jwt_secret=context.jwt_secret,
        shadow_secret=context.settings.key("shadow").decode(),
        pool_size=pool_size,
        rate_limits=RateLimits(RateLimit(limits.requests), RateLimit(limits.failed_auth)),
    )


def _modern(
    context: Context,
    url: str,
    *,
    pool_size: int,
    limits: LimitsSection,
    faults: bool,
    cache_mib: int,
    slow_ms: int,
    relay: str | None,
) -> web.Application:
    with without(*_UNUSED, *(_OF_RELAYS if relay is None else ())):
        import domains.server
    from domains.shared.caching import CacheSettings
    from domains.shared.rate_limits import RateLimit, RateLimits

    try:
        return domains.server.create_app(
            database_url=url,
            jwt_secret=context.jwt_secret,
            shadow_secret=context.settings.key("shadow").decode(),
            pool_size=pool_size,
            faults=faults,
            rate_limits=RateLimits(
                RateLimit(limits.requests), RateLimit(limits.failed_auth), limits.trusted_hops
            ),
            cache=CacheSettings(max_bytes=cache_mib * 2**20),
            slow_s=slow_ms / 1_000,
            relay_url=relay,
        )
    except ValueError as error:
        raise UsageError(f"--relay: {error}") from error


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
        starting.begun()
        if announce:
            click.echo(json.dumps({"port": bound}))
        message(f"{backend} serves http://127.0.0.1:{bound} (Ctrl-C stops it)")
        await stop.wait()
    finally:
        await runner.cleanup()
