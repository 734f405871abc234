"""What Crossfade has of this machine: the state directory, the store, the ports."""

import errno
import os
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from cli.context import Context
from cli.errors import UnavailableError
from cli.findings import Finding, failed, ok, warning
from cli.reload import running_pid
from cli.sections import host_and_port
from cli.settings import Settings
from parity.database import writing
from parity.errors import ParityError
from proxy.errors import ProxyError

_LOW_BYTES = 2**30
_FULL_BYTES = 64 * 2**20
_SKEW_S = 2.0


def state_findings(settings: Settings) -> Iterator[Finding]:
    """The state directory: whether it can be written to, its room, and who may read its keys."""
    directory = settings.state_dir.resolve()
    there = next(parent for parent in (directory, *directory.parents) if parent.exists())
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        remedy = f"let this user write to {there}, or set state_dir"
        yield failed("state directory", f"{directory}: cannot be written to", remedy)
        return
    free = shutil.disk_usage(there).free
    said = f"{directory}: {free / 2**30:.1f} GiB free"
    if free < _FULL_BYTES:
        yield failed("state directory", said, "make room: the store takes nothing more soon")
    elif free < _LOW_BYTES:
        yield warning("state directory", said, "make room before the store needs it")
    else:
        yield ok("state directory", said if directory.exists() else f"{said}; it will be made")
    open_keys = [file.name for file in sorted(directory.glob("*.key")) if _is_open_to_others(file)]
    if open_keys:
        remedy = f"chmod 600 {' '.join(str(directory / name) for name in open_keys)}"
        said = f"others may read {', '.join(open_keys)}"
        yield failed("keys", said, remedy, is_environment=False)


def _is_open_to_others(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def has_store(settings: Settings) -> bool:
    """Whether there is a store to look at: the SQLite file of the state directory is made when it is first needed."""
    return bool(settings.store.url) or (settings.state_dir / "store.sqlite3").exists()


def store_finding(context: Context) -> Finding:
    """The store: whether it can be reached and written to, which database it is, and whether its clock is right."""
    settings = context.settings
    if not has_store(settings):
        return ok("store", "a new SQLite file in the state directory, when it is first needed")
    shown = sa.make_url(settings.store_url).render_as_string(hide_password=True)
    try:
        with writing(
            context.engine
        ) as connection:  # the store's tables are made by who needs them, not by who looks
            return _of_database(shown, connection)
    except (ParityError, ProxyError, sa.exc.SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        said = str(cause).strip().splitlines()[0]
        return failed("store", f"{shown}: {said}", "start it, or give another address as store.url")


def _of_database(shown: str, connection: sa.Connection) -> Finding:
    if connection.dialect.name == "sqlite":
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        said = f"{shown}: SQLite {version}, journal {mode}, can be written to"
        if mode == "wal":
            return ok("store", said)
        return warning("store", said, "put the state directory on a local disk: WAL is not to be had here")
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    skew_s = float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())
    skew_s -= time.time()
    said = f"{shown}: PostgreSQL {version}, can be written to"
    if connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on":
        return failed("store", f"{shown}: is read-only (a standby?)", "give the address of the primary")
    if not connection.exec_driver_sql("SELECT has_schema_privilege(current_schema(), 'CREATE')").scalar():
        return failed("store", f"{shown}: this user cannot make tables", "grant CREATE on its schema to it")
    if abs(skew_s) > _SKEW_S:
        return warning(
            "store", f"{said}; its clock is off by {skew_s:+.0f} s", "synchronize both clocks (NTP)"
        )
    return ok("store", said)


def port_findings(settings: Settings) -> Iterator[Finding]:
    """The ports of proxy and admin listeners: free, or this installation's own."""
    try:
        pid = running_pid(settings.state_dir)
    except UnavailableError:
        pid = 0
    host, port = host_and_port(settings.proxy.admin)
    admins = [(host, port + number) for number in range(settings.proxy.workers)] if port else [(host, 0)]
    for what, wanted in (("listen", [host_and_port(settings.proxy.listen)]), ("admin", admins)):
        shown = ", ".join(f"{host}:{port}" for host, port in wanted)
        if pid:
            yield ok(what, f"{shown}: crossfade up runs here (pid {pid})")
            continue
        problem = next(filter(None, (_cannot_bind(host, port) for host, port in wanted)), "")
        if problem:
            yield failed(what, problem, f"end what has it, or give another address as proxy.{what}")
        else:
            yield ok(what, f"{shown}: free")


def _cannot_bind(host: str, port: int) -> str:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(address)
    except OSError as error:
        said = "is in use" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        return f"{host}:{port}: {said}"
    return ""
