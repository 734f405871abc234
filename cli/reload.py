"""`crossfade reload` and `crossfade restart`: tell a `crossfade up` that runs; and what a reload cannot change."""

import fcntl
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from cli.alone import alone
from cli.context import Context, pass_context
from cli.errors import UnavailableError
from cli.output import json_option, message, print_json
from cli.settings import Settings
from cli.workers import proxy_settings, require_backends, runtime_socket

WITH_ROLLING_RESTART: Mapping[str, str] = {
    "proxy.admin": "proxy.admin",
    "proxy.tls_certificate": "proxy.tls_certificate",
    "proxy.tls_key": "proxy.tls_key",
    "store.url": "store_url",
    "mirror.max_bytes": "mirror.max_bytes",
    "telemetry": "telemetry",
}
"""Settings that a worker reads when it starts, and where they are."""
WITH_RESTART: Mapping[str, str] = {
    "proxy.listen": "proxy.listen",
    "proxy.workers": "proxy.workers",
    "state_dir": "state_dir",
    "console.enabled": "console.enabled",
}
"""Settings that `crossfade up` itself reads when it starts."""


def different(before: Settings, after: Settings, keys: Mapping[str, str]) -> list[str]:
    """Which of these settings changed."""
    return [key for key, path in keys.items() if _at(before, path) != _at(after, path)]


def _at(settings: Settings, path: str) -> object:
    value: object = settings
    for part in path.split("."):
        value = getattr(value, part)
    return value


@contextmanager
def announced(state_dir: Path) -> Iterator[None]:
    """Be the `crossfade up` of that state directory. Raises UnavailableError when another is."""
    with alone(_file(state_dir), "crossfade up"):
        yield


def running_pid(state_dir: Path) -> int:
    """Who runs there. Raises UnavailableError when nobody does."""
    problem = f"no crossfade up runs in {state_dir}"
    try:
        with _file(state_dir).open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:  # held by whoever wrote it, so the number is good
                pid = stream.read().partition(" ")[0]
                if pid.isdigit():
                    return int(pid)
    except OSError as error:
        raise UnavailableError(problem) from error
    raise UnavailableError(problem)


def _file(state_dir: Path) -> Path:
    return state_dir / "up.pid"


@click.command()
@json_option
@pass_context
def reload(context: Context, as_json: bool) -> None:
    """Make the crossfade up of this state directory read its configuration again, without dropping a connection."""
    require_backends(context.settings)
    proxy_settings(context, runtime_socket(context.settings))
    context.rules()
    pid = running_pid(context.settings.state_dir)
    os.kill(pid, signal.SIGHUP)
    if as_json:
        print_json("crossfade.reload/1", {"pid": pid})
    message(f"crossfade up (pid {pid}) reads its configuration again, and says what comes of it")


@click.command()
@json_option
@pass_context
def restart(context: Context, as_json: bool) -> None:
    """Make the crossfade up of this state directory restart its workers one after another, while they serve."""
    pid = running_pid(context.settings.state_dir)
    os.kill(pid, signal.SIGUSR2)
    if as_json:
        print_json("crossfade.restart/1", {"pid": pid})
    message(f"crossfade up (pid {pid}) restarts its workers one after another, and says when each is done")
