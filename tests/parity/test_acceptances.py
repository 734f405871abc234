"""Acceptances in the store: added, withdrawn, and held by a parity worker that goes on."""

from datetime import date

import pytest
import sqlalchemy as sa

from parity.acceptances import (
    REFRESH_S,
    AcceptanceBook,
    acceptances_changed_at,
    stored_acceptances,
    withdraw,
)
from parity.compare import compare
from parity.database import complete_tables, writing
from parity.errors import AcceptanceError
from parity.outcome import Acceptance, Kind, Outcome
from parity.rules import RuleBook
from parity.tables import METADATA
from tests.parity.factories import LIST, TODAY, acceptance, accepted_in, exchange

FULL = acceptance(
    "$.n",
    id="a-1",
    kind=Kind.VALUE,
    quirk="",
    ticket="https://tracker.test/1",
    shapes=(("integer 1", "null"),),
)


class Clock:
    """Time that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def outcome(book: RuleBook, today: date = TODAY) -> Outcome:
    return compare(exchange({"n": 1}, {"n": 2}), book, today=today).outcome


def held(engine: sa.Engine) -> list[Acceptance]:
    with engine.connect() as connection:
        return [row.acceptance for row in stored_acceptances(connection) if row.withdrawn_at is None]


def test_what_is_accepted_is_read_again_as_it_was(engine: sa.Engine) -> None:
    accepted_in(engine, FULL, acceptance("$.b", id="a-2"))

    assert held(engine) == [FULL, acceptance("$.b", id="a-2")]


def test_a_withdrawn_one_stays_in_the_store_and_does_not_hold(engine: sa.Engine) -> None:
    accepted_in(engine, FULL)

    with writing(engine) as connection:
        assert withdraw(connection, "a-1", at=5.0) == FULL

    assert held(engine) == []
    with engine.connect() as connection:
        assert [row.withdrawn_at for row in stored_acceptances(connection)] == [5.0]


@pytest.mark.parametrize(
    ("name", "said"), [("a-9", "'a-9': expected one of the store"), ("a-1", "was withdrawn already")]
)
def test_only_what_holds_can_be_withdrawn(engine: sa.Engine, name: str, said: str) -> None:
    accepted_in(engine, FULL)

    with writing(engine) as connection:
        withdraw(connection, "a-1", at=5.0)
        with pytest.raises(AcceptanceError, match=said):
            withdraw(connection, name, at=6.0)


def test_a_worker_takes_a_new_acceptance_and_its_end_within_a_second(engine: sa.Engine) -> None:
    complete_tables(engine, METADATA)
    clock, rules = Clock(), RuleBook()
    book = AcceptanceBook(engine, clock)
    outcomes = [outcome(book.over(rules))]

    accepted_in(engine, acceptance("$.n", id="a-1"))
    clock.now += REFRESH_S
    outcomes.append(outcome(book.over(rules)))
    with writing(engine) as connection:
        withdraw(connection, "a-1", at=5.0)
    clock.now += REFRESH_S
    outcomes.append(outcome(book.over(rules)))

    assert outcomes == [Outcome.MISMATCH, Outcome.ACCEPTED, Outcome.MISMATCH]


def test_it_counts_as_a_mismatch_again_on_the_day_after_its_last(engine: sa.Engine) -> None:
    accepted_in(engine, acceptance("$.n", id="a-1", expires=date(2026, 11, 23)))

    book = AcceptanceBook(engine).over(RuleBook())

    assert outcome(book, date(2026, 11, 23)) is Outcome.ACCEPTED
    assert outcome(book, date(2026, 11, 24)) is Outcome.MISMATCH


def test_the_book_stays_the_same_while_nothing_changes(engine: sa.Engine) -> None:
    accepted_in(engine, FULL)
    clock, rules = Clock(), RuleBook()
    book = AcceptanceBook(engine, clock)

    first = book.over(rules)
    clock.now += REFRESH_S

    assert book.over(rules) is first


def test_while_the_store_refuses_the_last_known_ones_hold(engine: sa.Engine) -> None:
    accepted_in(engine, acceptance("$.n", id="a-1"))
    clock, rules = Clock(), RuleBook()
    book = AcceptanceBook(engine, clock)
    book.over(rules)

    METADATA.drop_all(engine)
    clock.now += REFRESH_S

    assert outcome(book.over(rules)) is Outcome.ACCEPTED


def test_an_acceptance_of_the_rules_files_goes_before_one_of_the_store(engine: sa.Engine) -> None:
    accepted_in(engine, acceptance("$.n", id="a-1", reason="later"))
    rules = RuleBook(acceptances=(acceptance("$.n", reason="declared"),))

    found = compare(exchange({"n": 1}, {"n": 2}), AcceptanceBook(engine).over(rules), today=TODAY)

    assert [difference.accepted_by for difference in found.differences] == ["Q-16: declared"]


def test_another_shape_than_the_accepted_one_is_a_mismatch(engine: sa.Engine) -> None:
    accepted_in(engine, acceptance("$.n", id="a-1", shapes=(("integer 1", "string integer text 1"),)))
    book = AcceptanceBook(engine).over(RuleBook())

    found = [
        compare(exchange({"n": 1}, {"n": modern}), book, today=TODAY).outcome
        for modern in ("7", "seven", None)
    ]

    assert found == [Outcome.ACCEPTED, Outcome.MISMATCH, Outcome.MISMATCH]


def test_when_a_difference_of_an_endpoint_was_accepted_or_withdrawn_last_is_known(engine: sa.Engine) -> None:
    before = acceptances_changed_at(engine, [LIST])
    accepted_in(engine, acceptance("$.b", id="a-2", endpoint=LIST))
    with writing(engine) as connection:
        withdraw(connection, "a-2", at=5_000_000_000.0)

    assert before is None
    assert acceptances_changed_at(engine, [LIST]) == 5_000_000_000.0
    assert acceptances_changed_at(engine, ["GET /v1/elsewhere"]) is None
