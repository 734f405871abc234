"""What `make bench-compare` measures, and how it is judged."""

from datetime import date

import pytest
from rich.console import Console

from loadtests.bench_compare import JUDGED, TARGETS, Speed, cases, measure, measurements_of, render_speeds
from loadtests.interval import Interval
from loadtests.measurements import Measurement
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
    speeds = [
        Speed(1, JUDGED, 40_000, 1_000, Interval(40.0, 38.0, 41.0), TARGETS[0]),
        Speed(20, JUDGED, 1_999, target=TARGETS[1]),
        Speed(20, "shuffled", 1),
        Speed(200, JUDGED, 200, 2.0, Interval(101.0, 99.0, 103.0), TARGETS[2]),
    ]

    assert measurements_of(speeds) == [
        Measurement("1 KB, 3 differences, a second", 40_000, ">= 30000", passed=True),
        Measurement("1 KB, 3 differences, to DeepDiff", 40.0, ">= 20", passed=True),
        Measurement("20 KB, 3 differences, a second", 1_999, ">= 2000", passed=False),
        Measurement("200 KB, 3 differences, a second", 200, ">= 200", passed=True),
        Measurement("200 KB, 3 differences, to DeepDiff", 101.0, ">= 100", passed=False),
    ]


def test_all_cases_are_measured_and_shown_in_80_columns() -> None:
    told: list[str] = []
    console = Console(width=80, record=True)

    speeds = measure(0.001, told.append)
    render_speeds(speeds, console)

    assert [(speed.kilobytes, speed.name) for speed in speeds] == [
        (target.kilobytes, name) for target in TARGETS for name in EXPECTED
    ]
    assert all(speed.a_second > 0 for speed in speeds)
    assert "200 KB, shuffled" in told
    assert all(len(line) <= 80 for line in console.export_text().splitlines())
