"""What processes that serve say of themselves."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from cli.logs import log_to_stderr


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


def test_the_log_of_a_process_that_serves_needs_no_colours() -> None:
    code = (
        "import sys\n"
        "from cli.logs import log_to_stderr\n"
        "log_to_stderr()\n"
        "print('structlog' in sys.modules, 'rich' in sys.modules)\n"
        "import rich.console\n"
        "log_to_stderr()\n"
        "print('rich' in sys.modules)\n"
    )

    root = Path(__file__).parent.parent.parent
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert said.stdout == "True False\nTrue\n"
