"""The root of the command line, as a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import InProcess, run_process


def test_help_lists_the_commands_in_reading_order(crossfade: InProcess) -> None:
    ran = crossfade("--help")

    assert ran.code == 0
    assert ran.out.index("\n  up ") < ran.out.index("\n  rollback ") < ran.out.index("\n  demo ")


def test_help_needs_no_configuration_that_is_right(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[proxy]\nworkers = 0\n")

    told = run_process("--config", str(wrong), "up", "--help", state_dir=tmp_path)
    refused = run_process("--config", str(wrong), "up", state_dir=tmp_path)

    assert told.code == 0
    assert "--workers" in told.out
    assert refused.code == 2
    assert "proxy.workers: 0" in refused.err


def test_a_command_imports_what_it_needs_and_no_more() -> None:
    code = (
        "import sys\n"
        "heavy = {'pydantic', 'sqlalchemy', 'structlog', 'rich', 'prometheus_client', 'psycopg', 'aiohttp', 'domains'}\n"
        "import cli.main\n"
        "print(sorted(heavy & {*sys.modules}))\n"
        "import cli.up, cli.supervisor, cli.parity_worker\n"
        "print(sorted(heavy & {*sys.modules}))\n"
        "import cli.flips, proxy.flag_store\n"
        "print(sorted(heavy & {*sys.modules}), 'sqlalchemy.dialects.postgresql' in sys.modules)\n"
        "import parity.worker, proxy.completion\n"
        "print(sorted({'prometheus_client', 'psycopg', 'aiohttp', 'domains'} & {*sys.modules}))\n"
    )

    root = Path(__file__).parent.parent.parent
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert said.stdout.splitlines() == ["[]", "['pydantic']", "['pydantic', 'sqlalchemy'] False", "[]"]


def test_when_it_ends_nobody_looks_for_garbage() -> None:
    code = (
        "import sys\n"
        "from cli.main import main\n"
        "class Held:\n"
        "    def __del__(self):\n"
        "        print('looked at')\n"
        "held = Held()\n"
        "held.itself = held\n"
        "sys.argv = ['crossfade', '--version']\n"
        "main()\n"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.startswith("crossfade, version ")
    assert "looked at" not in said.stdout


def test_an_unknown_command_is_exit_code_2(tmp_path: Path) -> None:
    ran = run_process("bogus", state_dir=tmp_path)

    assert ran.code == 2
    assert "No such command 'bogus'" in ran.err


def test_an_error_that_nobody_foresaw_shows_no_trace_unless_asked(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_STORE__URL", "bogus://")

    quiet = crossfade("flags")
    monkeypatch.setenv("CROSSFADE_DEBUG", "1")
    with pytest.raises(Exception, match="bogus"):
        crossfade("flags")

    assert quiet.code == 3
    assert quiet.err.startswith("crossfade: ")
    assert "Traceback" not in quiet.err


def test_nothing_is_coloured_without_a_terminal(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "x")

    assert "\x1b[" not in crossfade("status").out + crossfade("history").out
