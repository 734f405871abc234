"""The rule book: read from TOML with every fault at once, and asked by endpoint and path."""

from datetime import date
from pathlib import Path

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


def test_the_rule_of_an_endpoint_wins_over_those_of_globs_and_groups_wherever_it_stands() -> None:
    own = by_shape("$.a", endpoint=LIST)
    book = RuleBook(
        rules=(
            own,
            by_shape("$.a", endpoint="*", compare=Compare.VALUE),
            by_shape("$.a", endpoint=LIST, group="lists", compare=Compare.VALUE),
        )
    )

    assert book.for_endpoint(LIST).rule_at(("$", "a", "b")) is own
    assert book.for_endpoint(DETAIL).compare_at(("$", "a")) is Compare.VALUE


def test_what_was_learned_is_weaker_than_any_rule_that_a_person_wrote() -> None:
    learned = by_shape("$.a", endpoint=LIST, learned=True)
    book = RuleBook(rules=(by_shape("$", endpoint="*", compare=Compare.VALUE),)).with_rules([learned])

    assert book.for_endpoint(LIST).compare_at(("$", "a")) is Compare.VALUE
    assert RuleBook().with_rules([learned]).for_endpoint(LIST).rule_at(("$", "a")) is learned


def test_rules_of_lists_are_asked_apart_from_those_of_values() -> None:
    listed = by_shape("$.a", compare=Compare.UNORDERED)
    rules = RuleBook(rules=(by_shape("$"), listed)).for_endpoint(LIST)

    assert rules.list_rule_at(("$", "a")) is listed
    assert rules.list_rule_at(("$", "a", 0)) is None
    assert rules.compare_at(("$", "a")) is Compare.SHAPE


def test_headers_that_rules_name_are_known_and_globs_name_none() -> None:
    book = RuleBook(rules=(by_shape("header:X-Total"), by_shape("header:*"), by_shape("header:etag")))

    assert book.for_endpoint(LIST).headers == ("etag", "x-total")


def test_the_book_for_two_runs_is_made_once() -> None:
    book = RuleBook()

    assert book.for_recording() is book.for_recording()
    assert book.for_recording().for_recording() is book.for_recording()
    assert (book.recording, book.for_recording().recording) == (False, True)
