"""What holds at a place, where it comes from, and who uses it."""

from datetime import date
from pathlib import Path

import sqlalchemy as sa

from parity.holdings import Declared, Holdings, read_holdings
from parity.outcome import Kind
from parity.rules import RuleBook
from parity.store import ParityStore
from tests.parity.factories import LIST, TODAY, acceptance, accepted_in, batch, by_shape, exchange, record

NOW = 1_795_000_000.0
FILE = Path("rules.toml")
RULES = """
[[acceptances]]
endpoint = "GET /v1/*"
path = "$.b"
reason = "declared"
owner = "crm"
expires = 2027-06-30
"""


def read(engine: sa.Engine, declared: Declared | None = None, today: date = TODAY) -> Holdings:
    with engine.connect() as connection:
        return read_holdings(connection, declared or Declared(), today)


def test_a_store_without_tables_accepts_nothing(engine: sa.Engine) -> None:
    assert read(engine).held == ()


def test_acceptances_of_files_say_their_file_and_row_and_those_of_the_store_who_made_them(
    engine: sa.Engine, tmp_path: Path
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    accepted_in(engine, acceptance("$.n", id="a-1"), at=7.0)

    found = read(engine, Declared.load([file])).held

    assert [(held.name, held.source, held.accepted_at, held.accepted_by) for held in found] == [
        (f"{file}, acceptance 1", f"{file}, acceptance 1", None, ""),
        ("a-1", "store", 7.0, "olivia"),
    ]


def test_use_is_counted_in_exchanges_with_the_last(engine: sa.Engine, store: ParityStore) -> None:
    used, unused = acceptance("$.n", id="a-1", reason="used"), acceptance("$.m", id="a-2", reason="unused")
    accepted_in(engine, used, unused)
    for seq in (1, 2):
        found = exchange({"n": 1}, {"n": 2})
        record(store, batch(found, found, seq=seq), NOW + seq, RuleBook(acceptances=(used,)))

    assert [(held.n, held.last_used_at) for held in read(engine).held] == [(4, NOW + 2), (0, None)]


def test_an_expired_one_does_not_hold_and_is_not_present(engine: sa.Engine) -> None:
    accepted_in(engine, acceptance("$.n", id="a-1", expires=date(2026, 11, 23)))

    (held,) = read(engine, today=date(2026, 11, 24)).held

    assert held.is_expired(date(2026, 11, 24))
    assert read(engine, today=date(2026, 11, 24)).present == []
    assert len(read(engine, today=date(2026, 11, 23)).present) == 1


def test_a_place_says_the_rule_that_holds_there_or_above() -> None:
    rules = RuleBook(rules=(by_shape("$.rows", reason="made anew"), by_shape("$.x", endpoint="GET /other")))
    holdings = Holdings(rules, (), TODAY)

    below = holdings.at(LIST, "$.rows[*].id", Kind.VALUE)

    assert (below.compare, below.rule) == ("shape", "made anew (* $.rows)")
    assert holdings.at(LIST, "$.x", Kind.VALUE).compare == "value"
    assert holdings.at(LIST, "$.rowsets", Kind.VALUE).rule == ""


def test_a_place_says_what_made_its_group_and_what_takes_it_today(engine: sa.Engine) -> None:
    over = acceptance("$.n", id="a-1", reason="first", quirk="", expires=date(2026, 11, 1))
    accepted_in(engine, over, acceptance("$.n", id="a-2", reason="second"), acceptance("$.m", id="a-3"))

    found = read(engine).at(LIST, "$.n", Kind.VALUE, "first")

    assert found.accepted_by is not None
    assert found.accepted_by.name == "a-1"
    assert [held.name for held in found.accepts] == ["a-2"]
