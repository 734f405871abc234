"""Completion: the scripts are what the shells take, and what they ask for is answered."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import InProcess

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_asks_crossfade(crossfade: InProcess, shell: str) -> None:
    ran = crossfade("completion", shell)

    assert ran.code == 0
    assert "_CROSSFADE_COMPLETE" in ran.out
    assert f"{shell}_complete" in ran.out
    if executable := shutil.which(shell):
        syntax = subprocess.run(
            [executable, "-n"], input=ran.out, capture_output=True, text=True, check=False
        )
        assert syntax.returncode == 0, syntax.stderr


def test_another_shell_is_refused_with_those_that_are_known(crossfade: InProcess) -> None:
    ran = crossfade("completion", "tcsh")

    assert ran.code == 2
    assert "'bash', 'zsh', 'fish'" in ran.err


def test_words_are_completed() -> None:
    asked = {
        "_CROSSFADE_COMPLETE": "bash_complete",
        "COMP_WORDS": "crossfade config show --eff",
        "COMP_CWORD": "3",
    }

    ran = subprocess.run(
        [sys.executable, "-m", "cli.main"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **asked},
    )

    assert ran.stdout.splitlines() == ["plain,--effective"]
