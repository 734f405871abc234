"""Locust, imported once for all blocks of a load test: `python -m loadtests.locusts` forks a process for each.

To import it takes as long as a short block. A line on its stdin is a block, the next two on its stdout are the process
that runs it and the exit code of that; what it prints goes to files of its own. Importing Locust patches the whole
process (gevent), so only that one does.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from loadtests.children import Child
from loadtests.errors import LoadTestError

_START_WITHIN_S = 20.0
_NEEDED = ("domains.routes", "loadtests.users.arriving", "loadtests.users.closed", "loadtests.users.stages")
"""What every block imports, beside Locust."""


class Locusts:
    """Runs blocks one after the other. A context manager that ends what it has started."""

    def __init__(self, log: Path) -> None:
        self._child = Child("Locust", ["-m", "loadtests.locusts"], log=log, fed=True)
        self._lines = 1  # it says first that it is ready

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGTERM)  # and who runs a block
        self._child.end()

    @property
    def pid(self) -> int:
        """The process that forks."""
        return self._child.pid

    def run(self, arguments: Sequence[str], log: Path, timeout_s: float) -> tuple[int | None, str]:
        """Run Locust with these arguments; its exit code, None when it was killed after that time, and its last words.

        Raises LoadTestError when no process can be started.
        """
        files = log.with_suffix(".out"), log.with_suffix(".err")
        self._child.feed(json.dumps({"arguments": [*arguments], "files": [*map(str, files)]}))
        begun = self._next(_START_WITHIN_S)
        if begun is None:
            raise LoadTestError(f"no Locust starts: {self._child.last_words()}")
        ended = self._next(timeout_s)
        if ended is None:
            with suppress(ProcessLookupError):
                os.kill(begun, signal.SIGKILL)
            self._next(_START_WITHIN_S)
            return None, ""
        lines = [line for line in files[1].read_text(errors="replace").splitlines() if line.strip()]
        return ended, lines[-1].strip() if lines else "it said nothing"

    def _next(self, within_s: float) -> int | None:
        line = self._child.line(self._lines, within_s)
        self._lines += line is not None
        return None if line is None else int(line)


def serve() -> None:
    """Fork for each block, until stdin ends."""
    from importlib import import_module

    locust = import_module("locust.main")
    for name in _NEEDED:
        import_module(name)
    # Locust's own blocks make their event loop; here is none that would have to survive a fork
    original = import_module("gevent.monkey").get_original
    fork, wait = original("os", "fork"), original("os", "waitpid")
    _say({})
    for line in sys.stdin:
        block = json.loads(line)
        pid = fork()
        if pid == 0:
            _become(locust.main, block["arguments"], block["files"])
        _say(pid)
        _say(os.waitstatus_to_exitcode(wait(pid, 0)[1]))


def _become(main: Any, arguments: Sequence[str], files: Sequence[str]) -> NoReturn:
    """Locust, as if it had been started with these arguments and files for stdout and stderr."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.argv = ["locust", *arguments]
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    except Exception:  # noqa: BLE001  a process of its own would end so
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code if isinstance(code, int) else 1)


def _say(value: Any) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
