"""Child processes of the load tests."""

from pathlib import Path

import pytest

from loadtests.children import Child
from loadtests.errors import BenchError


def test_a_child_says_when_it_is_ready_and_is_gone_after_the_context(tmp_path: Path) -> None:
    code = "import time; print('{\"port\": 7}', flush=True); time.sleep(60)"

    with Child("sleeper", ["-c", code], log=tmp_path / "sleeper") as child:
        said = child.ready()
        pid = child.pid

    assert said == {"port": 7}
    assert not Path(f"/proc/{pid}").exists()


def test_a_child_that_ends_instead_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; sys.exit('the port is in use')"

    with (
        Child("proxy", ["-c", code], log=tmp_path / "proxy") as child,
        pytest.raises(BenchError, match="proxy did not start: the port is in use"),
    ):
        child.ready()


def test_a_silent_child_that_ended_is_said_to_have_said_nothing(tmp_path: Path) -> None:
    with Child("mute", ["-c", "raise SystemExit(3)"], log=tmp_path / "mute") as child:
        code = child.wait(10)

    assert code == 3
    assert child.last_words() == "it said nothing (exit code 3)"


def test_a_child_that_does_not_stop_in_time_is_reported_as_running(tmp_path: Path) -> None:
    with Child("sleeper", ["-c", "import time; time.sleep(60)"], log=tmp_path / "sleeper") as child:
        assert child.wait(0.05) is None


def test_a_child_that_is_fed_answers_line_by_line(tmp_path: Path) -> None:
    code = "import sys; [print(line.upper(), end='', flush=True) for line in sys.stdin]"
    with Child("shouter", ["-c", code], log=tmp_path / "shouter", fed=True) as child:
        for line in ("one", "two"):
            child.feed(line)
        heard = [child.line(number, 20.0) for number in range(2)]
        missing = child.line(2, 0.05)

    assert heard == [b"ONE", b"TWO"]
    assert missing is None


def test_a_child_that_has_ended_takes_and_says_nothing(tmp_path: Path) -> None:
    with Child("mute", ["-c", "pass"], log=tmp_path / "mute", fed=True) as child:
        child.wait(20)
        child.feed("hello")

        assert child.line(0, 20.0) is None
