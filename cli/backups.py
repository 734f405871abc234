"""A backup of the whole database in one file, by PostgreSQL's own tools.

A backup is one snapshot: what was committed before it began, of all tables alike. A restore is one transaction, also
while backends run: it locks all tables first, waits for the requests in flight and yields to them. Both come in the version that fits the server: of the embedded PostgreSQL, else of the PATH.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cli.errors import UnavailableError, UsageError
from cli.postgres import embedded_tools

PATIENCE_S = 15.0
_DUMP_LOCK_TIMEOUT_S = 15
# Shorter than PostgreSQL's deadlock_timeout (1 s), so that in a deadlock it is always the restore that yields.
_RESTORE_LOCK_TIMEOUT_MS = 300
_LOCK_NOT_AVAILABLE = "55P03"
_CONNECT_TIMEOUT_S = 5
_PLAIN = ("--no-owner", "--no-privileges")


def back_up(url: str, file: Path) -> int:
    """Write the backup and return its size in bytes; the file appears when it is complete, and none is replaced."""
    if file.exists():
        raise UsageError(f"{file} exists; a backup never replaces a file")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent} is no directory")
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as directory:
        written = Path(directory) / file.name
        lock_timeout = f"-c lock_timeout={_DUMP_LOCK_TIMEOUT_S}s"
        arguments = ["--format=custom", *_PLAIN, f"--file={written}"]
        _check("pg_dump", _run(_tool("pg_dump", url), url, *arguments, options=lock_timeout))
        written.chmod(0o600)  # it holds whatever the database holds
        with written.open("rb") as content:
            os.fsync(content.fileno())
        try:
            os.link(written, file)
        except FileExistsError as error:
            raise UsageError(f"{file} exists; a backup never replaces a file") from error
    return file.stat().st_size


def require_backup(url: str, file: Path) -> int:
    """How many tables the backup holds; raises UsageError when it is none."""
    return len(_tables(url, file))


def _tables(url: str, file: Path) -> list[tuple[str, str]]:
    """Schema and name of each."""
    done = _call([_tool("pg_restore", url), "--list", str(file)])
    if done.returncode:
        raise UsageError(f"{file} is not a backup: {_reason(done.stderr)}")
    return re.findall(r"^\d+; \d+ \d+ TABLE (\S+) (\S+) ", done.stdout, re.MULTILINE)


def restore(url: str, file: Path, *, patience_s: float = PATIENCE_S) -> None:
    """Put every table of the backup back, all or nothing; tables that it does not know stay as they are.

    Raises UnavailableError that names who uses the tables where they stay in use for `patience_s`.
    """
    deadline = time.monotonic() + patience_s
    with tempfile.TemporaryDirectory(prefix="crossfade-restore-") as directory:  # its owner's alone
        script = Path(directory) / "restore.sql"
        arguments = ["--clean", "--if-exists", "--exit-on-error", *_PLAIN, f"--file={script}", str(file)]
        _check("pg_restore", _call([_tool("pg_restore", url), *arguments]))
        locked = _lock_of(url, _tables(url, file))
        while True:
            done = _run(
                *(_tool("psql", url), url, "--no-psqlrc", "--quiet", "--single-transaction"),
                *("--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose", *locked, f"--file={script}"),
            )
            if _LOCK_NOT_AVAILABLE not in done.stderr:
                return _check("psql", done)
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"the tables stayed in use for {patience_s:g} s, {_users_of(url)}; nothing was changed"
                )


def _lock_of(url: str, tables: list[tuple[str, str]]) -> list[str]:
    """What psql is told before the script: lock what is there of these tables, or give up soon."""
    with psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
        found = connection.execute(
            "SELECT format('%%I.%%I', s, t) FROM unnest(%s::text[], %s::text[]) AS u (s, t)"
            " WHERE to_regclass(format('%%I.%%I', s, t)) IS NOT NULL",
            [[schema for schema, _ in tables], [name for _, name in tables]],
        ).fetchall()
    if not found:
        return []
    names = ", ".join(name for (name,) in found)
    return [
        f"--command=SET LOCAL lock_timeout = {_RESTORE_LOCK_TIMEOUT_MS}",
        f"--command=LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE",
    ]


def _users_of(url: str) -> str:
    """Who is in a transaction on the database, by the names that they gave themselves."""
    with psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
        found = connection.execute(
            "SELECT coalesce(nullif(application_name, ''), 'unnamed'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            " GROUP BY 1 ORDER BY 1"
        ).fetchall()
    return (
        f"by {', '.join(f'{name} ({count})' for name, count in found)}" if found else "by whom is not known"
    )


def _run(tool: str, url: str, *arguments: str, options: str = "") -> subprocess.CompletedProcess[str]:
    said: dict[str, Any] = conninfo_to_dict(url)
    password = said.pop("password", None)  # not on a command line that others can read
    environment = {"PGOPTIONS": options} if options else {}
    if password:
        environment["PGPASSWORD"] = password
    command = [tool, f"--dbname={make_conninfo(**said)}", "--no-password", *arguments]
    return _call(command, environment)


def _call(
    command: list[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - PostgreSQL's own tool, by its path
        command, capture_output=True, text=True, check=False, env=os.environ | dict(environment or {})
    )


def _check(tool: str, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise UnavailableError(f"{tool} failed: {_reason(done.stderr)}; nothing was changed")


def _reason(said: str) -> str:
    """The first line that names an error, without the tool's name."""
    lines = [line for line in said.splitlines() if line.strip()] or ["it did not say why"]
    found = next((line for line in lines if "error:" in line.lower()), lines[0])
    return re.sub(r"^.*?error:\s*([0-9A-Z]{5}: )?", "", found, count=1, flags=re.IGNORECASE).strip()


def _tool(name: str, url: str) -> str:
    """The tool of the server's version, or the next newer one."""
    with psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
        server = connection.info.server_version // 10000
    found = [*embedded_tools(name), *filter(None, [shutil.which(name)])]
    by_version = sorted((version, str(path)) for path in found if (version := _version(str(path))) >= server)
    if not by_version:
        raise UnavailableError(f"there is no {name} for PostgreSQL {server}; install its client tools")
    return by_version[0][1]


def _version(tool: str) -> int:
    number = re.search(r"\d+", _call([tool, "--version"]).stdout)
    return int(number[0]) if number else 0
