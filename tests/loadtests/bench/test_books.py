"""What the books say about the run."""

from loadtests.bench.books import book_rows
from loadtests.bench.verdicts import Verdict
from parity.outcome import Outcome
from parity.report import EndpointRow, Report
from parity.tally import Balance, Costs, Tally


def report(
    *, requests: int, mirrored: int, compared: int, shed: int, endpoint: str = "GET /1k.json"
) -> Report:
    tally = Tally(
        requests=requests,
        mirrored=mirrored,
        outcomes={Outcome.MATCH: compared, Outcome.SHED: shed},
    )
    balance = Balance(mirrored=mirrored, outcomes=compared + shed)
    return Report(0.0, None, None, tally, balance, (EndpointRow(endpoint, "bench", tally, Costs()),), ())


def test_books_that_balance_with_everything_compared_pass() -> None:
    rows = book_rows({"mirror: equal": report(requests=1_000, mirrored=1_000, compared=998, shed=2)})

    assert [(row.name, row.verdict) for row in rows] == [
        ("mirrored - compared - dropped", Verdict.PASSED),
        ("writes that were mirrored", Verdict.PASSED),
        ("compared, of all answers, equal", Verdict.PASSED),
    ]
    assert rows[0].note == "1000 = 998 + 2"


def test_one_request_without_an_outcome_is_a_missed_target() -> None:
    rows = book_rows({"faults: dead": report(requests=10, mirrored=10, compared=0, shed=9)})

    assert (rows[0].verdict, rows[0].value and rows[0].value.value) == (Verdict.MISSED, 1)


def test_a_book_with_one_too_many_does_not_make_up_for_one_with_one_too_few() -> None:
    rows = book_rows(
        {
            "faults: dead": report(requests=10, mirrored=10, compared=0, shed=9),
            "faults: slow": report(requests=10, mirrored=10, compared=11, shed=0),
        }
    )

    assert rows[0].verdict is Verdict.MISSED


def test_shedding_instead_of_comparing_is_a_missed_target() -> None:
    rows = book_rows({"mirror: different": report(requests=1_000, mirrored=1_000, compared=400, shed=600)})

    assert rows[-1].verdict is Verdict.MISSED


def test_a_write_that_was_mirrored_is_a_missed_target() -> None:
    rows = book_rows(
        {"plain: off": report(requests=5, mirrored=1, compared=1, shed=0, endpoint="POST /1k.json")}
    )

    assert rows[1].verdict is Verdict.MISSED


def test_without_a_request_there_is_nothing_to_say_about_what_was_compared() -> None:
    rows = book_rows({"mirror: equal": report(requests=0, mirrored=0, compared=0, shed=0)})

    assert rows[-1].verdict is Verdict.NOT_MEASURED
