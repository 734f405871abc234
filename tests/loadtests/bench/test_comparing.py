"""What `make bench` compares, and how the speed of it is judged."""

from datetime import date

import pytest

from loadtests.bench.comparing import JUDGED, TARGETS, Speed, cases, compare_rows
from loadtests.bench.verdicts import Verdict
from loadtests.interval import Interval
from parity.compare import compare

EXPECTED = {
    "the same, keys in another order": 0,
    JUDGED: 3,
    "3 differences, times by shape": 3,
    "one item more": 2,
    "shuffled": 1,
}


@pytest.mark.parametrize("kilobytes", [target.kilobytes for target in TARGETS])
def test_each_case_differs_as_it_is_called_and_is_of_its_size(kilobytes: int) -> None:
    found = {
        case.name: len(compare(case.exchange, case.rules, today=date(2026, 11, 23)).differences)
        for case in cases(kilobytes)
    }
    sizes = [len(case.exchange.legacy.body) / 1_000 for case in cases(kilobytes)]

    assert found == EXPECTED
    assert all(0.8 * kilobytes < size < 1.2 * kilobytes for size in sizes)


def test_every_size_is_judged_by_its_target_and_by_the_low_end_beside_deepdiff_where_it_was_measured() -> (
    None
):
    rows = compare_rows(
        [
            Speed(1, JUDGED, 40_000.4, 1_000, Interval(40.0, 38.0, 41.0), TARGETS[0]),
            Speed(20, JUDGED, 1_999, target=TARGETS[1]),
            Speed(20, "shuffled", 1),
            Speed(200, JUDGED, 200, 2.0, Interval(101.0, 99.0, 103.0), TARGETS[2]),
        ]
    )

    assert [(row.name, str(row.target), row.verdict) for row in rows] == [
        ("compare 1k, a second", ">= 30000", Verdict.PASSED),
        ("compare 1k to DeepDiff", ">= 20", Verdict.PASSED),
        ("compare 20k, a second", ">= 2000", Verdict.MISSED),
        ("compare 20k to DeepDiff", ">= 100", Verdict.NOT_MEASURED),
        ("compare 200k, a second", ">= 200", Verdict.PASSED),
        ("compare 200k to DeepDiff", ">= 100", Verdict.UNDECIDED),
    ]
    assert rows[0].value == Interval(40_000, 40_000, 40_000)
    assert rows[3].note == "DeepDiff is not here"
