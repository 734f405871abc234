"""`crossfade parity unaccept`, as a person uses it."""

import json

from tests.cli.test_parity_accept import WHY
from tests.support.command import InProcess
from tests.support.traffic import Traffic


def accepted(crossfade: InProcess, group: str) -> str:
    values = json.loads(crossfade("parity", "accept", group, *WHY, "--json").out)
    return str(values["acceptance"]["id"])


def test_a_new_worker_counts_what_was_accepted_and_again_when_it_is_withdrawn(
    crossfade: InProcess, traffic: Traffic
) -> None:
    one = accepted(crossfade, traffic.group())
    assert Traffic(crossfade).send() == "accepted"

    ran = crossfade("parity", "unaccept", one, "--reason", "fixed")

    assert (ran.code, ran.out.splitlines()) == (
        0,
        [
            f"withdrawn {one}: these count as mismatches again",
            "  GET /v1/escrows/{id} $.n (value)",
        ],
    )
    assert Traffic(crossfade).send() == "mismatch"


def test_the_ledger_has_both_changes(crossfade: InProcess, traffic: Traffic) -> None:
    crossfade("parity", "unaccept", accepted(crossfade, traffic.group()), "--reason", "fixed")

    changes = json.loads(crossfade("history", "--json").out)["changes"]

    assert [(one["action"], one["actor"], one["reason"]) for one in changes] == [
        ("unaccept", "olivia", "fixed"),
        ("accept", "olivia", "rounded on purpose"),
    ]


def test_when_one_of_several_is_not_there_none_is_withdrawn(crossfade: InProcess, traffic: Traffic) -> None:
    one = accepted(crossfade, traffic.group())

    ran = crossfade("parity", "unaccept", one, "a-00000000", "--reason", "fixed")

    assert ran.code == 2
    assert "'a-00000000'" in ran.err
    assert Traffic(crossfade).send() == "accepted"
    assert len(json.loads(crossfade("history", "--json").out)["changes"]) == 1


def test_what_is_not_there_is_named(crossfade: InProcess) -> None:
    ran = crossfade("parity", "unaccept", "feedfeedfeed", "--reason", "fixed")

    assert ran.code == 2
    assert "'feedfeedfeed'" in ran.err
