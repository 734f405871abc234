"""The embedded PostgreSQL: found by several, stopped by the last."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from cli.errors import UnavailableError
from cli.postgres import embedded_postgres, embedded_tools
from tests.support.site_process import until

HOLD = """
import sys
from pathlib import Path
from cli.postgres import embedded_postgres, embedded_tools
with embedded_postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""
ROOT = Path(__file__).parent.parent.parent


def hold(data_dir: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql://")
    return process


def running(data_dir: Path) -> bool:
    return (data_dir / "postmaster.pid").exists()


def test_two_processes_share_one_server_and_the_last_one_stops_it(open_dir: Path) -> None:
    data_dir = open_dir / "data"
    with hold(data_dir) as other:
        with embedded_postgres(data_dir) as url, psycopg.connect(url) as connection:
            row = connection.execute("select count(*) from pg_stat_activity").fetchone()
        still_running = running(data_dir)

        other.communicate("\n", timeout=20)

    assert row is not None
    assert still_running
    assert not running(data_dir)


def test_a_user_that_was_killed_does_not_keep_the_server_alive(open_dir: Path) -> None:
    data_dir = open_dir / "data"
    with hold(data_dir) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()

    with embedded_postgres(data_dir):
        pass

    assert not running(data_dir)


def test_the_server_of_tests_that_were_killed_is_ended_and_removed() -> None:
    code = (
        "import os, subprocess, signal, time\n"
        "from tests.support.own_postgres import removed_in_the_end\n"
        "with removed_in_the_end() as directory:\n"
        "    (directory / 'data').mkdir()\n"
        "    server = 'trap \\'rm data/postmaster.pid; exit\\' QUIT; echo $$ >data/begun; mv data/begun data/postmaster.pid; while :; do sleep 0.05; done'\n"
        "    subprocess.Popen(['sh', '-c', server], cwd=directory, start_new_session=True)\n"
        "    while not (directory / 'data' / 'postmaster.pid').exists():\n"
        "        time.sleep(0.01)\n"
        "    print(directory, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as killed:
        assert killed.stdout is not None
        directory = killed.stdout.readline().strip()
        killed.stdout.read()  # the server has it, too: it ends with the server

    assert killed.returncode == -signal.SIGKILL
    asyncio.run(until(lambda: not Path(directory).exists()))


def test_a_directory_that_is_no_data_directory_is_one_clear_sentence(open_dir: Path) -> None:
    data_dir = open_dir / "data"
    data_dir.mkdir()
    (data_dir / "PG_VERSION").write_text("9")

    with (
        pytest.raises(UnavailableError, match=r"the embedded PostgreSQL in .* does not start"),
        embedded_postgres(data_dir),
    ):
        pass


def test_the_tools_of_each_server_that_comes_along_are_found_without_a_warning(
    recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    tools = embedded_tools("psql")

    assert tools
    assert all(os.access(tool, os.X_OK) for tool in tools)
    assert list(recwarn) == []
