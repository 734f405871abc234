"""Going forward, setting a stage and rolling back, as an operator types it."""

import json
import os
import pty
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.flag_rows import LastAnswer, Registration
from proxy.flag_watch import FlagWatch
from proxy.last_known_good import LastKnownGood
from tests.cli.parity_store import ONE_ENDPOINT, agreeing, differing, fill
from tests.support.command import InProcess

ROOT = Path(__file__).parent.parent.parent


def at_shadow(crossfade: InProcess, settings: str = ONE_ENDPOINT) -> None:
    """One endpoint, at `shadow`, in whose ledger nothing came after its comparisons."""
    (crossfade.state_dir / "crossfade.toml").write_text(settings)
    crossfade("advance", "escrows", "--reason", "first look")


def ready(crossfade: InProcess, settings: str = ONE_ENDPOINT) -> None:
    """The same, and the verdict is ready."""
    at_shadow(crossfade, settings)
    fill(crossfade, *agreeing(50))


def test_a_flip_is_in_the_table_and_in_the_ledger_with_actor_and_reason(crossfade: InProcess) -> None:
    flip = crossfade("flip", "escrows", "shadow", "--reason", "first look", "--json")
    table = json.loads(crossfade("flags", "--json").out)
    ledger = json.loads(crossfade("history", "--json").out)

    assert flip.code == 0
    assert json.loads(flip.out)["changed"] == [
        {
            "key": "escrows",
            "before": None,
            "after": {"stage": "shadow", "canary_share": 0.05, "sample_rate": 1.0},
        }
    ]
    assert (table["schema"], table["version"]) == ("crossfade.flags/1", 1)
    assert [row for row in table["flags"] if row["stage"] != "off"] == [
        {"key": "escrows", "stage": "shadow", "canary_share": 0.05, "sample_rate": 1.0}
    ]
    assert [(row["actor"], row["reason"], row["action"]) for row in ledger["changes"]] == [
        ("olivia", "first look", "flip")
    ]


def test_a_flip_without_a_running_proxy_says_so_and_how_to_undo_it(crossfade: InProcess) -> None:
    ran = crossfade("flip", "escrows", "shadow", "--reason", "first look")

    assert ran.code == 0
    assert ran.out.splitlines() == [
        "escrows: off → shadow",
        "version 1; no proxy worker runs now, the next one starts with it",
        "undo: crossfade rollback 'escrows' --to off",
    ]


def test_an_endpoint_has_a_row_of_its_own_and_rolling_the_domain_back_takes_it_along(
    crossfade: InProcess,
) -> None:
    crossfade("flip", "GET /v1/escrows", "shadow", "--reason", "only the list")
    crossfade("flip", "GET /v1/escrows", "canary", "--share", "0.25", "--force", "--yes", "--reason", "x")
    table = crossfade("flags")

    ran = crossfade("rollback", "escrows")

    assert "GET /v1/escrows" in table.out
    assert "25%" in table.out
    assert "GET /v1/escrows: canary 25% → off" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("flip", "escrows", "bogus", "--reason", "x"),
            2,
            "stage 'bogus': expected one of: off, shadow, canary",
        ),
        (("flip", "escrow", "shadow", "--reason", "x"), 2, "'escrow'; did you mean escrows?"),
        (("flip", "escrows", "shadow", "--share", "1.5", "--reason", "x"), 2, "from 0 to 1, not 1.5"),
        (("flip", "escrows", "shadow", "--sample-rate", "-1", "--reason", "x"), 2, "from 0 to 1, not -1"),
        (("flip", "escrows", "shadow", "--share", "nan", "--reason", "x"), 2, "from 0 to 1, not nan"),
        (("flip", "escrows", "live", "--yes", "--reason", "x"), 4, "the next one is shadow"),
        (("advance", "escrow", "--reason", "x"), 2, "'escrow'; did you mean escrows?"),
        (("advance", "escrows", "--share", "0.5", "--reason", "x"), 2, "where there is no canary share"),
        (("advance", "escrows", "--reason", ""), 2, "--reason: expected some words"),
        (("flip", "escrows", "shadow"), 2, "Missing option '--reason'"),
        (("flip", "escrows", "shadow", "--reason", " "), 2, "--reason: expected some words"),
        (("rollback",), 2, "expected either a domain (or endpoint) or --all"),
        (("rollback", "escrows", "--all"), 2, "expected either a domain (or endpoint) or --all"),
        (("rollback", "escrows", "--to", "bogus"), 2, "--to 'bogus': expected one of"),
        (("rollback", "nothing"), 2, "'nothing'; did you mean"),
    ],
)
def test_bad_input_is_one_sentence_with_its_exit_code_and_changes_nothing(
    crossfade: InProcess, arguments: tuple[str, ...], code: int, message: str
) -> None:
    ran = crossfade(*arguments)

    assert ran.code == code
    assert message in ran.err
    assert "Traceback" not in ran.err
    assert json.loads(crossfade("flags", "--json").out)["version"] == 0


