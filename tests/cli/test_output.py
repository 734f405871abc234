"""How commands print."""

import json
import time

import pytest

from cli.output import Progress, print_json


def test_json_begins_with_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("crossfade.example/1", {"n": 1})

    assert json.loads(capsys.readouterr().out) == {"schema": "crossfade.example/1", "n": 1}


def test_what_takes_long_is_said_and_what_is_quick_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet_s=0.05) as progress:
        progress("quick ...")
        progress("slow ...")
        time.sleep(0.15)

    assert capsys.readouterr().err == "slow ...\n"
