"""Two do not do the same thing in one state directory, and who was killed is in nobody's way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.alone import alone
from cli.errors import UnavailableError

HOLDS = """
import sys, pathlib
from cli.alone import alone
with alone(pathlib.Path(sys.argv[1]), "crossfade ready"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_who_comes_second_is_told_who_is_there_until_that_one_ends(tmp_path: Path) -> None:
    file = tmp_path / "state" / "demo.lock"

    with (
        alone(file, "crossfade demo"),
        pytest.raises(UnavailableError) as refused,
        alone(file, "crossfade bench-parity"),
    ):
        pass
    with alone(file, "crossfade demo"):
        pass

    assert str(refused.value) == f"crossfade demo (pid {os.getpid()}) already runs in {file.parent}"
    assert refused.value.exit_code == 3


def test_who_is_killed_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "demo.lock"
    command = [sys.executable, "-c", HOLDS, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UnavailableError, match=rf"crossfade ready \(pid {other.pid}\)"), alone(file, "x"):
            pass
        other.kill()
        other.wait()

        with alone(file, "crossfade demo"):
            text = file.read_text()

    assert text == f"{os.getpid()} crossfade demo"
