"""What commands say of pilots."""

from dataclasses import replace

import pytest

from cli.pilot_words import event_of, event_text, policy_lines, run_json, run_lines
from proxy.pilot_decision import Decision, Done, Go, Pause, Wait
from proxy.pilot_policy import parse_policy
from proxy.pilot_runs import PilotRun, RunState
from proxy.stages import Stage
from tests.proxy.piloting import BEGIN, QUICK

RUN = PilotRun(
    "escrows", QUICK, "quick", Stage.COMPLETE, RunState.RUNNING, 2, BEGIN, "lunch", 7, "ada", BEGIN, BEGIN
)
HEAD = [
    "escrows: running, 2 of 5 steps to complete made, the last canary 5%; policy quick",
    "  since 2027-01-15 08:00:00 UTC; started by ada 2027-01-15 08:00:00 UTC",
]


def test_a_run_says_where_it_is_why_it_waits_and_who_walks_it() -> None:
    assert run_lines(RUN, "host:12") == [*HEAD, "  waits: lunch", "  walked by host:12"]


def test_a_run_that_nobody_walks_says_how_to() -> None:
    assert run_lines(replace(RUN, reason=""), "") == [
        *HEAD,
        "  nobody walks it yet: a console will, or crossfade pilot resume escrows --here",
    ]


def test_a_paused_run_says_why_and_how_to_go_on() -> None:
    lines = run_lines(replace(RUN, state=RunState.PAUSED, step=0), "")

    assert lines[0] == "escrows: paused, 0 of 5 steps to complete made; policy quick"
    assert lines[2:] == ["  paused: lunch", "  go on: crossfade pilot resume escrows"]


def test_a_run_is_told_as_json_with_moments_and_counts() -> None:
    assert run_json(RUN, "") == {
        "domain": "escrows",
        "state": "running",
        "reason": "lunch",
        "target": "complete",
        "policy": "quick",
        "step": 2,
        "steps": 5,
        "since": "2027-01-15T08:00:00+00:00",
        "version": 7,
        "actor": "ada",
        "started_at": "2027-01-15T08:00:00+00:00",
        "walked_by": None,
    }


def test_a_policy_that_cannot_be_read_any_more_has_no_steps() -> None:
    assert run_json(replace(RUN, policy="[[stairs]]"), "")["steps"] == 0


def test_a_policy_says_what_each_step_asks_for() -> None:
    assert policy_lines(parse_policy(QUICK, "quick"), Stage.LIVE) == [
        "  1  shadow      at least 1m, then when the verdict is ready",
        "  2  canary 5%   when the verdict is ready",
        "  3  canary 50%  when the verdict is ready but for queries",
        "  4  live",
    ]


@pytest.mark.parametrize(
    ("decision", "event", "text"),
    [
        (Go(parse_policy(QUICK, "quick").steps[1]), ("step", "canary 5%"), "→ canary 5%"),
        (Wait("hours", "until nine"), ("wait", "until nine"), "waits: until nine"),
        (Pause("ada did"), ("pause", "ada did"), "paused: ada did"),
        (Done(), ("done", "the target is reached"), "done: the target is reached"),
    ],
)
def test_a_decision_is_an_event_and_a_line(decision: Decision, event: tuple[str, str], text: str) -> None:
    assert event_of(decision) == event
    assert event_text(*event) == text
