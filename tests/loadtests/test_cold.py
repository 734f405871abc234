"""Cold backends: each round has processes of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests.cold import play_cold
from loadtests.errors import BackendError
from loadtests.recording import Credentials, load_recording
from loadtests.workload import build_workload
from parity.exchange import Backend
from tests.loadtests.stub_backend import ENDPOINTS, SECRET
from tests.loadtests.stubs import stub


class Starts:
    """Starts stubs, and knows which side when."""

    def __init__(self, directory: Path) -> None:
        self.sides: list[Backend] = []
        self._directory = directory

    @contextmanager
    def __call__(self, side: Backend) -> Iterator[str]:
        self.sides.append(side)
        with stub(self._directory, f"{side}-{len(self.sides)}", "--delay-ms=2", "--queries=3") as (url, _):
            yield url


def test_each_round_starts_both_sides_and_plays_every_journey_once_in_the_same_order(
    contract: Path, tmp_path: Path
) -> None:
    workload = build_workload(load_recording(contract, "escrows"), ENDPOINTS)
    starts, resets = Starts(tmp_path), [0]

    def reset() -> None:
        resets[0] += 1

    pairs = list(play_cold(workload, Credentials(contract, SECRET), starts, seed=1, reset=reset, rounds=2))

    assert starts.sides == [Backend.LEGACY, Backend.MODERN, Backend.MODERN, Backend.LEGACY]
    assert resets == [4]
    played = {step.exchange.name for journey in workload.journeys for step in journey.steps}
    orders = [[one.exchange for one in side] for pair in pairs for side in (pair.legacy, pair.modern)]
    assert set(orders[0]) == played
    assert orders[0] == orders[1] != orders[2] == orders[3]
    assert {one.query_count for one in pairs[0].legacy} == {3}
    assert {one.refused for one in pairs[0].legacy} == {True, False}
    assert min(one.duration_ms for one in pairs[0].legacy) >= 2
    assert pairs[0].legacy_s > sum(one.duration_ms for one in pairs[0].legacy) / 1_000


def test_no_round_begins_when_the_time_is_over_but_there_is_one(contract: Path, tmp_path: Path) -> None:
    workload = build_workload(load_recording(contract, "escrows"), ENDPOINTS[:1])
    starts = Starts(tmp_path)

    pairs = list(play_cold(workload, Credentials(contract, SECRET), starts, seed=1, within_s=0.0))

    assert len(pairs) == 1


def test_a_side_that_ends_is_an_error(contract: Path, tmp_path: Path) -> None:
    workload = build_workload(load_recording(contract, "escrows"), ENDPOINTS)

    @contextmanager
    def dying(_: Backend) -> Iterator[str]:
        with stub(tmp_path, "dying", "--die-after=3") as (url, _pid):
            yield url

    with pytest.raises(BackendError, match="does not answer"):
        list(play_cold(workload, Credentials(contract, SECRET), dying, seed=1))
