"""Child processes of Crossfade: started, awaited until they say that they are ready, ended."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.errors import UnavailableError

READY_WITHIN_S = 20.0
END_WITHIN_S = 10.0


class Child:
    """One child process that prints one JSON line when it is ready; its messages go to `log` or to our stderr.

    `ready` is what that line said. Raises UnavailableError, with the child's own last words, when it ends or
    is silent instead.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        log: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.arguments = tuple(arguments)
        self._log = log
        self._environment = environment or {}
        self.ready: dict[str, Any] = {}
        self._process = self._start()
        try:
            self.ready = self._await_ready()
        except BaseException:
            self.end()
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cli.main", *self.arguments]
        environment = os.environ | self._environment
        if self._log is None:
            return self._popen(command, environment, None)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            return self._popen(command, environment, log.fileno())

    def _popen(
        self, command: list[str], environment: dict[str, str], stderr: int | None
    ) -> subprocess.Popen[bytes]:
        # a session of its own: Ctrl-C reaches the parent alone, which ends its children in the right order
        return subprocess.Popen(  # noqa: S603  our own module with arguments that we made
            command, stdout=subprocess.PIPE, stderr=stderr, env=environment, start_new_session=True
        )

    def _await_ready(self) -> dict[str, Any]:
        stdout = self._process.stdout
        if stdout is None:
            raise AssertionError("started with a pipe")
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if select.select([stdout], [], [], 0.05)[0]:
                line = stdout.readline()
                if not line:
                    self._process.wait(END_WITHIN_S)
                    raise UnavailableError(f"{self.name} did not start: {self._last_words()}")
                ready: dict[str, Any] = json.loads(line)
                return ready
        raise UnavailableError(
            f"{self.name} was not ready within {READY_WITHIN_S:.0f} s: {self._last_words()}"
        )

    def _last_words(self) -> str:
        if self._log is None:
            return f"it ended with exit code {self._process.returncode}, see its message above"
        words = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return words[-1].removeprefix("crossfade: ") if words else f"see {self._log}"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the process is there."""
        if self.running:
            self._process.send_signal(number)

    def end(self) -> int:
        """Ask the process to finish what is in flight and to stop; kill it when it does not. Its exit code."""
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self._process.returncode

    def restart(self) -> None:
        """Start it again with the same arguments after it died."""
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = self._start()
        self.ready = self._await_ready()
