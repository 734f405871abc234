"""Files that a command writes: whole, or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

from cli.output import message


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
