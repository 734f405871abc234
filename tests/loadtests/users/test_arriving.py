"""The open workload: arrivals come whatever is answered, and what they took counts from when they were due."""

from pathlib import Path

import pytest

from loadtests.timings import Timing
from tests.loadtests.conftest import Measure, running

OPEN = ("--workload=open", "--domain=escrows", "--measured=3", "--reads=1", "--load-seed=5")
STALL_S = 1.0


@pytest.fixture(scope="module")
def stalling(measure: Measure, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Timing], list[Timing]]:
    """Of an open and of a closed workload of the same rate, both on a side that stalls once, for a second."""
    found = []
    for kind in (["--workload=open", "--rate=40"], ["--workload=closed", "--users=2", "--pace=0.05"]):
        stall = ["--delay-ms=1", "--stall-after=30", f"--stall-ms={STALL_S * 1_000}"]
        with running(tmp_path_factory.mktemp("stalling"), *stall) as address:
            found.append(measure(address, *OPEN, *kind))
    return found[0], found[1]


def test_all_who_came_while_a_side_stalled_are_charged_with_it_and_not_one_of_each_user(
    stalling: tuple[list[Timing], list[Timing]],
) -> None:
    slow, slow_of_users = (
        sum(timing.duration_ms > STALL_S * 500 for timing in timings) for timings in stalling
    )

    assert slow > 10  # about 20 came in its first half
    assert slow > 3 * slow_of_users > 0  # one of each of two users


def test_the_same_seed_sends_the_same_at_the_same_moments_to_a_side_that_stalls(
    measure: Measure, quick: str, stalling: tuple[list[Timing], list[Timing]]
) -> None:
    timings = measure(quick, *OPEN, "--rate=40")

    moments, names = zip(
        *(
            zip(*sorted((one.started_s, one.exchange) for one in part), strict=True)
            for part in (stalling[0], timings)
        ),
        strict=True,
    )
    shorter = min(map(len, names))  # the last may come in on one side and not on the other
    assert shorter > 80
    assert names[0][:shorter] == names[1][:shorter]
    assert moments[0][:shorter] == pytest.approx(moments[1][:shorter], abs=1e-6)


def test_beyond_so_many_in_flight_arrivals_are_errors_that_were_not_sent(
    measure: Measure, tmp_path: Path
) -> None:
    with running(tmp_path, "--delay-ms=200") as slow:
        timings = measure(slow, *OPEN, "--rate=40", "--in-flight=3")

    not_sent = [timing for timing in timings if timing.not_sent]
    assert len(not_sent) > len(timings) / 3
    assert not any(timing.as_recorded for timing in not_sent)
    assert all(timing.as_recorded and timing.duration_ms > 200 for timing in timings if not timing.not_sent)


def test_what_arrivals_created_is_deleted_again(measure: Measure, quick: str) -> None:
    options = [
        "--workload=open",
        "--domain=escrows",
        "--rate=60",
        "--measured=1.5",
        "--reads=0.2",
        "--pace=0.1",
    ]

    timings = measure(quick, *options)

    created = [one.exchange for one in timings if one.endpoint == "POST /v1/escrows" and one.status == 201]
    deleted = [
        one.exchange for one in timings if one.endpoint == "DELETE /v1/escrows/{id}" and ":" in one.exchange
    ]
    assert len(created) > 2
    assert sorted(created) == sorted(name.partition(":")[0] for name in deleted)
