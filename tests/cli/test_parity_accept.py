"""`crossfade parity accept | unaccept`, as a person uses them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.command import InProcess
from tests.support.traffic import Traffic

DAY = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
LATER = (datetime.now(UTC) + timedelta(days=400)).date().isoformat()
WHY = ("--reason", "rounded on purpose", "--owner", "crm", "--expires", DAY)


def test_accepting_says_what_it_takes_and_how_to_undo_it(crossfade: InProcess, traffic: Traffic) -> None:
    ran = crossfade("parity", "accept", traffic.group(), *WHY, "--quirk", "Q-7", "--shape")

    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[0].endswith(f" until {DAY}: Q-7: rounded on purpose")
    assert lines[1] == "  GET /v1/escrows/{id} $.n (value)"
    assert lines[2] == "  only where legacy has integer 1 and modern integer 1"
    assert lines[3].startswith("undo: crossfade parity unaccept a-")


def test_a_new_worker_counts_what_was_accepted_and_again_when_it_is_withdrawn(
    crossfade: InProcess, traffic: Traffic
) -> None:
    accepted = json.loads(crossfade("parity", "accept", traffic.group(), *WHY, "--json").out)["acceptance"]
    assert Traffic(crossfade).send() == "accepted"

    ran = crossfade("parity", "unaccept", accepted["id"], "--reason", "fixed")

    assert (ran.code, ran.out.splitlines()) == (
        0,
        [
            f"withdrawn {accepted['id']}: these count as mismatches again",
            "  GET /v1/escrows/{id} $.n (value)",
        ],
    )
    assert Traffic(crossfade).send() == "mismatch"


def test_groups_that_keep_the_exchanges_mismatches_are_named(crossfade: InProcess, traffic: Traffic) -> None:
    for _ in range(10):
        traffic.send({"n": 2, "extra": 1})

    ran = crossfade("parity", "accept", traffic.group(), *WHY)

    assert "these are in the same exchanges, which stay mismatches until they are accepted too:" in ran.err
    assert ran.err.splitlines()[-1].endswith("  $.extra (extra)")
    assert traffic.send({"n": 2, "extra": 1}) == "mismatch"


def test_the_ledger_has_both_changes(crossfade: InProcess, traffic: Traffic) -> None:
    accepted = json.loads(crossfade("parity", "accept", traffic.group(), *WHY, "--json").out)
    crossfade("parity", "unaccept", accepted["acceptance"]["id"], "--reason", "fixed")

    changes = json.loads(crossfade("history", "--json").out)["changes"]

    assert [(one["action"], one["actor"], one["reason"]) for one in changes] == [
        ("unaccept", "olivia", "fixed"),
        ("accept", "olivia", "rounded on purpose"),
    ]
    assert accepted["acceptance"]["id"] in crossfade("history").out
    assert accepted["version"] == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--reason": " "}, "--reason ' ': expected some words, 500 characters at most"),
        ({"--owner": "x" * 201}, "expected some words, 200 characters at most"),
        ({"--expires": "tomorrow"}, "--expires 'tomorrow': expected a day like 2027-01-31"),
        ({"--expires": "2020-01-01"}, "--expires 2020-01-01: expected a day after today"),
        ({"--expires": LATER}, "(parity.max_acceptance_days = 180)"),
        ({"--quirk": "seven"}, "--quirk 'seven': expected the number of a quirk, like Q-7"),
        ({"--ticket": "javascript:alert(1)"}, "--ticket 'javascript:alert(1)': expected an address"),
        ({"--quirk": "Q-1", "--ticket": "https://t.test"}, "expected either a ticket or a quirk"),
        ({"--kind": "wrong"}, "--kind 'wrong': expected one of: status, header,"),
        ({"--path": "$.m"}, "--path '$.m': expected a path that takes the group's, $.n"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_accepted(
    crossfade: InProcess, traffic: Traffic, changes: dict[str, str], said: str
) -> None:
    options = dict(zip(WHY[::2], WHY[1::2], strict=True)) | changes

    ran = crossfade("parity", "accept", traffic.group(), *(word for pair in options.items() for word in pair))

    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert traffic.send() == "mismatch"
    assert json.loads(crossfade("history", "--json").out)["changes"] == []


@pytest.mark.parametrize("command", ["accept", "unaccept"])
def test_what_is_not_there_is_named(crossfade: InProcess, command: str) -> None:
    ran = crossfade("parity", command, "feedfeedfeed", *(WHY if command == "accept" else WHY[:2]))

    assert ran.code == 2
    assert "'feedfeedfeed'" in ran.err
