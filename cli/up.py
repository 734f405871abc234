"""`crossfade up`: a proxy in front of two backends, and a parity worker; watched until it is ended."""

import os
import socket
from typing import TYPE_CHECKING

import click

from cli import starting
from cli.context import Context, pass_context
from cli.errors import UnavailableError
from cli.output import Progress, json_option, message, print_json
from cli.reload import announced
from cli.sections import console_address, host_and_port
from cli.settings import Settings, load_settings
from cli.workers import require_backends
from proxy.addresses import Address

if TYPE_CHECKING:
    from cli.supervisor import Running

PROBE_WITHIN_S = 3.0


@click.command()
@click.option("--legacy", metavar="URL", help="The legacy backend; wins over [backends] legacy.")
@click.option("--modern", metavar="URL", help="The modern backend; wins over [backends] modern.")
@click.option("--listen", metavar="HOST:PORT", help="Where clients connect; wins over [proxy] listen.")
@click.option(
    "--admin", metavar="HOST:PORT", help="Where /livez and /readyz answer; wins over [proxy] admin."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), metavar="N", help="Proxy workers; wins over [proxy] workers."
)
@click.option("--no-probe", is_flag=True, help="Start although a backend does not answer yet.")
@json_option
@pass_context
def up(
    context: Context,
    legacy: str | None,
    modern: str | None,
    listen: str | None,
    admin: str | None,
    workers: int | None,
    no_probe: bool,
    as_json: bool,
) -> None:
    """Put the proxy in front of two backends and compare what they answer, until Ctrl-C."""
    overrides = {
        "CROSSFADE_BACKENDS__LEGACY": legacy,
        "CROSSFADE_BACKENDS__MODERN": modern,
        "CROSSFADE_PROXY__LISTEN": listen,
        "CROSSFADE_PROXY__ADMIN": admin,
        "CROSSFADE_PROXY__WORKERS": None if workers is None else str(workers),
    }
    typed = {key: value for key, value in overrides.items() if value is not None}
    os.environ.update(typed)  # what was typed wins, here and in the workers
    context.settings = load_settings(context.config)
    for name, url in require_backends(context.settings).items():
        if not no_probe:
            probe(name, url, "start it, or use --no-probe to start without it")
    context.rules()  # a bad rule is reported now, not by a worker
    _ = context.flags
    from cli.supervisor import Running

    with announced(context.settings.state_dir):
        with Progress() as progress:
            progress("starting the workers ...")
            running = Running(context)
        try:
            running.heed_signals()  # before anybody is told where it listens: who reads that may end it at once
            starting.begun()
            _say_where(context.settings, running, as_json=as_json)
            running.watch()
        finally:
            running.end()


def probe(name: str, url: str, advice: str = "start it first") -> None:
    """Raises UnavailableError, with advice, when nothing accepts a connection at `url`."""
    address = Address.of(url)
    try:
        if address.path is None:
            socket.create_connection((address.host, address.port), PROBE_WITHIN_S).close()
        else:
            with socket.socket(socket.AF_UNIX) as unix:
                unix.settimeout(PROBE_WITHIN_S)
                unix.connect(str(address.path))
    except OSError as error:
        raise UnavailableError(f"the {name} backend at {url} does not answer ({error}); {advice}") from error


def _console(settings: Settings) -> str:
    return console_address(settings.console, host_and_port(settings.console.listen)[1])


def _say_where(settings: Settings, running: "Running", *, as_json: bool) -> None:
    scheme = "http" if settings.proxy.tls_certificate is None else "https"
    proxy = f"{scheme}://{settings.proxy.listen.rpartition(':')[0]}:{running.port}"
    host = settings.proxy.admin.rpartition(":")[0]
    admins = [f"http://{host}:{child.ready['admin_port']}" for child in running.proxies]
    backends = {"legacy": settings.backends.legacy, "modern": settings.backends.modern}
    if as_json:
        values = {
            "proxy": proxy,
            "admin": admins[0],
            "admins": admins,
            **backends,
            "store": settings.store_url,
            "console": _console(settings) if settings.console.enabled else None,
        }
        print_json("crossfade.up/1", values)
        return
    message(f"proxy   {proxy}  (Ctrl-C stops it)")
    for admin in admins:
        message(f"admin   {admin}/readyz")
    message(f"legacy  {backends['legacy']}\nmodern  {backends['modern']}")
    if settings.console.enabled:
        message(f"console {_console(settings)}  (crossfade token create NAME --role admin lets you in)")
    message("next    crossfade advance <domain> --reason '...'   then   crossfade parity report")
