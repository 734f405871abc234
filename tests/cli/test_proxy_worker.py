"""A proxy worker as a process of its own, and what it imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.errors import UnavailableError
from cli.processes import Child
from cli.proxy_worker import environment
from cli.wire import encode
from parity.exchange import Endpoint
from proxy.settings import ProxySettings
from proxy.shared_counts import Counts

ROOT = Path(__file__).parent.parent.parent
ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"),)


COPYING = """
import ctypes, mmap, time

memory = mmap.mmap(-1, 1 << 20)
memory.write(bytes(1 << 20))
begin = ctypes.addressof(ctypes.c_char.from_buffer(memory))

def least_s(behind):
    found = []
    for _ in range(9):
        began_s = time.thread_time()
        for _ in range(30):
            ctypes.memmove(begin + (1 << 19) + behind, begin, 200_000)
        found.append(time.thread_time() - began_s)
    return min(found)

print(least_s(16), least_s(64))
"""


def settings_in(directory: Path, **changes: object) -> ProxySettings:
    values: dict[str, object] = {
        "legacy_url": "http://127.0.0.1:1",
        "modern_url": "http://127.0.0.1:2",
        "store_url": f"sqlite:///{directory}/store.db",
        "state_dir": directory,
        "endpoints": ENDPOINTS,
        "token_key": b"a token key of some length",
    }
    return ProxySettings(**(values | changes))  # type: ignore[arg-type]  # the values are those of the fields


def worker(directory: Path, line: bytes) -> Child:
    return Child(
        "worker",
        [],
        module="cli.proxy_worker",
        feed=line,
        log=directory / "log",
        environment=environment(33_554_432),
    )


def reply(child: Child) -> dict[str, object]:
    for _ in range(100):
        if lines := child.said(0.1):
            return lines[0]
    pytest.fail("no reply")


def test_it_is_told_its_settings_on_stdin_and_ends_when_asked(tmp_path: Path) -> None:
    child = worker(tmp_path, encode(settings_in(tmp_path)))
    maps = Path(f"/proc/{child.pid}/environ").read_bytes()

    code = child.end()

    assert child.ready["port"] > 0
    assert child.ready["admin_port"] > 0
    assert b"MALLOC_TRIM_THRESHOLD_=50331648" in maps
    assert code == 0


def test_what_is_copied_takes_as_long_wherever_it_lies() -> None:
    """A body of 200 KB, 16 bytes further in its page and 64: AMD's `rep movsb` takes 66 µs for the one, 6 for the other."""
    ran = subprocess.run(
        [sys.executable, "-c", COPYING],
        env=os.environ | environment(33_554_432),
        capture_output=True,
        text=True,
        check=True,
    )

    near_s, far_s = map(float, ran.stdout.split())
    assert near_s < 3 * far_s


def test_what_somebody_has_told_the_c_library_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=1")

    assert environment(1)["GLIBC_TUNABLES"].endswith(":glibc.malloc.arena_max=1")

    monkeypatch.delenv("GLIBC_TUNABLES")
    assert ":" not in environment(1)["GLIBC_TUNABLES"]


def test_a_later_line_is_a_reload_and_says_what_became_of_it(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    Counts.make(counts, 1, ["escrows"])
    child = worker(tmp_path, encode(settings_in(tmp_path, counts_file=counts)))
    orders = (*ENDPOINTS, Endpoint("orders", "GET", "/v1/orders"))

    replies = []
    for line in (
        encode(settings_in(tmp_path, counts_file=counts, drain_s=1.0)),
        b"junk\n",
        encode(settings_in(tmp_path, counts_file=counts, endpoints=orders)),
    ):
        child.feed(line)
        replies.append(reply(child))
    running = child.running
    child.end()

    assert replies[0] == {"reloaded": ""}
    assert "malformed" in str(replies[1]["reloaded"])
    assert "'orders' has no write counts" in str(replies[2]["reloaded"])
    assert running


def test_it_ends_when_stdin_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli.proxy_worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(encode(settings_in(tmp_path)))
        process.stdin.flush()
        ready = json.loads(process.stdout.readline())

        process.stdin.close()

        assert process.wait(20) == 0
        assert ready["port"] > 0


def test_what_keeps_it_from_running_is_one_sentence_and_an_exit_code(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"worker did not start: .*counts: cannot be read"):
        worker(tmp_path, encode(settings_in(tmp_path, counts_file=tmp_path / "counts")))

    assert "Traceback" not in (tmp_path / "log").read_text()


def test_it_imports_nothing_that_only_the_command_line_needs(tmp_path: Path) -> None:
    code = (
        "import sys, runpy, threading, os, signal\n"
        "told = int(sys.argv[1])\n"
        "sys.argv = ['worker']\n"
        "def look():\n"
        "    os.read(told, 1)\n"
        "    print(sorted({'pydantic', 'click', 'rich', 'domains', 'jinja2'} & {n for n, m in sys.modules.items() if m}))\n"
        "    sys.stdout.flush()\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Thread(target=look).start()\n"
        "runpy.run_module('cli.proxy_worker', run_name='__main__')\n"
    )
    told, tell = os.pipe()
    done = subprocess.Popen(
        [sys.executable, "-c", code, str(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        pass_fds=[told],
    )
    os.close(told)
    assert done.stdin is not None
    done.stdin.write(encode(settings_in(tmp_path)))
    done.stdin.flush()
    assert done.stdout is not None
    ready = json.loads(done.stdout.readline())
    os.close(tell)  # it serves, so that all is imported: the other end reads that nothing more comes
    said = done.stdout.read().decode()
    done.stdin.close()

    assert done.wait(20) == 0
    assert ready["port"] > 0
    assert said == "[]\n"
