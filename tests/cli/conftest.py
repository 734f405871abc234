"""The command line as a user has it, in a directory of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import InProcess
from tests.support.traffic import Traffic


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """No variable of ours from outside, and none left behind: `up` sets what was typed for its workers."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("CROSSFADE_")]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def crossfade(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> InProcess:
    """Run commands with an empty state directory."""
    return InProcess(monkeypatch, capsys, tmp_path)


@pytest.fixture
def traffic(crossfade: InProcess) -> Traffic:
    """What a parity worker counts in that state directory; one exchange differs."""
    made = Traffic(crossfade)
    made.send()
    return made