def test_rolling_back_what_is_off_says_that_there_is_nothing_to_do(crossfade: InProcess) -> None:
    ran = crossfade("rollback", "--all")

    assert ran.code == 0
    assert "nothing to roll back: everything is at off or before" in ran.err


def test_a_store_that_refuses_is_exit_code_3(crossfade: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSFADE_STORE__URL", "sqlite:////nowhere/at/all.sqlite3")

    ran = crossfade("flip", "escrows", "shadow", "--reason", "x")

    assert ran.code == 3
    assert "unable to open database file" in ran.err
    assert "Traceback" not in ran.err


def test_into_shadow_no_verdict_is_needed(crossfade: InProcess) -> None:
    ran = crossfade("advance", "escrows", "--reason", "first look")

    assert ran.code == 0
    assert ran.out.splitlines() == [
        "escrows: off → shadow",
        "version 1; no proxy worker runs now, the next one starts with it",
        "undo: crossfade rollback 'escrows' --to off",
    ]


def test_a_ready_domain_advances_and_the_ledger_has_its_figures(crossfade: InProcess) -> None:
    ready(crossfade)

    ran = crossfade("advance", "escrows", "--share", "0.1", "--reason", "clean", "--json")

    assert (ran.code, ran.err) == (0, "")
    values = json.loads(ran.out)
    assert (values["schema"], values["changed"][0]["after"]["canary_share"]) == ("crossfade.advance/1", 0.1)
    entry = json.loads(crossfade("history", "--json").out)["changes"][0]
    assert (entry["action"], entry["forced"], entry["verdict"]) == ("advance", False, values["verdict"])
    assert entry["verdict"]["word"] == "ready"
    assert entry["verdict"]["figures"]["comparisons"] == 50
    assert entry["verdict"]["figures"]["mismatches"] == 0


@pytest.mark.parametrize("command", [("advance", "escrows"), ("flip", "escrows", "canary")])
def test_one_that_is_not_ready_is_refused_with_what_is_missing(
    crossfade: InProcess, command: tuple[str, ...]
) -> None:
    at_shadow(crossfade)
    fill(crossfade, *agreeing(50), differing())

    ran = crossfade(*command, "--reason", "x")

    assert (ran.code, ran.out) == (4, "")
    lines = ran.err.splitlines()
    assert lines[:2] == [
        "crossfade: escrows does not go from shadow to canary:",
        "  the verdict is 'no'",
    ]
    assert any("1 open difference group" in line for line in lines)
    assert json.loads(crossfade("flags", "--json").out)["version"] == 1


def test_force_goes_on_once_it_is_confirmed_and_is_marked_in_the_ledger(crossfade: InProcess) -> None:
    at_shadow(crossfade)

    asked = crossfade("advance", "escrows", "--force", "--reason", "we know why")
    ran = crossfade("advance", "escrows", "--force", "--yes", "--reason", "we know why")

    assert (asked.code, ran.code) == (2, 0)
    assert "escrows goes from shadow to canary, whatever the verdict says" in asked.err
    assert "nobody can be asked here; expected --yes" in asked.err
    assert "verdict: not yet (0 comparisons, 0 differ), forced" in ran.out
    assert "0 differ), forced" in crossfade("history").out


def test_to_live_is_confirmed_and_to_canary_is_not(crossfade: InProcess) -> None:
    ready(crossfade)
    to_canary = crossfade("advance", "escrows", "--reason", "clean")

    unasked = crossfade("advance", "escrows", "--no-input", "--reason", "clean")

    assert (to_canary.code, unasked.code) == (0, 2)
    assert "escrows goes from canary to live: nobody can be asked here" in unasked.err


def test_in_a_freeze_window_nobody_goes_forward_and_everybody_back(crossfade: InProcess) -> None:
    freeze = '[[control.freeze]]\nreason = "the audit"\nfrom = 2020-01-01\n'
    ready(crossfade)
    (crossfade.state_dir / "crossfade.toml").write_text(f"{ONE_ENDPOINT}\n{freeze}")

    refused = crossfade("advance", "escrows", "--reason", "x")
    back = crossfade("rollback", "escrows")

    assert (refused.code, back.code) == (4, 0)
    assert refused.err.splitlines() == [
        "crossfade: escrows does not go from shadow to canary:",
        "  freeze: the audit",
    ]
    assert "escrows: shadow → off" in back.out


def test_a_rollback_keeps_the_verdict_that_held_before_it(crossfade: InProcess) -> None:
    at_shadow(crossfade)
    fill(crossfade, *agreeing(50), differing())

    crossfade("rollback", "escrows")

    entry = json.loads(crossfade("history", "--json").out)["changes"][0]
    assert entry["action"] == "rollback"
    assert entry["verdict"]["word"] == "no"
    assert entry["verdict"]["figures"]["mismatches"] == 1


def test_who_expects_another_version_is_refused(crossfade: InProcess) -> None:
    at_shadow(crossfade)

    ran = crossfade("flip", "escrows", "off", "--if-version", "0", "--reason", "x")

    assert ran.code == 4
    assert "the flag of escrows was changed since version 0, by olivia (version 1)" in ran.err


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [("escrows", 0, "version 2"), ("yes", 2, "'yes' was typed, expected 'escrows'; nothing was changed")],
)
def test_on_a_terminal_the_name_is_typed(crossfade: InProcess, typed: str, code: int, words: str) -> None:
    at_shadow(crossfade)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cli.main", "--config", str(crossfade.state_dir / "crossfade.toml")]
    command += ["advance", "escrows", "--force", "--reason", "x"]
    environment = os.environ | {"CROSSFADE_STATE_DIR": str(crossfade.state_dir)}

    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=ROOT
    ) as process:
        os.write(ours, f"{typed}\n".encode())
        out, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)

    assert process.returncode == code
    assert "Type escrows to go on" in out.decode()
    assert words in out.decode()


