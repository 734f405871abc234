"""`crossfade watch`: live where there is a terminal, a snapshot where there is none."""

import json
import os
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.support.command import InProcess

ROOT = Path(__file__).parent.parent.parent
DEAD = "postgresql://nobody@127.0.0.1:1/none"


@pytest.mark.parametrize("arguments", [(), ("--once",)])
def test_without_a_terminal_it_prints_how_things_stand(
    crossfade: InProcess, arguments: tuple[str, ...]
) -> None:
    crossfade("flip", "leads", "shadow", "--reason", "first look")

    ran = crossfade("watch", *arguments)

    assert (ran.code, ran.err) == (0, "")
    assert any(line.split()[:3] == ["leads", "shadow", "0%"] for line in ran.out.splitlines())
    assert "flip leads: off → shadow, by olivia: first look" in ran.out
    assert "\x1b" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_json_is_one_object_a_line(crossfade: InProcess) -> None:
    once = crossfade("watch", "--once", "--json").out.splitlines()
    lines = crossfade("watch", "--json", "--for", "1.3s").out.splitlines()

    assert [json.loads(line)["schema"] for line in once] == ["crossfade.watch/1"]
    assert len(lines) in {1, 2}
    assert {one["domain"] for one in json.loads(lines[0])["domains"]} >= {"escrows", "leads"}


def test_a_dead_store_is_told_and_watching_goes_on(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_STORE__URL", DEAD)

    once = crossfade("watch", "--once")
    lines = crossfade("watch", "--json", "--for", "1.5s")

    assert once.code == 3
    assert "does not answer" in once.err
    assert lines.code == 0
    assert "does not answer" in json.loads(lines.out.splitlines()[0])["trouble"]


def test_a_wrong_setting_of_verdicts_is_told_before_anything_is_shown(crossfade: InProcess) -> None:
    Path("crossfade.toml").write_text('[[verdict.cells]]\nendpoint = "GET /nowhere"\nstatus = "2xx"\n')

    ran = crossfade("watch", "--json", "--for", "9s")

    assert (ran.code, ran.out) == (2, "")
    assert "verdict.cells.0.endpoint" in ran.err


@pytest.mark.parametrize(("key", "code"), [(b"q", 0), (b"\x03", 130)])
def test_in_a_terminal_it_stays_until_q_or_ctrl_c_and_leaves_it_as_it_was(
    tmp_path: Path, key: bytes, code: int
) -> None:
    screen, terminal = os.openpty()
    before = termios.tcgetattr(terminal)
    environment = os.environ | {"CROSSFADE_STATE_DIR": str(tmp_path), "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "watch"],
        preexec_fn=lambda: os.login_tty(terminal),  # noqa: PLW1509 -- Ctrl-C needs a terminal of its own
        env=environment | {"COLUMNS": "80", "LINES": "24"},
        cwd=ROOT,
    ) as process:
        shown = seen_until(screen, b"no proxy worker is running")
        os.write(screen, key)
        rest = seen_until(screen, b"\x1b[?1049l")
        process.wait(30)
    after = termios.tcgetattr(terminal)
    os.close(terminal)
    os.close(screen)

    assert process.returncode == code
    assert b"q ends it" in shown
    assert b"\x1b[3" not in shown + rest, "a colour"
    assert after == before


def seen_until(screen: int, mark: bytes) -> bytes:
    """What a terminal was told until then."""
    deadline, seen = time.monotonic() + 30, b""
    while mark not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([screen], [], [], 0.1)[0]:
            seen += os.read(screen, 65_536)
    return seen
