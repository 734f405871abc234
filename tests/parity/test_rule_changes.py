"""When the rules changed: noted when a worker begins to compare by them, for the endpoints they are about."""

import dataclasses
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database, writing
from parity.errors import StoreError
from parity.redact import Redactor
from parity.rule_changes import fingerprints, note_rules, rules_changed_at
from parity.rules import RuleBook
from parity.store import ParityStore
from parity.tables import METADATA
from tests.parity.factories import DETAIL, LIST, acceptance, by_shape

NOW = 1_795_000_000.0
LEADS = "GET /v1/leads"


def note(engine: sa.Engine, rules: RuleBook, at: float = NOW) -> None:
    METADATA.create_all(engine)
    with writing(engine) as connection:
        note_rules(connection, rules, at)


def test_a_store_without_tables_knows_of_no_change(engine: sa.Engine) -> None:
    assert rules_changed_at(engine, [LIST]) is None


def test_a_store_that_is_away_is_one_sentence() -> None:
    with pytest.raises(StoreError, match="cannot read the store"):
        rules_changed_at(open_database("sqlite:////no/such/folder/store.db"), [LIST])


@pytest.mark.parametrize("book", [RuleBook(), RuleBook(rules=(by_shape("$.id"),))])
def test_the_rules_that_are_noted_first_have_been_so_from_the_start(
    engine: sa.Engine, book: RuleBook
) -> None:
    note(engine, book)
    note(engine, book, NOW + 60)

    assert rules_changed_at(engine, [LIST]) is None


def test_a_change_is_known_for_the_endpoints_it_is_about(engine: sa.Engine) -> None:
    rule = by_shape("$.id", endpoint="GET /v1/escrows*")
    note(engine, RuleBook())

    note(engine, RuleBook(rules=(rule,)), NOW + 60)

    assert rules_changed_at(engine, [LEADS, DETAIL]) == NOW + 60
    assert rules_changed_at(engine, [LEADS]) is None


def test_what_is_accepted_changed_or_taken_back_is_a_change_each(engine: sa.Engine) -> None:
    rule = by_shape("$.id", endpoint=LIST)
    books = [
        RuleBook(),
        RuleBook(rules=(rule,)),
        RuleBook(rules=(rule,), acceptances=(acceptance(endpoint=LIST),)),
        RuleBook(rules=(dataclasses.replace(rule, path="$.at"),), acceptances=(acceptance(endpoint=LIST),)),
        RuleBook(),
    ]
    seen = []
    for number, book in enumerate(books):
        note(engine, book, NOW + number)
        seen.append(rules_changed_at(engine, [LIST]))

    assert seen == [None, NOW + 1, NOW + 2, NOW + 3, NOW + 4]


def test_the_same_files_have_the_same_fingerprints(tmp_path: Path) -> None:
    file = tmp_path / "parity.toml"
    file.write_text(
        '[[rules]]\nendpoint = "GET *"\npath = "$.a"\ncompare = "shape"\nreason = "r"\n'
        '[[acceptances]]\nendpoint = "*"\npath = "**"\nreason = "r"\nowner = "o"\nexpires = 2027-01-01\n'
    )

    assert fingerprints(RuleBook.load([file])) == fingerprints(RuleBook.load([file]))
    assert set(fingerprints(RuleBook.load([file]))) == {"*", "GET *"}


def test_the_store_notes_the_rules_before_anything_is_compared_by_them(engine: sa.Engine) -> None:
    ParityStore(engine, Redactor(b"key"), rules=RuleBook()).last_seq("proxy")

    ParityStore(engine, Redactor(b"key"), rules=RuleBook(rules=(by_shape("$.id"),))).last_seq("proxy")

    assert rules_changed_at(engine, [LIST]) is not None
