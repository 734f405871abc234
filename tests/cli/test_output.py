"""How commands print."""

import json
import time

import pytest
import structlog

from cli.output import Progress, log_to_stderr, print_json


def test_json_begins_with_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("crossfade.example/1", {"n": 1})

    assert json.loads(capsys.readouterr().out) == {"schema": "crossfade.example/1", "n": 1}


def test_events_are_json_lines_on_the_stderr_of_the_moment(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()

    structlog.get_logger().warning("shadow_down", backend="modern")

    captured = capsys.readouterr()
    event = json.loads(captured.err)
    assert captured.out == ""
    assert (event["event"], event["level"], event["backend"]) == ("shadow_down", "warning", "modern")


def test_an_event_is_a_line_whatever_stands_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()

    structlog.get_logger().info("odd", half="\ud800", thing=object)

    event = json.loads(capsys.readouterr().err)
    assert (event["half"], event["thing"]) == ("\ud800", repr(object))


def test_what_takes_long_is_said_and_what_is_quick_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet_s=0.05) as progress:
        progress("quick ...")
        progress("slow ...")
        time.sleep(0.15)

    assert capsys.readouterr().err == "slow ...\n"
