"""Child processes of a load test or a benchmark: started in a session of their own, and ended by us."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from loadtests.errors import BenchError

_READY_WITHIN_S = 20.0
_END_WITHIN_S = 5.0
_POLL_S = 0.02


class Child:
    """One process; its stdout and stderr go to `<log>.out` and `<log>.err`. A context manager that ends it.

    `arguments` are those of the program, by default our own interpreter: such as `-m locust`. Who is `fed` has a pipe
    for its stdin.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        log: Path,
        program: str = sys.executable,
        fed: bool = False,
    ) -> None:
        self.name = name
        self._out = log.with_suffix(".out")
        self._err = log.with_suffix(".err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            # a session of its own: Ctrl-C reaches us alone, and we end it in order
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter or a peer, with arguments that we made
                [program, *arguments],
                stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait(self, timeout_s: float) -> int | None:
        """The exit code, or None when it still runs after that time."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def ready(self) -> dict[str, Any]:
        """What it says in its first line, a JSON object; raises BenchError when it ends or is silent instead."""
        line = self.line(0, _READY_WITHIN_S)
        if line is not None:
            said: dict[str, Any] = json.loads(line)
            return said
        if self._process.poll() is not None:
            raise BenchError(f"{self.name} did not start: {self.last_words()}")
        raise BenchError(f"{self.name} was not ready within {_READY_WITHIN_S:.0f} s: {self.last_words()}")

    def line(self, number: int, within_s: float) -> bytes | None:
        """The line of that number (from 0) of its stdout; None when it ends or that time is over before it comes."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            has_ended = self._process.poll() is not None
            *lines, _unfinished = self._out.read_bytes().split(b"\n")
            if len(lines) > number:
                return lines[number]
            if has_ended:
                return None
            time.sleep(_POLL_S)
        return None

    def feed(self, line: str) -> None:
        """A line for the stdin of one that is `fed`; one that has ended takes none."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()

    def last_words(self) -> str:
        """The last line it wrote to stderr."""
        lines = [line for line in self._err.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"it said nothing (exit code {self._process.poll()})"

    def ask_to_end(self) -> None:
        """Ask it to stop, and do not wait: who ends several asks all of them first."""
        if self._process.poll() is None:
            self._process.terminate()

    def end(self) -> None:
        """Ask it to stop, kill it if it does not."""
        self.ask_to_end()
        if self.wait(_END_WITHIN_S) is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
