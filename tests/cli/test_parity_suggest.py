"""`crossfade parity rules suggest`: what goes to stdout can be pasted, or read by a program."""

import json
from pathlib import Path

import pytest

from parity.database import open_database
from parity.legacy_twice import LegacyTwice, Noted
from parity.redact import Redactor
from parity.rules import RuleBook
from parity.settle import AskedAgain
from parity.store import ParityStore
from tests.parity.factories import LIST, batch, exchange, record
from tests.support.command import InProcess


@pytest.fixture
def store(crossfade: InProcess) -> ParityStore:
    """The store of the command, in which legacy never gave the same id twice."""
    store = ParityStore(open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3"), Redactor(b"key"))
    twice = LegacyTwice(LIST, {"$.meta.id": Noted("string (uuid)", is_other_shape=False)})
    store.record(batch(proxy="twice", counts=()), [], [], AskedAgain(twice=[twice] * 12))
    return store


def count_a_read(store: ParityStore, legacy: object, modern: object) -> None:
    """So that the endpoint is known to the report."""
    record(store, batch(exchange(legacy, modern)), 1_795_000_000.0)


def test_its_output_is_a_rule_file(crossfade: InProcess, store: ParityStore, tmp_path: Path) -> None:
    count_a_read(store, {"price": 1}, {"price": 2})

    ran = crossfade("parity", "rules", "suggest")

    file = tmp_path / "suggested.toml"
    file.write_text(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert [rule.path for rule in RuleBook.load([file]).rules] == ["$.meta.id"]
    assert "# GET /v1/escrows $.price\n#   fewer than 3 different samples" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_json_is_versioned(crossfade: InProcess, store: ParityStore) -> None:
    count_a_read(store, {"price": 1}, {"price": 1})

    values = json.loads(crossfade("parity", "rules", "suggest", "--json").out)

    assert values["schema"] == "crossfade.parity-suggestions/1"
    assert [one["path"] for one in values["suggestions"]] == ["$.meta.id"]
    assert values["suggestions"][0]["evidence"].startswith("legacy differed from itself in 12 of 12")


def test_another_domain_has_no_part_in_it(crossfade: InProcess, store: ParityStore) -> None:
    count_a_read(store, {"price": 1}, {"price": 2})

    assert crossfade("parity", "rules", "suggest", "--domain", "clients").out == "# Nothing to suggest.\n"
    assert "$.meta.id" in crossfade("parity", "rules", "suggest", "--domain", "escrows").out


def test_a_store_that_was_never_used_gives_nothing_to_suggest(crossfade: InProcess) -> None:
    ran = crossfade("parity", "rules", "suggest")

    assert (ran.code, ran.out) == (0, "# Nothing to suggest.\n")


def test_a_domain_that_is_none_is_one_sentence(crossfade: InProcess) -> None:
    ran = crossfade("parity", "rules", "suggest", "--domain", "bogus")

    assert ran.code == 2
    assert "'bogus' is not a domain; expected one of: " in ran.err
