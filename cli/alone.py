"""One process at a time does a thing in a state directory: a file lock, which the kernel drops with who holds it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import UnavailableError


@contextmanager
def alone(file: Path, command: str) -> Iterator[None]:
    """Hold that file, in which the process id and the command stand meanwhile. Raises UnavailableError that says who does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid, _, other = stream.read().strip().partition(" ")
            raise UnavailableError(
                f"{other or command} (pid {pid or '?'}) already runs in {file.parent}"
            ) from error
        stream.truncate()
        stream.write(f"{os.getpid()} {command}")
        stream.flush()
        yield
        stream.truncate(0)
