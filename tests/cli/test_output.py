"""How commands print."""

import json
import time
from pathlib import Path

import pytest

from cli.output import Progress, console, print_json
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
