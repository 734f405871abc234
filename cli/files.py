"""Files that a command reads within a bound, and those that it writes: whole, or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

from cli.errors import UsageError
from cli.output import message


def read_whole(file: Path, *, most_bytes: int) -> str:
    """The text of a file that somebody named. Raises UsageError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if len(content) > most_bytes:
        raise UsageError(f"{file}: expected at most {most_bytes:,} bytes, found {len(content):,}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: expected UTF-8: {error.reason} at byte {error.start}") from error


def write_whole(path: Path, text: str) -> None:
    """Write a file and say so; whoever reads it meanwhile has the one before. Raises OSError and leaves nothing behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(draft).chmod(0o666 & ~_umask())
        Path(draft).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(draft).unlink()
        raise
    message(f"wrote {path}")


def _umask() -> int:
    # there is no way to read it but to set it
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
