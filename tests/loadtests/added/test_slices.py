"""A slice of load, by a real Locust against the stub backend."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.added.slices import Slice, Sliced, Slices
from loadtests.errors import BackendError, LoadTestError
from loadtests.locusts import Locusts
from tests.loadtests.added.support import settings_of
from tests.loadtests.conftest import running


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("stub"), "--delay-ms=20") as address:
        yield address


def test_users_who_never_pause_send_as_fast_as_they_are_answered(slices: Slices, backend: str) -> None:
    sliced = slices.run(Slice("the stub", backend, seed=1, measured_s=1.0, users=2))

    assert 20 < sliced.rps <= 100  # two users, 20 ms an answer
    assert sliced.answered <= len(sliced.all_sent)
    assert set(sliced.timings) < set(sliced.all_sent)  # the warm-up is not measured
    assert all(timing.as_recorded for timing in sliced.all_sent)


def test_arrivals_come_at_their_rate_whether_or_not_anything_is_answered(
    slices: Slices, backend: str
) -> None:
    sliced = slices.run(Slice("the stub", backend, seed=1, measured_s=2.0, rate_rps=100.0))

    assert 100 <= len(sliced.timings) <= 320  # one user who waited would send 50 a second
    assert all(timing.as_recorded for timing in sliced.all_sent)


def test_slices_of_one_seed_send_the_same(slices: Slices, backend: str) -> None:
    one, same, other = (
        slices.run(Slice("the stub", backend, seed=seed, measured_s=0.5, rate_rps=60.0)) for seed in (1, 1, 2)
    )

    orders = [_first(sliced) for sliced in (one, same, other)]
    assert orders[0] == orders[1] != orders[2]


def test_a_slice_in_which_nobody_arrives_is_no_dead_backend(slices: Slices, backend: str) -> None:
    sliced = slices.run(Slice("the stub", backend, seed=1, measured_s=0.2, rate_rps=0.001))

    assert (sliced.all_sent, sliced.answered) == ((), 0)


def _first(sliced: Sliced) -> list[str]:
    return [one.exchange for one in sorted(sliced.all_sent, key=lambda one: one.started_s)][:3]


def test_a_backend_that_does_not_answer_is_named(slices: Slices) -> None:
    with pytest.raises(BackendError, match=r"the stub at http://127.0.0.1:1 stopped answering"):
        slices.run(Slice("the stub", "http://127.0.0.1:1", seed=1, measured_s=0.5, users=4))


def test_a_locust_that_does_not_run_says_why(locusts: Locusts, contract: Path, tmp_path: Path) -> None:
    slices = Slices(locusts, replace(settings_of(contract), domains=("boats",)), tmp_path)

    with pytest.raises(LoadTestError, match="Locust ended with exit code 2: no recording of boats"):
        slices.run(Slice("the stub", "http://127.0.0.1:1", seed=1, measured_s=0.5, users=1))
