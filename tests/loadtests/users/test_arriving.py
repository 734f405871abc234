"""The open workload: arrivals come whatever is answered, and what they took counts from when they were due."""

from pathlib import Path

import pytest

from loadtests.timings import Timing
from tests.loadtests.users.locusts import measured, stub

OPEN = ("--workload=open", "--domain=escrows", "--measured=3", "--reads=1", "--load-seed=5")
STALL_S = 1.0


@pytest.fixture(scope="module")
def stalling(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Timing], list[Timing]]:
    """Of an open and of a closed workload of the same rate, both on a side that stalls once, for a second."""
    found = []
    for kind in (["--workload=open", "--rate=40"], ["--workload=closed", "--users=2", "--pace=0.05"]):
        directory = tmp_path_factory.mktemp("stalling")
        with stub(directory, "--delay-ms=1", "--stall-after=30", f"--stall-ms={STALL_S * 1_000}") as backend:
            found.append(measured(backend, directory, *OPEN, *kind))
    return found[0], found[1]


def test_all_who_came_while_a_side_stalled_are_charged_with_it_and_not_one_of_each_user(
    stalling: tuple[list[Timing], list[Timing]],
) -> None:
    arrived, of_users = stalling

    slow, slow_of_users = (
        [timing for timing in timings if timing.duration_ms > 100] for timings in (arrived, of_users)
    )
    assert len(slow) > 20  # about 40 came in that second
    assert 1 <= len(slow_of_users) <= 2
    assert max(timing.duration_ms for timing in slow) > STALL_S * 900


def test_the_same_seed_sends_the_same_at_the_same_moments_to_a_side_that_is_slower(
    stalling: tuple[list[Timing], list[Timing]], tmp_path: Path
) -> None:
    with stub(tmp_path, "--delay-ms=120") as slow:
        timings = measured(slow, tmp_path, *OPEN, "--rate=40")

    requests = [
        sorted((timing.started_s, timing.exchange) for timing in one) for one in (stalling[0], timings)
    ]
    shorter = min(map(len, requests))  # the last may come in on one side and not on the other
    assert shorter > 80
    assert [name for _, name in requests[0][:shorter]] == [name for _, name in requests[1][:shorter]]
    assert [moment for moment, _ in requests[0][:shorter]] == pytest.approx(
        [moment for moment, _ in requests[1][:shorter]], abs=1e-6
    )


def test_beyond_so_many_in_flight_arrivals_are_errors_that_were_not_sent(tmp_path: Path) -> None:
    with stub(tmp_path, "--delay-ms=200") as slow:
        timings = measured(slow, tmp_path, *OPEN, "--rate=40", "--in-flight=3")

    not_sent = [timing for timing in timings if timing.not_sent]
    assert len(not_sent) > len(timings) / 3
    assert not any(timing.as_recorded for timing in not_sent)
    assert all(timing.as_recorded and timing.duration_ms > 200 for timing in timings if not timing.not_sent)


def test_what_arrivals_created_is_deleted_again(tmp_path: Path) -> None:
    with stub(tmp_path, "--delay-ms=1") as backend:
        options = [
            "--workload=open",
            "--domain=escrows",
            "--rate=60",
            "--measured=1.5",
            "--reads=0.2",
            "--pace=0.1",
        ]
        timings = measured(backend, tmp_path, *options)

    created = [one.exchange for one in timings if one.endpoint == "POST /v1/escrows" and one.status == 201]
    deleted = [
        one.exchange for one in timings if one.endpoint == "DELETE /v1/escrows/{id}" and ":" in one.exchange
    ]
    assert len(created) > 2
    assert sorted(created) == sorted(name.partition(":")[0] for name in deleted)
