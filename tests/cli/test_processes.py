"""Children are awaited, their last words are passed on, and none is left behind."""

from pathlib import Path

import pytest

from cli.errors import UnavailableError
from cli.processes import Child


def test_a_child_that_is_ready_says_so_and_ends_when_asked(tmp_path: Path) -> None:
    child = Child(
        "parity worker",
        ["parity-worker", "--socket", str(tmp_path / "parity.sock")],
        log=tmp_path / "log",
        environment={
            "CROSSFADE_STATE_DIR": str(tmp_path),
            "CROSSFADE_BACKENDS__LEGACY": "http://127.0.0.1:1",
            "CROSSFADE_BACKENDS__MODERN": "http://127.0.0.1:2",
        },
    )

    code = child.end()

    assert child.ready == {"ready": True, "metrics_port": None}
    assert code == 0
    assert not child.running


def test_a_child_that_cannot_start_fails_with_its_own_last_words(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"legacy did not start: .*No such option"):
        Child("legacy", ["serve", "legacy", "--bogus"], log=tmp_path / "log")
