"""Run `crossfade …` as a user would and keep what it printed and its exit code."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.main import main
from tests.support.published import faults


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Crossfade = Callable[..., Ran]


class InProcess:
    """Runs the command in this process, with a state directory of its own: quick.

    What it prints as JSON must be as the published schema says.
    """

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state_dir: Path
    ) -> None:
        self.state_dir = state_dir
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setenv("CROSSFADE_STATE_DIR", str(state_dir))
        monkeypatch.setenv("CROSSFADE_ACTOR", "olivia")
        monkeypatch.chdir(state_dir)

    def __call__(self, *arguments: str, **environment: str) -> Ran:
        """Run one command, with these variables beside those that are there."""
        with self._monkeypatch.context() as only_now:
            for name, value in environment.items():
                only_now.setenv(name, value)
            return self._run(arguments)

    def _run(self, arguments: Sequence[str]) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["crossfade", *arguments])
        code = 0
        self._capsys.readouterr()
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = self._capsys.readouterr()
        assert faults(captured.out) == []
        return Ran(code, captured.out, captured.err)


def run_process(*arguments: str, state_dir: Path, timeout_s: float = 60, **environment: str) -> Ran:
    """Run the command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        cwd=Path(__file__).parent.parent.parent,
        env=os.environ | {"CROSSFADE_STATE_DIR": str(state_dir), "CROSSFADE_ACTOR": "olivia"} | environment,
    )
    assert faults(done.stdout) == []
    return Ran(done.returncode, done.stdout, done.stderr)
