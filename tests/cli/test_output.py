"""How commands print."""

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from cli.output import Progress, console, message, print_json, warn
from tests.cli.parity_store import agreeing, differing, fill
from tests.cli.test_parity_selftest import recording
from tests.support.command import InProcess

TABLES = [
    ("status",),
    ("flags",),
    ("history",),
    ("parity", "report"),
    ("parity", "verdict"),
    ("parity", "verdict", "escrows"),
    ("parity", "gate", "--min-comparisons", "1", "--max-rate", "0.5"),
    ("parity", "selftest", "--recording", "answers.jsonl"),
    ("parity", "acceptances"),
    ("parity", "rules", "check"),
    ("parity", "rules", "suggest"),
    ("domain", "audit"),
]
"""The commands that print tables, or lines side by side."""

ROOT = Path(__file__).parent.parent.parent


def test_json_begins_with_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("crossfade.example/1", {"n": 1})

    assert json.loads(capsys.readouterr().out) == {"schema": "crossfade.example/1", "n": 1}


def test_what_takes_long_is_said_and_what_is_quick_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet_s=0.05) as progress:
        progress("quick ...")
        progress("slow ...")
        time.sleep(0.15)

    assert capsys.readouterr().err == "slow ...\n"


@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_no_line_of_a_command_ends_in_spaces(
    crossfade: InProcess, tmp_path: Path, words: tuple[str, ...]
) -> None:
    recording(tmp_path / "answers.jsonl")
    crossfade("flip", "escrows", "shadow", "--reason", "a reason of some length")
    fill(crossfade, *agreeing(30), differing())

    lines = crossfade(*words).out.splitlines()

    assert len(lines) > 1
    assert [line for line in lines if line != line.rstrip()] == []


def test_spaces_within_a_line_stay(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("  a   b   ")

    assert capsys.readouterr().out == "  a   b\n"


def test_with_quiet_only_results_and_what_went_wrong_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    @click.option("--quiet", is_flag=True)
    def root(*, quiet: bool) -> None:
        del quiet  # it is read where something is to be printed
        click.echo("result")
        message("message")
        warn("warning")
        with Progress(quiet_s=0.0) as progress:
            progress("slow ...")
            time.sleep(0.05)

    root(["--quiet"], standalone_mode=False)
    quiet = capsys.readouterr()
    root([], standalone_mode=False)
    plain = capsys.readouterr()

    assert (quiet.out, quiet.err) == ("result\n", "warning\n")
    assert (plain.out, plain.err) == ("result\n", "message\nwarning\nslow ...\n")


def test_quiet_is_an_option_of_the_root(crossfade: InProcess) -> None:
    quiet = crossfade("--quiet", "rollback", "escrows")
    plain = crossfade("rollback", "escrows")
    wrong = crossfade("-q", "rollback", "moon")

    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert "nothing to roll back" in plain.err
    assert wrong.err.startswith("crossfade: there is no domain")


@pytest.mark.parametrize(("variables", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colour_unless_it_says_no(variables: dict[str, str], *, is_coloured: bool) -> None:
    code = "from cli.findings import ok, print_findings; print_findings([ok('store', 'there')])"
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    reader, writer = pty.openpty()

    subprocess.run(
        [sys.executable, "-c", code],
        stdout=writer,
        check=True,
        cwd=ROOT,
        env={**environment, "TERM": "xterm-256color", **variables},
    )
    os.close(writer)
    printed = os.read(reader, 65_536)
    os.close(reader)

    assert b"there" in printed
    assert (b"\x1b[32m" in printed) is is_coloured
