"""A PostgreSQL that the tests have for themselves: in memory where there is room, in no hurry to keep anything."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from cli.postgres import embedded_postgres

MEMORY = Path("/dev/shm")  # noqa: S108  only directories of our own are made there
ROOM_BYTES = 2 * 2**30
"""Several workers of xdist have one each, of some 200 MiB."""
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "128MB"}
"""What a power failure would lose matters to no test: commits do not wait for the disk."""

# ends what runs there when its stdin ends, as it does with the process that held it, however that ended
_REMOVE = """
cat
cd "$1" && read -r pid <data/postmaster.pid && kill -QUIT "$pid"
tries=0
while test -e data/postmaster.pid && test $tries -lt 200; do sleep 0.05; tries=$((tries + 1)); done
rm -rf "$1"
"""


def memory() -> Path | None:
    """Where directories are in memory, if there is room; None for the usual place."""
    has_room = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES
    return MEMORY if has_room else None


@contextmanager
def own_postgres() -> Iterator[str]:
    """Its URL; made, and in every case ended and removed, also when this process is killed."""
    with removed_in_the_end() as directory, embedded_postgres(directory / "data") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for name, value in SETTINGS.items():
                statement = sql.SQL("ALTER SYSTEM SET {} = {}").format(
                    sql.Identifier(name), sql.Literal(value)
                )
                connection.execute(statement)
            connection.execute("SELECT pg_reload_conf()")
        yield url


@contextmanager
def removed_in_the_end() -> Iterator[Path]:
    """A directory for a PostgreSQL in `data`; when this process has ended, the server is ended and all removed."""
    # not below pytest's own directory: other runs remove old ones of those, with a server in it
    directory = tempfile.mkdtemp(prefix="crossfade-tests-", dir=memory())
    with subprocess.Popen(
        ["sh", "-c", _REMOVE, "sh", directory],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the tests, and what they end comes first
    ):
        yield Path(directory)
