"""`crossfade flags watch`, while somebody changes the flags."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.flag_watching import SCHEMA, event_json, lines_of
from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_follow import Acknowledged, Begun, Changed, Joined, Left
from proxy.flag_rows import Change, Judged, RowChange, Worker
from proxy.flag_store import FlagStore
from proxy.flags import Flag
from proxy.stages import Stage
from tests.support.command import InProcess
from tests.support.published import faults

ROOT = Path(__file__).parent.parent.parent
ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"),)
NOON = datetime(2026, 11, 29, 12, 0, 1, tzinfo=UTC)
WORKER = Worker("id", "proxy-1", "here", 12, 80, 81, NOON, 3, NOON)
CHANGE = Change(
    3,
    NOON,
    "advance",
    "escrows",
    "ada",
    "clean",
    (RowChange("escrows", None, Flag(Stage.SHADOW)),),
    Judged("no"),
)


def test_each_event_is_a_line_as_it_comes_until_ctrl_c(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/store.sqlite3")
    store = FlagStore(engine, ENDPOINTS)
    command = [sys.executable, "-m", "cli.main", "flags", "watch", "--json"]
    environment = os.environ | {"CROSSFADE_STATE_DIR": str(tmp_path)}

    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        begun = json.loads(process.stdout.readline())
        store.flip("escrows", Stage.SHADOW, actor="bob", reason="meanwhile")
        changed = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    engine.dispose()

    assert (begun["schema"], begun["event"], begun["version"]) == ("crossfade.flags-watch/1", "begun", 0)
    assert (changed["event"], changed["change"]["actor"]) == ("changed", "bob")
    assert (process.returncode, rest) == (130, "")
    assert faults(json.dumps(begun) + json.dumps(changed)) == []


def test_it_ends_by_itself_after_a_span(crossfade: InProcess) -> None:
    ran = crossfade("flags", "watch", "--for", "0.01s")

    assert (ran.code, ran.err) == (0, "")
    assert [line.partition("  ")[2] for line in ran.out.splitlines()] == [
        "flag version 0",
        "no proxy worker is running",
    ]


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (Begun(3, (WORKER,)), ["12:00:01  flag version 3", "  proxy-1 (pid 12) serves version 3"]),
        (
            Changed(CHANGE),
            ["12:00:01  version 3: advance by ada: clean", "  escrows: off → shadow", "  verdict: no"],
        ),
        (Acknowledged(WORKER, is_last=True), ["12:00:01  proxy-1 serves version 3, as all do"]),
        (Joined(WORKER), ["12:00:01  proxy-1 (pid 12) has come, and serves version 3"]),
        (Left(WORKER), ["12:00:01  proxy-1 (pid 12) has gone"]),
    ],
)
def test_a_person_reads_when_what_and_who(
    event: Begun | Changed | Acknowledged | Joined | Left, lines: list[str]
) -> None:
    assert lines_of(event, NOON) == lines
    assert faults(json.dumps({"schema": SCHEMA, "at": NOON.isoformat(), **event_json(event)})) == []


@pytest.mark.parametrize("span", ["soon", "3"])
def test_a_span_that_is_none_is_told(crossfade: InProcess, span: str) -> None:
    ran = crossfade("flags", "watch", "--for", span)

    assert ran.code == 2
    assert "expected a duration like 90s" in ran.err
