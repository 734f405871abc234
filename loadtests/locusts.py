"""Locust, imported once for all blocks of a load test: `python -m loadtests.locusts` forks the processes of each.

To import it takes as long as a short block. A line on its stdin is a block, the next one on its stdout are the
processes that run it, and each after that says of one of them how it ended; what they print goes to files of their
own. Importing Locust patches the whole process (gevent), so only that one does.
"""

import inspect
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from loadtests.children import Child
from loadtests.errors import LoadTestError
from loadtests.generators import SILENCE_S

_START_WITHIN_S = 20.0
_END_WITHIN_S = 5.0
_MISSED_WITHIN_S = SILENCE_S + 30.0
"""For a master to see that a worker is gone, and to have the others end."""
OURS = "crossfade: "
"""What a sentence for the user begins with, among the lines that Locust logs."""
_NEEDED = (
    "loadtests.users.arriving",
    "loadtests.users.closed",
    "loadtests.users.nodes",
    "loadtests.users.stages",
)
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

    def run(
        self,
        arguments: Sequence[str],
        log: Path,
        timeout_s: float,
        *,
        workers: Sequence[Sequence[str]] = (),
        connect_within_s: float | None = None,
    ) -> tuple[int | None, str]:
        """Run Locust with these arguments; its exit code, None when it was killed after that time, and its last words.

        With `workers` it is their master; what is left of them when it has ended is killed. One that is the worker of a
        master elsewhere is ended by SIGALRM where that is not there in time (see `users/worker.py`). Raises
        LoadTestError when no process can be started.
        """
        commands = [arguments, *workers]
        files = _files(log, len(commands))
        self._child.feed(
            json.dumps({"commands": [*map(list, commands)], "files": files, "alarm_s": connect_within_s})
        )
        pids = self._next(_START_WITHIN_S)
        if pids is None:
            raise LoadTestError(f"no Locust starts: {self._child.last_words()}")
        ended = self._ended(pids, timeout_s)
        self._end([pid for pid in pids if pid not in ended], _END_WITHIN_S if pids[0] in ended else 0.0)
        first = pids[0]
        if first in ended:
            return ended[first], _last_words(files[0][1])
        lost = next((number for number, pid in enumerate(pids) if pid in ended), None)
        return (None, "") if lost is None else (ended[pids[lost]], _last_words(files[lost][1]))

    def _ended(self, pids: Sequence[int], timeout_s: float) -> dict[int, int]:
        """Exit codes by process, once the first one or the time is at its end; no worker is outlived for long."""
        ended: dict[int, int] = {}
        deadline = time.monotonic() + timeout_s
        while pids[0] not in ended:
            line = self._next(max(0.0, deadline - time.monotonic()))
            if line is None:
                break
            ended[line[0]] = line[1]
            deadline = min(deadline, time.monotonic() + _MISSED_WITHIN_S)
        return ended

    def _end(self, left: Sequence[int], within_s: float) -> None:
        """Wait for what is left, and kill what does not end."""
        deadline = time.monotonic() + within_s
        still = {*left}
        while still and (line := self._next(max(0.0, deadline - time.monotonic()))) is not None:
            still.discard(line[0])
        for pid in still:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for _ in still:
            self._next(_START_WITHIN_S)

    def _next(self, within_s: float) -> Any:
        line = self._child.line(self._lines, within_s)
        self._lines += line is not None
        return None if line is None else json.loads(line)


def _files(log: Path, processes: int) -> list[tuple[str, str]]:
    """Where each of them has its stdout and stderr."""
    stems = [log, *(log.with_name(f"{log.name}-worker{number}") for number in range(1, processes))]
    return [(str(stem.with_suffix(".out")), str(stem.with_suffix(".err"))) for stem in stems]


def _last_words(file: str) -> str:
    """The last line that is a sentence of ours, else the last one."""
    lines = [line.strip() for line in Path(file).read_text(errors="replace").splitlines() if line.strip()]
    ours = [line.removeprefix(OURS) for line in lines if line.startswith(OURS)]
    return next(reversed(ours or lines), "it said nothing")


def serve() -> None:
    """Fork for each block, until stdin ends."""
    from importlib import import_module

    locust = import_module("locust.main")
    for name in _NEEDED:
        import_module(name)
    # Locust looks for the file of every module when it stops a load, a tenth of a second in which nobody takes answers
    inspect.stack()
    # Locust's own blocks make their event loop; here is none that would have to survive a fork
    original = import_module("gevent.monkey").get_original
    fork, wait = original("os", "fork"), original("os", "waitpid")
    _say({})
    for line in sys.stdin:
        block = json.loads(line)
        pids = []
        for arguments, files in zip(block["commands"], block["files"], strict=True):
            pid = fork()
            if pid == 0:
                if block["alarm_s"] is not None:
                    signal.setitimer(signal.ITIMER_REAL, block["alarm_s"])
                _become(locust.main, arguments, files)
            pids.append(pid)
        _say(pids)
        for _ in pids:
            ended, status = wait(-1, 0)
            _say([ended, os.waitstatus_to_exitcode(status)])


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
