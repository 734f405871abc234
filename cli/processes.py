"""Child processes of Crossfade: started, awaited until they say that they are ready, fed, ended."""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cli.errors import UnavailableError

READY_WITHIN_S = 20.0
END_WITHIN_S = 10.0
_PIPE_BYTES = 1_048_576


class Child:
    """One child process that prints one JSON line when it is ready; its messages go to `log` or to our stderr.

    `ready` is what that line said. Raises UnavailableError, with the child's own last words, when it ends or
    is silent instead; with `waits` False `is_ready` and `await_ready` do. What is in `feed` comes to its stdin, which then stays open
    for as long as we live.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        module: str = "cli.main",
        log: Path | None = None,
        environment: dict[str, str] | None = None,
        feed: bytes | None = None,
        pass_fds: Sequence[int] = (),
        waits: bool = True,
    ) -> None:
        self.name = name
        self.ready: dict[str, Any] = {}
        self.started_s = time.monotonic()
        self._command = [sys.executable, "-m", module, *arguments]
        self._log = log
        self._environment = environment or {}
        self._said = b""
        self._process = self._start(feed is not None, pass_fds)
        try:
            if feed is not None:
                self._open_feed(feed)
            if waits:
                self.await_ready()
        except BaseException:
            self.end()
            raise

    def _start(self, fed: bool, pass_fds: Sequence[int]) -> subprocess.Popen[bytes]:
        if self._log is None:
            return self._popen(None, fed, pass_fds)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            return self._popen(log.fileno(), fed, pass_fds)

    def _popen(self, stderr: int | None, fed: bool, pass_fds: Sequence[int]) -> subprocess.Popen[bytes]:
        # a session of its own: Ctrl-C reaches the parent alone, which ends its children in the right order
        return subprocess.Popen(  # noqa: S603  our own module with arguments that we made
            self._command,
            stdin=subprocess.PIPE if fed else None,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=os.environ | self._environment,
            start_new_session=True,
            pass_fds=pass_fds,
        )

    def _open_feed(self, line: bytes) -> None:
        if self._process.stdin is None:
            raise AssertionError("started with a pipe")
        descriptor = self._process.stdin.fileno()
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(descriptor, False)
        self.feed(line)

    def feed(self, line: bytes) -> None:
        """A line for its stdin. Raises UnavailableError when it takes none, and is of no use any more then."""
        if self._process.stdin is None:
            raise AssertionError("started without a feed")
        try:
            written = os.write(self._process.stdin.fileno(), line)
        except OSError as error:
            raise UnavailableError(f"{self.name} takes no settings: {error.strerror}") from error
        if written < len(line):
            self.kill()
            raise UnavailableError(f"{self.name} does not read its settings and was killed")

    def await_ready(self) -> None:
        """Return when it has said so. Raises UnavailableError as `is_ready` does."""
        while not self.is_ready(0.05):
            pass

    def is_ready(self, wait_s: float = 0.0) -> bool:
        """Whether it has said so. Raises UnavailableError when it ended, or is not within the bound."""
        if self.ready:
            return True
        if lines := self.said(wait_s):
            self.ready = lines[0]
            return True
        if not self.running:
            raise UnavailableError(f"{self.name} did not start: {self._last_words()}")
        if time.monotonic() - self.started_s > READY_WITHIN_S:
            raise UnavailableError(
                f"{self.name} was not ready within {READY_WITHIN_S:.0f} s: {self._last_words()}"
            )
        return False

    def said(self, wait_s: float = 0.0) -> list[dict[str, Any]]:
        """What it has said since the last time; waits for that long when there is nothing."""
        stdout = self._process.stdout
        if stdout is None:
            raise AssertionError("started with a pipe")
        if not stdout.closed and select.select([stdout], [], [], wait_s)[0]:
            piece = os.read(stdout.fileno(), 65_536)
            self._said += piece
            if not piece:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(wait_s)
        *lines, self._said = self._said.split(b"\n")
        return [json.loads(line) for line in lines]

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

    @property
    def exit_code(self) -> int | None:
        """What it ended with: a signal is negative; None while it runs."""
        return self._process.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the process is there."""
        if self.running:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        self.signal(signal.SIGKILL)

    def end(self, within_s: float = END_WITHIN_S) -> int:
        """Ask the process to finish what is in flight and to stop; kill it when it does not. Its exit code."""
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return self._process.returncode
