"""`crossfade up`: refusals before it starts, and workers that are started again."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.errors import UnavailableError
from cli.up import probe
from tests.support.command import InProcess, run_process

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def listener() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_without_backends_it_says_what_to_give(crossfade: InProcess) -> None:
    ran = crossfade("up")

    assert ran.code == 2
    assert "no legacy backend: give --legacy URL or [backends] legacy in crossfade.toml" in ran.err
    assert "no modern backend" in ran.err


def test_a_backend_that_does_not_answer_is_exit_code_3(crossfade: InProcess, listener: str) -> None:
    ran = crossfade("up", "--legacy", listener, "--modern", "http://127.0.0.1:1")

    assert ran.code == 3
    assert "the modern backend at http://127.0.0.1:1 does not answer" in ran.err


def test_a_backend_may_be_a_unix_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "crm.sock"))
        server.listen()

        probe("legacy", f"unix:{tmp_path}/crm.sock")

    with pytest.raises(UnavailableError, match=r"the legacy backend at unix:.*crm\.sock does not answer"):
        probe("legacy", f"unix:{tmp_path}/crm.sock")


def test_a_wrong_address_is_exit_code_2(crossfade: InProcess, listener: str) -> None:
    ran = crossfade("up", "--legacy", listener, "--modern", "gopher://x")

    assert ran.code == 2
    assert "backends.modern: 'gopher://x': expected the address of a backend" in ran.err


def test_a_port_in_use_is_exit_code_3_and_leaves_nothing_running(listener: str, tmp_path: Path) -> None:
    taken = listener.removeprefix("http://")

    ran = run_process("up", "--legacy", listener, "--modern", listener, "--listen", taken, state_dir=tmp_path)

    assert ran.code == 3
    assert taken.rpartition(":")[2] in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "parity.sock").exists()


def test_a_state_directory_too_long_for_a_socket_is_refused(tmp_path: Path, listener: str) -> None:
    deep = tmp_path / ("d" * 120)

    ran = run_process("up", "--legacy", listener, "--modern", listener, state_dir=deep)

    assert ran.code == 2
    assert "too long for a Unix socket" in ran.err


def test_rules_with_faults_are_reported_before_anything_starts(
    crossfade: InProcess, listener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = crossfade.state_dir / "rules.toml"
    rules.write_text('[[rules]]\npath = "$.a"\n')
    monkeypatch.setenv("CROSSFADE_PARITY__RULES", f'["{rules}"]')

    ran = crossfade("up", "--legacy", listener, "--modern", listener)

    assert ran.code == 2
    assert "rules.toml" in ran.err


def test_up_starts_no_backend_and_ctrl_c_ends_the_workers_and_leaves_no_process(
    tmp_path: Path, listener: str
) -> None:
    command = [
        sys.executable,
        "-m",
        "cli.main",
        "up",
        "--legacy",
        listener,
        "--modern",
        listener,
        "--json",
        "--workers",
        "2",
    ]
    names = ("CROSSFADE_PROXY__LISTEN", "CROSSFADE_PROXY__ADMIN", "CROSSFADE_CONSOLE__LISTEN")
    listen = dict.fromkeys(names, "127.0.0.1:0")
    environment = os.environ | {"CROSSFADE_STATE_DIR": str(tmp_path)} | listen
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, text=True) as up:
        assert up.stdout is not None
        said = ""
        while not said.rstrip().endswith("}"):
            said += up.stdout.readline()
        admins = json.loads(said)["admins"]
        ready = urllib.request.urlopen(f"{json.loads(said)['admin']}/readyz", timeout=5).status
        children = Path(f"/proc/{up.pid}/task/{up.pid}/children").read_text().split()
        started = [Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0") for child in children]

        up.send_signal(signal.SIGINT)
        code = up.wait(20)

    assert ready == 200
    assert len([words for words in started if b"cli.proxy_worker" in words]) == 2
    assert len([words for words in started if b"parity-worker" in words]) == 1
    assert len([words for words in started if b"console" in words]) == 1
    assert len(admins) == 2
    assert not [words for words in started if b"serve" in words]  # the backends are those that were given
    assert code == 0
    assert not (tmp_path / "parity.sock").exists()
