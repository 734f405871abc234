"""`crossfade pilot` as an operator types it."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.parity_store import ONE_ENDPOINT, agreeing, fill
from tests.support.command import InProcess

SHORT = """
[[steps]]
stage = "shadow"
hold = "5m"
[[steps]]
stage = "canary"
share = 0.5
"""


@pytest.fixture(autouse=True)
def site(crossfade: InProcess) -> None:
    """One endpoint, and a policy in a file."""
    (crossfade.state_dir / "crossfade.toml").write_text(ONE_ENDPOINT)
    (crossfade.state_dir / "short.toml").write_text(SHORT)


def start(crossfade: InProcess, *more: str) -> None:
    assert crossfade("pilot", "escrows", "--to", "canary", "--policy", "short.toml", *more).code == 0


def test_a_domain_alone_starts_a_pilot_and_says_its_steps(crossfade: InProcess) -> None:
    ran = crossfade("pilot", "escrows", "--to", "canary", "--policy", "short.toml")

    assert ran.code == 0
    assert ran.err == (
        "escrows is at off; policy short:\n"
        "  1  shadow      at least 5m, then when the verdict is ready\n"
        "  2  canary 50%\n"
    )
    assert ran.out.startswith("escrows: running, 0 of 2 steps to canary made; policy short\n")
    assert "nobody walks it yet" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_status_pause_resume_and_stop_say_how_it_stands_and_the_ledger_who_did(crossfade: InProcess) -> None:
    start(crossfade)

    crossfade("pilot", "pause", "escrows", "--reason", "lunch")
    status = json.loads(crossfade("pilot", "status", "--json").out)
    resumed = json.loads(crossfade("pilot", "resume", "--json").out)
    stopped = json.loads(crossfade("pilot", "stop", "escrows", "--json").out)

    assert status["schema"] == resumed["schema"] == stopped["schema"] == "crossfade.pilot-runs/1"
    assert [(run["state"], run["reason"]) for run in status["runs"]] == [("paused", "lunch")]
    assert (resumed["runs"][0]["state"], stopped["runs"][0]["state"]) == ("running", "stopped")
    ledger = json.loads(crossfade("history", "--json").out)["changes"]
    assert [(entry["action"], entry["actor"], entry["reason"]) for entry in ledger] == [
        ("pilot", "olivia", "stopped"),
        ("pilot", "olivia", "resumed"),
        ("pilot", "olivia", "paused: lunch"),
        ("pilot", "olivia", "started to canary by policy short"),
    ]


def test_to_the_end_the_policy_in_the_box_goes_once_it_is_confirmed(crossfade: InProcess) -> None:
    refused = crossfade("pilot", "escrows")
    started = crossfade("pilot", "start", "escrows", "--yes", "--json")

    assert (refused.code, refused.err.splitlines()[-1]) == (
        2,
        "crossfade: a pilot takes escrows to complete, step by step: nobody can be asked here; expected --yes",
    )
    run = json.loads(started.out)["runs"][0]
    assert (run["policy"], run["target"], run["steps"]) == ("default", "complete", 7)


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        (["pilot", "escrow"], 2, "'escrow' is not a domain; expected one of: escrows"),
        (
            ["pilot", "escrows", "--to", "off"],
            2,
            "--to 'off': expected one of: shadow, canary, live, complete",
        ),
        (["pilot", "escrows", "--policy", "short.toml"], 2, "they end at canary, expected one at complete"),
        (["pilot", "escrows", "--policy", "nowhere.toml"], 2, "nowhere.toml:\n  cannot be read"),
        (["pilot", "escrows", "--policy", "bad.toml"], 2, "steps.0.hold: 'soon': expected a duration"),
        (
            ["pilot", "status", "escrows"],
            4,
            "no pilot was started for escrows: crossfade pilot start escrows",
        ),
        (["pilot", "stop"], 4, "no pilot is paused or running"),
        (["pilot", "pause", "nope"], 2, "'nope' is not a domain"),
        (["pilot", "resume", "--here"], 2, "--here: expected a domain to walk"),
        (["pilot", "escrows", "--ledger", "x.jsonl"], 2, "--ledger x.jsonl: expected --simulate with it"),
        (["pilot", "escrows", "--simulate", "--ledger", "x.jsonl"], 2, "x.jsonl: cannot be read: No such"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_changed(
    crossfade: InProcess, typed: list[str], code: int, words: str
) -> None:
    (crossfade.state_dir / "bad.toml").write_text("[[steps]]\nstage = 'shadow'\nhold = 'soon'\n")

    ran = crossfade(*typed)

    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert json.loads(crossfade("history", "--json").out)["changes"] == []


def test_no_second_pilot_of_a_domain_is_started(crossfade: InProcess) -> None:
    start(crossfade)

    ran = crossfade("pilot", "escrows", "--to", "canary", "--policy", "short.toml")

    assert (ran.code, ran.err.splitlines()[-1]) == (
        4,
        "crossfade: a pilot of escrows is running already: crossfade pilot stop escrows ends it",
    )


def test_before_any_was_started_status_says_so(crossfade: InProcess) -> None:
    ran = crossfade("pilot", "status")

    assert (ran.code, ran.out, ran.err) == (0, "", "no pilot was started yet: crossfade pilot start DOMAIN\n")


def test_rows_of_endpoints_which_it_leaves_alone_are_named(crossfade: InProcess) -> None:
    crossfade("flip", "GET /v1/escrows/{id}", "shadow", "--reason", "x")

    ran = crossfade("pilot", "escrows", "--to", "shadow", "--policy", "short.toml")

    assert "rows of their own, which a pilot leaves as they are: GET /v1/escrows/{id}" in ran.err


def simulate(crossfade: InProcess, *more: str) -> tuple[int, str, str]:
    ran = crossfade("pilot", "escrows", "--to", "canary", "--policy", "short.toml", "--simulate", *more)
    return ran.code, ran.out, ran.err


def test_a_simulation_prints_each_step_and_what_it_waited_for_and_changes_nothing(
    crossfade: InProcess,
) -> None:
    begin = time.time() // 60 * 60 - 3_600
    for minute in range(10):
        fill(crossfade, *agreeing(10), at=begin + 60 * minute)

    code, out, err = simulate(crossfade)

    assert code == 0
    assert [line[21:].rstrip() for line in out.splitlines() if "UTC  " in line] == [
        " → shadow",
        f" waits: holds shadow for 5m, until {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(begin + 300))} UTC",
        " → canary 50%",
        " done: canary",
    ]
    assert max(map(len, out.splitlines())) <= 80
    assert "nothing was changed" in err
    assert json.loads(crossfade("history", "--json").out)["changes"] == []


def test_a_simulation_that_ends_before_the_target_says_why_and_exits_with_1(crossfade: InProcess) -> None:
    fill(crossfade, *agreeing(3), at=time.time() - 600)

    code, out, _ = simulate(crossfade, "--json")

    told = json.loads(out)
    assert (code, told["schema"], told["reached"]) == (1, "crossfade.pilot-simulation/1", False)
    assert [moment["kind"] for moment in told["moments"]] == ["step", "wait", "end"]


def ledger(crossfade: InProcess, *entries: tuple[str, str, str]) -> None:
    """A file of entries ten minutes apart: from a stage, to a stage, with a verdict."""
    begin = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    shares = {"canary_share": 0.05, "sample_rate": 1.0}
    lines = [
        {
            "schema": "crossfade.ledger/1",
            "version": number + 1,
            "at": (begin + timedelta(minutes=10 * number)).isoformat(),
            "action": "advance",
            "key": "escrows",
            "actor": "ada",
            "reason": "because",
            "forced": False,
            "changed": [
                {"key": "escrows", "before": {"stage": old, **shares}, "after": {"stage": new, **shares}}
            ],
            "verdict": {"word": word, "lines": [], "figures": {}},
        }
        for number, (old, new, word) in enumerate(entries)
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (crossfade.state_dir / "ledger.jsonl").write_text(text)


def test_a_simulation_against_an_exported_ledger_needs_no_store(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_STORE__URL", "postgresql://nobody@127.0.0.1:1/nothing")
    ledger(crossfade, ("off", "shadow", "not yet"), ("shadow", "canary", "ready"))

    code, out, err = simulate(crossfade, "--ledger", "ledger.jsonl")

    assert (code, out.splitlines()) == (
        0,
        [
            "2026-11-27 12:00 UTC  → shadow",
            "2026-11-27 12:00 UTC  waits: holds shadow for 5m, until 2026-11-27 12:05:00 UTC",
            "2026-11-27 12:05 UTC  waits: the verdict is 'not yet'; ledger: no verdict on",
            "escrows was kept since 2026-11-27 12:00:00 UTC",
            "2026-11-27 12:10 UTC  → canary 50%",
            "2026-11-27 12:10 UTC  done: canary",
        ],
    )
    assert err == (
        "verdicts are those that the ledger kept with its entries, at the stages of then; nothing was changed\n"
    )


def test_who_took_the_domain_back_ends_a_simulation_against_a_ledger(crossfade: InProcess) -> None:
    ledger(crossfade, ("off", "shadow", "not yet"), ("shadow", "off", "not yet"))

    code, out, _ = simulate(crossfade, "--ledger", "ledger.jsonl", "--json")

    last = json.loads(out)["moments"][-1]
    assert (code, last["kind"], last["words"]) == (
        1,
        "pause",
        "ada rolled escrows back to off (version 2): because",
    )


def test_of_a_domain_that_the_ledger_does_not_know_it_says_so(crossfade: InProcess) -> None:
    (crossfade.state_dir / "ledger.jsonl").write_text("")

    code, out, _ = simulate(crossfade, "--ledger", "ledger.jsonl")

    assert (code, out[22:]) == (1, "the history ends here: nothing was recorded\n")
    assert out.startswith(f"{datetime.now(UTC) - timedelta(seconds=1):%Y-}")
