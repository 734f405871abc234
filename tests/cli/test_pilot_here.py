"""A pilot in the foreground: what it prints, and what is left when it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.context import Context
from cli.piloting import pilot_of
from cli.settings import load_settings
from tests.cli.parity_store import ONE_ENDPOINT, agreeing, fill
from tests.support.command import InProcess

ROOT = Path(__file__).parent.parent.parent
POLICY = """
[[steps]]
stage = "shadow"
[[steps]]
stage = "canary"
share = 0.25
hold = "1d"
[[steps]]
stage = "canary"
share = 0.5
"""


@pytest.fixture(autouse=True)
def site(crossfade: InProcess) -> None:
    """One endpoint, and a policy that holds a day at 25 %."""
    (crossfade.state_dir / "crossfade.toml").write_text(f"{ONE_ENDPOINT}\n[pilot]\nevery_s = 0.02\n")
    (crossfade.state_dir / "day.toml").write_text(POLICY)


def here(crossfade: InProcess, to: str, *more: str) -> tuple[int, list[str], str]:
    ran = crossfade("pilot", "escrows", "--to", to, "--policy", "day.toml", "--here", *more)
    return ran.code, ran.out.splitlines(), ran.err


def test_it_says_each_step_and_ends_at_the_target(crossfade: InProcess) -> None:
    code, lines, err = here(crossfade, "shadow")

    assert (code, [line[10:] for line in lines]) == (0, ["escrows → shadow (version 2)"])
    assert err.endswith("crossfade: the pilot of escrows is done\n")


def test_as_json_each_line_is_an_object(crossfade: InProcess) -> None:
    _, lines, _ = here(crossfade, "shadow", "--json")

    told = [json.loads(line) for line in lines]
    assert [(line["schema"], line["event"], line["words"], line["run"]["state"]) for line in told] == [
        ("crossfade.pilot-walk/1", "step", "shadow", "done")
    ]


def test_where_it_pauses_it_ends_with_4_and_says_why_and_how_to_go_on(crossfade: InProcess) -> None:
    config = crossfade.state_dir / "crossfade.toml"
    config.write_text(config.read_text() + '[[control.freeze]]\nreason = "year end"\nto = 2999-01-01\n')

    code, lines, err = here(crossfade, "shadow")

    assert code == 4
    assert lines[0].endswith("escrows paused: freeze until 2999-01-01 00:00 UTC: year end")
    assert err.splitlines()[-1] == "crossfade: paused; crossfade pilot resume escrows [--here] goes on"


def test_what_another_process_walks_is_left_to_it(crossfade: InProcess) -> None:
    pilot = pilot_of(Context(load_settings(None), None, "", actor="olivia"))
    assert pilot.hold("escrows")

    code, lines, err = here(crossfade, "shadow")

    assert (code, lines) == (4, [])
    assert f"another process walks escrows: {pilot.holder('escrows')}" in err


def test_ctrl_c_leaves_it_paused_and_says_how_to_go_on_and_resuming_does(crossfade: InProcess) -> None:
    crossfade("advance", "escrows", "--reason", "first look")
    fill(crossfade, *agreeing(50))
    arguments = ["pilot", "escrows", "--to", "canary", "--policy", "day.toml", "--here"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=crossfade.state_dir,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
        assert process.wait(60) == 130

    assert lines[0].endswith("escrows → canary 25% (version 3)\n")
    assert "waits: holds canary 25% for 1d" in lines[1]
    assert "the pilot of escrows is paused, the flag stays as it is" in err
    assert "crossfade pilot resume escrows [--here] goes on" in err
    run = json.loads(crossfade("pilot", "status", "--json").out)["runs"][0]
    assert (run["state"], run["reason"], run["walked_by"]) == (
        "paused",
        "olivia ended the command that walked it",
        None,
    )
    assert crossfade("pilot", "resume", "escrows").out.startswith(
        "escrows: running, 2 of 3 steps to canary made, the last canary 25%"
    )