@contextmanager
def a_worker(crossfade: InProcess, **by_modern: LastAnswer) -> Iterator[None]:
    """Somebody who follows the flags as a proxy worker does, and says what modern answered last."""
    url = f"sqlite:///{crossfade.state_dir}/store.sqlite3"
    watch = FlagWatch(
        open_engine=lambda: open_database(url),
        endpoints=(Endpoint("escrows", "GET", "/v1/escrows"),),
        registration=Registration("run", "proxy-1", socket.gethostname(), os.getpid()),
        known_good=LastKnownGood(crossfade.state_dir),
        swap=lambda _table: True,
        by_modern=lambda: by_modern,
    )
    with capture_logs():  # a worker's own go elsewhere
        watch.start()
        yield
        watch.stop()


def test_a_rollback_says_when_each_worker_served_it_and_what_modern_answered_last(
    crossfade: InProcess,
) -> None:
    noon = datetime(2026, 11, 29, 12, 0, 0, 123_000, UTC).timestamp()
    last = {"escrows": LastAnswer("GET /v1/escrows", noon), "leads": LastAnswer("GET /v1/leads", noon + 9)}
    crossfade("flip", "escrows", "shadow", "--reason", "x")

    with a_worker(crossfade, **last):
        lines = crossfade("rollback", "escrows").out.splitlines()
        crossfade("flip", "escrows", "shadow", "--reason", "x")
        values = json.loads(crossfade("rollback", "escrows", "--json").out)

    assert re.fullmatch(r"version 2, served by 1 proxy worker after \d+ ms", lines[1])
    assert re.fullmatch(r"  proxy-1  \d+ ms", lines[2])
    assert lines[3:] == ["last answer by modern: 12:00:00.123 UTC, GET /v1/escrows (proxy-1)"]
    assert values["last_by_modern"] == {
        "worker": "proxy-1",
        "endpoint": "GET /v1/escrows",
        "at": "2026-11-29T12:00:00.123000+00:00",
    }


def test_where_modern_has_answered_nothing_a_rollback_says_so(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "x")

    with a_worker(crossfade):
        lines = crossfade("rollback", "escrows").out.splitlines()

    assert lines[-1] == "modern has answered nothing there since these workers started"
