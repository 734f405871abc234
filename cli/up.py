"""`crossfade up`: the proxy worker and the parity worker, started, watched and ended together."""

import os
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from cli.context import Context, pass_context
from cli.errors import UnavailableError, UsageError
from cli.output import Progress, json_option, message, print_json
from cli.processes import Child
from cli.settings import Settings, load_settings

PROBE_WITHIN_S = 3.0
LOOK_EVERY_S = 0.1
RESTART_PAUSE_S = 1.0


@click.command()
@click.option("--legacy", metavar="URL", help="The legacy backend; wins over [backends] legacy.")
@click.option("--modern", metavar="URL", help="The modern backend; wins over [backends] modern.")
@click.option("--listen", metavar="HOST:PORT", help="Where clients connect; wins over [proxy] listen.")
@click.option(
    "--admin", metavar="HOST:PORT", help="Where /livez and /readyz answer; wins over [proxy] admin."
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
    no_probe: bool,
    as_json: bool,
) -> None:
    """Put the proxy in front of two backends and compare what they answer, until Ctrl-C."""
    overrides = {
        "CROSSFADE_BACKENDS__LEGACY": legacy,
        "CROSSFADE_BACKENDS__MODERN": modern,
        "CROSSFADE_PROXY__LISTEN": listen,
        "CROSSFADE_PROXY__ADMIN": admin,
    }
    typed = {key: value for key, value in overrides.items() if value is not None}
    os.environ.update(typed)  # what was typed wins, here and in the workers
    context.settings = load_settings(context.config)
    for name, url in _backends(context.settings).items():
        if not no_probe:
            probe(name, url)
    context.rules()  # a bad rule is reported now, not by a worker
    _ = context.flags
    with Progress() as progress:
        progress("starting the workers ...")
        running = Running(context)
    try:
        running.heed_signals()  # before anybody is told where it listens: who reads that may end it at once
        _say_where(context.settings, running, as_json=as_json)
        running.watch()
    finally:
        running.end()


def _backends(settings: Settings) -> dict[str, str]:
    backends = {"legacy": settings.backends.legacy, "modern": settings.backends.modern}
    missing = [name for name, url in backends.items() if url is None]
    if missing:
        raise UsageError(
            "; ".join(
                f"no {name} backend: give --{name} URL or [backends] {name} in crossfade.toml"
                for name in missing
            )
        )
    return {name: url for name, url in backends.items() if url is not None}


def probe(name: str, url: str) -> None:
    """Raises UnavailableError when nothing accepts a connection at `url`."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), PROBE_WITHIN_S).close()
    except OSError as error:
        raise UnavailableError(
            f"the {name} backend at {url} does not answer ({error}); start it, or use --no-probe to start without it"
        ) from error


def runtime_socket(settings: Settings) -> Path:
    """Where the parity worker listens; a Unix socket's path may have 107 bytes at most."""
    path = (settings.state_dir / "parity.sock").resolve()
    if len(os.fsencode(path)) > 107:
        raise UsageError(
            f"state_dir: {str(settings.state_dir)!r}: too long for a Unix socket; expected a shorter path"
        )
    return path


def _say_where(settings: Settings, running: "Running", *, as_json: bool) -> None:
    proxy = f"http://{settings.proxy.listen.rpartition(':')[0]}:{running.proxy.ready['port']}"
    admin = f"http://{settings.proxy.admin.rpartition(':')[0]}:{running.proxy.ready['admin_port']}"
    backends: Mapping[str, str | None] = settings.backends.model_dump()
    if as_json:
        print_json(
            "crossfade.up/1", {"proxy": proxy, "admin": admin, **backends, "store": settings.store_url}
        )
        return
    message(f"proxy   {proxy}  (Ctrl-C stops it)")
    message(f"admin   {admin}/readyz")
    message(f"legacy  {backends['legacy']}\nmodern  {backends['modern']}")
    message("next    crossfade flip <domain> shadow --reason '...'   then   crossfade parity report")


class Running:
    """The two workers; each is restarted when it dies, without touching the other."""

    def __init__(self, context: Context, *, log_dir: Path | None = None) -> None:
        options, parity_socket = context.config_arguments, runtime_socket(context.settings)
        logs = {name: log_dir / f"{name}.log" if log_dir else None for name in ("parity", "proxy")}
        self.parity = Child(
            "the parity worker",
            [*options, "parity-worker", "--socket", str(parity_socket)],
            log=logs["parity"],
        )
        try:
            self.proxy = Child(
                "the proxy worker",
                [*options, "proxy-worker", "--parity-socket", str(parity_socket)],
                log=logs["proxy"],
            )
        except BaseException:
            self.parity.end()
            raise
        self._stopping = False

    def heed_signals(self) -> None:
        """From now on SIGTERM and Ctrl-C end `watch`, also when they come before it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def watch(self) -> None:
        """Restart what dies; return when a heeded signal has come."""
        while not self._stopping:
            self.look()
            time.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Start again what died."""
        for child in (self.parity, self.proxy):
            if not child.running and not self._stopping:
                message(f"{child.name} died and is started again")
                self._restart(child)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    @staticmethod
    def _restart(child: Child) -> None:
        try:
            child.restart()
        except UnavailableError as error:
            message(f"crossfade: {error}")
            time.sleep(RESTART_PAUSE_S)

    def end(self) -> None:
        """The proxy first, so that what it captured is still handed over."""
        self.proxy.end()
        self.parity.end()
