"""The command line as a user has it, in a directory of its own."""

from pathlib import Path

import pytest

from tests.support.command import InProcess


@pytest.fixture
def crossfade(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> InProcess:
    """Run commands with an empty state directory."""
    return InProcess(monkeypatch, capsys, tmp_path)
