"""Flipping, rolling back, looking at the table and at the ledger, as an operator types it."""

import json

import pytest

from tests.support.command import InProcess


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
    crossfade("flip", "GET /v1/escrows", "canary", "--share", "0.25", "--reason", "only the list")
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
        (("flip", "escrows", "live", "--reason", "x"), 4, "the next one is shadow"),
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


def test_an_empty_ledger_says_so(crossfade: InProcess) -> None:
    ran = crossfade("history")

    assert (ran.code, ran.out, ran.err) == (0, "", "nothing has been changed yet\n")


def test_the_ledger_reads_newest_first(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "first look")
    crossfade("rollback", "escrows", "--reason", "enough")

    lines = crossfade("history").out.splitlines()

    assert "rollback by olivia: enough" in lines[0]
    assert "escrows: shadow → off" in lines[1]
    assert "flip by olivia: first look" in lines[2]


def test_a_store_that_refuses_is_exit_code_3(crossfade: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSFADE_STORE__URL", "sqlite:////nowhere/at/all.sqlite3")

    ran = crossfade("flip", "escrows", "shadow", "--reason", "x")

    assert ran.code == 3
    assert "unable to open database file" in ran.err
    assert "Traceback" not in ran.err
