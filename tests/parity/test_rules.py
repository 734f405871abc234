"""The rule book: read from TOML with every fault at once, and asked by endpoint and path."""

from datetime import date
from pathlib import Path

import pytest

from parity.errors import RulesError
from parity.outcome import Difference, Kind
from parity.rules import Compare, RuleBook
from tests.parity.factories import DETAIL, LIST, TODAY, acceptance, by_shape

GOOD = """
[[rules]]
endpoint = "GET /v1/escrows"
path = "$.data.escrows[*].upcomingDeadlines"
compare = "shape"
reason = "Q-24: RANDOM() in legacy"

[[rules]]
endpoint = "*"
path = "$.data.id"
compare = "shape"
reason = "made anew in each run"
only = "recording"

[[acceptances]]
endpoint = "GET /v1/*"
path = "$.error.details[*].field"
kind = "extra"
legacy_status = 400
reason = "items gain field"
quirk = "Q-16"
owner = "crm-migration"
expires = 2027-06-30
"""

BAD = """
[[rules]]
endpoint = "GET /v1/escrows"
path = "data.id"
comapre = "shape"
reason = " "

[[acceptances]]
endpoint = "GET /v1/escrows"
path = "$status"
kind = "strange"
reason = "r"
owner = "o"
"""


def load(tmp_path: Path, *texts: str) -> RuleBook:
    files = [tmp_path / f"{number}.toml" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return RuleBook.load(files)


def accepted(
    book: RuleBook, *, statuses: tuple[int, int] = (400, 400), today: date = TODAY, kind: Kind = Kind.EXTRA
) -> bool:
    difference = Difference(("$", "error", "details", 0, "field"), kind, None, "page")
    return book.for_endpoint(LIST).acceptance_of(difference, statuses, today) is not None


def test_rules_and_acceptances_are_read(tmp_path: Path) -> None:
    book = load(tmp_path, GOOD)

    assert [rule.compare for rule in book.rules] == [Compare.SHAPE, Compare.SHAPE]
    assert book.acceptances == (
        acceptance(
            "$.error.details[*].field",
            endpoint="GET /v1/*",
            kind=Kind.EXTRA,
            legacy_status=400,
            reason="items gain field",
        ),
    )


def test_every_fault_of_every_file_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(RulesError) as caught:
        load(tmp_path, BAD, "not toml [", GOOD)

    said = "\n".join(caught.value.problems)
    assert "rules[1].path: value error, path 'data.id' starts with none of" in said
    assert "rules[1].comapre: unknown key, did you mean compare?" in said
    assert "rules[1].compare: field required" in said
    assert "rules[1].reason: string should have at least 1 character" in said
    assert "acceptances[1].kind: input should be 'status'" in said
    assert "acceptances[1].expires: field required" in said
    assert "1.toml" in said


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="No such file"):
        RuleBook.load([tmp_path / "none.toml"])


def test_an_unknown_table_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="ignore: unknown key, known are rules, acceptances"):
        load(tmp_path, "[[ignore]]\npath = '$'\n")


def test_a_rule_holds_for_its_path_and_below() -> None:
    rules = RuleBook(rules=(by_shape("$.data[*].owner"),)).for_endpoint(LIST)

    assert rules.compare_at(("$", "data", 0, "owner", "id")) is Compare.SHAPE
    assert rules.compare_at(("$", "data", 0)) is Compare.VALUE


def test_the_last_rule_that_holds_decides() -> None:
    book = RuleBook(rules=(by_shape("$.data"),)).with_rules([by_shape("$.data.id", compare=Compare.VALUE)])

    assert book.for_endpoint(LIST).compare_at(("$", "data", "id")) is Compare.VALUE
    assert book.for_endpoint(LIST).compare_at(("$", "data", "at")) is Compare.SHAPE


def test_a_rule_for_recordings_holds_only_there(tmp_path: Path) -> None:
    book = load(tmp_path, GOOD)

    assert book.for_endpoint(DETAIL).compare_at(("$", "data", "id")) is Compare.VALUE
    assert book.for_recording().for_endpoint(DETAIL).compare_at(("$", "data", "id")) is Compare.SHAPE


def test_a_rule_of_another_endpoint_does_not_hold(tmp_path: Path) -> None:
    path = ("$", "data", "escrows", 0, "upcomingDeadlines")

    assert load(tmp_path, GOOD).for_endpoint(LIST).compare_at(path) is Compare.SHAPE
    assert load(tmp_path, GOOD).for_endpoint(DETAIL).compare_at(path) is Compare.VALUE


def test_an_acceptance_holds_until_its_last_day(tmp_path: Path) -> None:
    book = load(tmp_path, GOOD)

    assert accepted(book, today=date(2027, 6, 30))
    assert not accepted(book, today=date(2027, 7, 1))


def test_an_acceptance_holds_only_for_its_kind_and_statuses(tmp_path: Path) -> None:
    book = load(tmp_path, GOOD)

    assert not accepted(book, kind=Kind.VALUE)
    assert not accepted(book, statuses=(500, 400))
    assert accepted(book, statuses=(400, 422))


def test_a_book_with_more_acceptances_leaves_the_first_one_alone() -> None:
    empty = RuleBook()

    assert accepted(empty.with_acceptances([acceptance()]))
    assert not accepted(empty)
