"""What `make bench-flags` makes of its flips."""

from loadtests.bench.flag_changes import CASES, Case, measurements_of
from loadtests.bench.flips import Flips
from loadtests.measurements import Measurement
from tests.loadtests.bench.support import shot


def test_each_case_has_its_percentiles_and_all_together_their_failures() -> None:
    found = {
        Case("SQLite", 1): Flips((10.0,) * 99 + (30.0,), shot()),
        Case("PostgreSQL", 8): Flips((10.0,) * 95 + (300.0,) * 5, shot(errors=2)),
    }

    assert measurements_of(found) == [
        Measurement("SQLite, 1 worker: change served, p50 ms", 10.0, "<= 100", passed=True),
        Measurement("SQLite, 1 worker: change served, p99 ms", 10.2, "<= 100", passed=True),
        Measurement("PostgreSQL, 8 workers: change served, p50 ms", 10.0, "<= 100", passed=True),
        Measurement("PostgreSQL, 8 workers: change served, p99 ms", 300.0, "<= 100", passed=False),
        Measurement("failed of 2,000 requests, over 200 flips", 2, "0", passed=False),
    ]


def test_both_stores_are_measured_with_one_four_and_eight_workers() -> None:
    assert [str(case) for case in CASES] == [
        "SQLite, 1 worker",
        "SQLite, 4 workers",
        "SQLite, 8 workers",
        "PostgreSQL, 1 worker",
        "PostgreSQL, 4 workers",
        "PostgreSQL, 8 workers",
    ]
