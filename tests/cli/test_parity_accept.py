"""`crossfade parity accept`, as a person uses it."""

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


def test_groups_that_keep_the_exchanges_mismatches_are_named(crossfade: InProcess, traffic: Traffic) -> None:
    for _ in range(10):
        traffic.send({"n": 2, "extra": 1})

    ran = crossfade("parity", "accept", traffic.group(), *WHY)

    assert "these are in the same exchanges, which stay mismatches until they are accepted too:" in ran.err
    assert ran.err.splitlines()[-2].endswith("  $.extra (extra)")
    assert traffic.send({"n": 2, "extra": 1}) == "mismatch"


def test_the_ledger_has_the_change(crossfade: InProcess, traffic: Traffic) -> None:
    accepted = json.loads(crossfade("parity", "accept", traffic.group(), *WHY, "--json").out)

    (change,) = json.loads(crossfade("history", "--json").out)["changes"]

    assert (change["action"], change["actor"], change["reason"]) == (
        "accept",
        "olivia",
        "rounded on purpose",
    )
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


def test_a_group_that_is_not_there_is_named(crossfade: InProcess, traffic: Traffic) -> None:
    ran = crossfade("parity", "accept", traffic.group(), "feedfeedfeed", *WHY)

    assert ran.code == 2
    assert "'feedfeedfeed'" in ran.err
    assert Traffic(crossfade).send() == "mismatch"


@pytest.fixture
def cause(crossfade: InProcess, traffic: Traffic) -> str:
    """The id of the one cause there is, of `$.n` and `$.extra`."""
    for _ in range(10):
        traffic.send({"n": 2, "extra": 1})
    (found,) = json.loads(crossfade("parity", "report", "--json").out)["causes"]
    return str(found["id"])


def test_a_whole_cause_is_accepted_by_one_command(crossfade: InProcess, cause: str) -> None:
    ran = crossfade("parity", "accept", "--cause", cause, *WHY)

    changes = json.loads(crossfade("history", "--json").out)["changes"]
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if line.startswith("  ")] == [
        "  GET /v1/escrows/{id} $.extra (extra)",
        "  GET /v1/escrows/{id} $.n (value)",
    ]
    assert [(one["version"], one["action"]) for one in changes] == [(2, "accept"), (1, "accept")]
    assert Traffic(crossfade).send({"n": 2, "extra": 1}) == "accepted"


def test_the_report_says_the_command_that_accepts_a_cause(crossfade: InProcess, cause: str) -> None:
    said = crossfade("parity", "report").out
    crossfade("parity", "accept", "--cause", cause, *WHY)
    then = crossfade("parity", "report").out

    command = f"    crossfade parity accept --cause {cause} --reason … --owner … --expires …"
    assert command in said.splitlines()
    assert command not in then.splitlines()


def test_what_one_command_accepted_is_undone_by_the_one_that_it_prints(
    crossfade: InProcess, cause: str
) -> None:
    undo = crossfade("parity", "accept", "--cause", cause, *WHY).out.splitlines()[-1]

    crossfade(*undo.removeprefix("undo: crossfade ").replace("WHY", "wrong").split())

    assert undo.startswith("undo: crossfade parity unaccept a-")
    assert Traffic(crossfade).send({"n": 2, "extra": 1}) == "mismatch"


@pytest.mark.usefixtures("cause")
def test_of_several_groups_all_are_accepted_or_none(crossfade: InProcess) -> None:
    ids = json.loads(crossfade("parity", "report", "--json").out)["causes"][0]["groups"]
    crossfade("parity", "accept", ids[0], *WHY)

    refused = crossfade("parity", "accept", *ids, *WHY)
    before = json.loads(crossfade("parity", "acceptances", "--json").out)["acceptances"]
    taken = crossfade("parity", "accept", ids[1], ids[1][:8], *WHY, "--json")

    assert (refused.code, "is accepted already" in refused.err) == (2, True)
    assert [one["path"] for one in before if one["source"] == "store"] == ["$.extra"]
    assert [one["path"] for one in json.loads(taken.out)["acceptances"]] == ["$.n"]


def test_what_of_a_cause_is_accepted_already_is_said_and_left_as_it_is(
    crossfade: InProcess, traffic: Traffic, cause: str
) -> None:
    crossfade("parity", "accept", traffic.group(), *WHY)

    ran = crossfade("parity", "accept", "--cause", cause, *WHY)
    again = crossfade("parity", "accept", "--cause", cause, *WHY)

    assert ran.code == 0
    assert ran.err.startswith("accepted already: ")
    assert ran.out.count("\naccepted ") + ran.out.startswith("accepted ") == 1
    assert again.code == 2
    assert f"--cause {cause}: all of its groups are accepted already" in again.err


def test_a_dry_run_prints_the_list_and_accepts_nothing(crossfade: InProcess, cause: str) -> None:
    ran = crossfade("parity", "accept", "--cause", cause, *WHY, "--dry-run")
    values = json.loads(crossfade("parity", "accept", "--cause", cause, *WHY, "--dry-run", "--json").out)

    assert ran.code == 0
    assert "  GET /v1/escrows/{id} $.extra (extra)" in ran.out
    assert ran.out.splitlines()[-1] == "nothing was accepted (--dry-run)"
    assert (values["version"], values["dry_run"], [one["id"] for one in values["acceptances"]]) == (
        None,
        True,
        ["", ""],
    )
    assert json.loads(crossfade("history", "--json").out)["changes"] == []
    assert Traffic(crossfade).send({"n": 2, "extra": 1}) == "mismatch"


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "expected GROUP, one or several, or --cause CAUSE; neither was given"),
        (("aa", "--cause", "c-1"), "expected GROUP, one or several, or --cause CAUSE; both was given"),
        (("--cause", "c-00000000"), "--cause 'c-00000000': expected a cause of crossfade parity report"),
        (("aa", "bb", "--kind", "any"), "--kind 'any': expected with one group alone"),
        (("--cause", "c-1", "--path", "$.**"), "--path '$.**': expected with one group alone"),
    ],
)
def test_what_is_to_be_accepted_must_be_clear(
    crossfade: InProcess, words: tuple[str, ...], said: str
) -> None:
    ran = crossfade("parity", "accept", *words, *WHY)

    assert ran.code == 2
    assert said in ran.err
    assert Traffic(crossfade).send() == "mismatch"
