"""What the store counted, against what was sent."""

from collections.abc import Iterator

from loadtests.added.books import books_of, closed_books, counted, mirrored_of
from loadtests.added.result import Books, Mirrored
from parity.outcome import Outcome
from parity.report import Report
from parity.tally import Tally
from tests.loadtests.added.factories import report

MATCHED = Tally(
    requests=10,
    mirrored=8,
    fallback=1,
    not_mirrored={"write": 2},
    outcomes={Outcome.MATCH: 6, Outcome.SHED: 2},
)


def test_books_are_read_again_until_all_is_counted_and_has_an_outcome() -> None:
    few = report(Tally(requests=9, mirrored=7, not_mirrored={"write": 2}, outcomes={Outcome.MATCH: 7}))
    unanswered = report(
        Tally(requests=10, mirrored=7, not_mirrored={"write": 2}, outcomes={Outcome.MATCH: 7})
    )
    no_outcome = report(
        Tally(requests=10, mirrored=8, not_mirrored={"write": 3}, outcomes={Outcome.MATCH: 7})
    )
    closed = report(MATCHED)
    states: Iterator[Report] = iter([few, unanswered, no_outcome, closed])

    assert closed_books(lambda: next(states), 10, within_s=5.0) is closed


def test_books_that_do_not_close_are_told_as_they_are() -> None:
    open_ = report(Tally(requests=9))

    assert closed_books(lambda: open_, 10, within_s=0.1) is open_


def test_a_slice_is_what_was_counted_after_it_and_not_before() -> None:
    before = Tally(requests=4, mirrored=4, outcomes={Outcome.MATCH: 4})

    found = mirrored_of([counted(MATCHED) - counted(before)])

    assert found == Mirrored(6, 4, 2, 1, {"match": 2, "shed": 2}, {"write": 2})


def test_slices_add_up() -> None:
    found = mirrored_of([counted(MATCHED), counted(MATCHED)])

    assert found == Mirrored(20, 16, 12, 2, {"match": 12, "shed": 4}, {"write": 4})
    assert mirrored_of([]) == Mirrored(0, 0, 0, 0, {}, {})


def test_books_have_what_was_sent_beside_what_was_counted() -> None:
    books = books_of(report(MATCHED), 10)

    assert books == Books(10, 10, 8, {"match": 6, "shed": 2}, 0, 0)
    assert books.balance
