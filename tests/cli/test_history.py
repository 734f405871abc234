"""The ledger, to read and to take along."""

import csv
import json

import pytest
import sqlalchemy as sa

from cli.ledger_file import read_ledger
from parity.database import open_database
from proxy.flag_rows import FLAG_CHANGES
from tests.support.command import InProcess
from tests.support.published import faults


def test_an_empty_ledger_says_so(crossfade: InProcess) -> None:
    ran = crossfade("history")

    assert (ran.code, ran.out, ran.err) == (0, "", "nothing has been changed yet\n")


def test_the_ledger_reads_newest_first(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "first look")
    crossfade("rollback", "escrows", "--reason", "enough")

    lines = crossfade("history").out.splitlines()

    assert "rollback by olivia: enough" in lines[0]
    assert "escrows: shadow → off" in lines[1]
    assert lines[2].strip() == "verdict: not yet (0 comparisons, 0 differ)"
    assert "flip by olivia: first look" in lines[3]


def test_all_of_it_is_exported_oldest_first_with_verdicts(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "first look")
    crossfade("rollback", "escrows", "--reason", "=cmd()")

    lines = crossfade("history", "--export", "ledger.jsonl")
    table = crossfade("history", "--export", "ledger.csv")

    entries = [json.loads(line) for line in (crossfade.state_dir / "ledger.jsonl").read_text().splitlines()]
    with (crossfade.state_dir / "ledger.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert (lines.code, table.code) == (0, 0)
    assert faults((crossfade.state_dir / "ledger.jsonl").read_text()) == []
    assert [(one["schema"], one["version"], one["action"]) for one in entries] == [
        ("crossfade.ledger/1", 1, "flip"),
        ("crossfade.ledger/1", 2, "rollback"),
    ]
    assert [one["verdict"]["word"] for one in entries] == ["not yet", "not yet"]
    assert [(row["version"], row["changed"]) for row in rows] == [
        ("1", "escrows: off → shadow"),
        ("2", "escrows: shadow → off"),
    ]
    assert rows[1]["reason"] == "'=cmd()", "a spreadsheet must not take it for a formula"


def test_a_rollback_that_was_waited_for_says_how_long_it_took(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "first look")
    crossfade("rollback", "escrows")
    with open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3").begin() as connection:
        connection.execute(sa.update(FLAG_CHANGES).where(FLAG_CHANGES.c.version == 2).values(served_ms=38.5))

    ran = crossfade("history")
    crossfade("history", "--export", "ledger.jsonl")

    assert "     served by every proxy worker after 38 ms\n" in ran.out
    assert [one.served_ms for one in read_ledger(crossfade.state_dir / "ledger.jsonl")] == [None, 38.5]


@pytest.mark.parametrize("name", ["ledger.txt", "ledger"])
def test_another_kind_of_file_is_refused(crossfade: InProcess, name: str) -> None:
    ran = crossfade("history", "--export", name)

    assert ran.code == 2
    assert f"--export {name}: expected a name that ends in .jsonl or .csv" in ran.err
    assert not (crossfade.state_dir / name).exists()
