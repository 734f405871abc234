"""The same block by one process and by several, with real processes of Locust."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from loadtests.generators import Generators
from loadtests.locusts import Locusts
from loadtests.timings import Timing
from tests.loadtests.blocks_of_locust import command, run, stub


@pytest.mark.parametrize("workload", [(), ("--workload=open", "--rate=15")], ids=["closed", "open"])
def test_the_same_seed_sends_the_same_requests_whoever_sends_them(
    locusts: Locusts, contract: Path, tmp_path: Path, workload: tuple[str, ...]
) -> None:
    sent = []
    with stub(tmp_path) as backend:
        for name, generators in (("one", Generators()), ("three", Generators(workers=3))):
            block = command(
                backend.url, contract, tmp_path / f"{name}.jsonl", users=10, pace_s=2.0, measured_s=2.0
            )
            sent.append(run(locusts, [*workload, *block], tmp_path / name, generators))
        served = backend.served()

    assert sum(map(len, sent)) == served  # nothing is lost, and nothing is there twice
    assert {timing.as_recorded for timings in sent for timing in timings} == {True}
    until_s = middle_of_the_longest_silence(sent[0])
    one, three = (
        Counter(timing.exchange for timing in timings if timing.started_s < until_s) for timings in sent
    )
    assert one == three
    assert one.total() >= 5


def test_users_who_come_later_and_go_again_lose_nothing(
    locusts: Locusts, contract: Path, tmp_path: Path
) -> None:
    with stub(tmp_path) as backend:
        block = command(backend.url, contract, tmp_path / "spike.jsonl", users=4, pace_s=0.3, measured_s=3.0)
        closed = [*block, "--workload=closed", "--scenario=spike"]
        timings = run(locusts, closed, tmp_path / "spike", Generators(workers=2))
        served = backend.served()

    said = [(tmp_path / f"spike-worker{number}.err").read_text() for number in (1, 2)]
    assert len(timings) == served > 20
    assert not any("Traceback" in words for words in said)  # as of a user without a number of its own


def middle_of_the_longest_silence(timings: list[Timing]) -> float:
    """When it does not matter whether a process is a little late."""
    starts = sorted(timing.started_s for timing in timings if 0.8 < timing.started_s < 1.9)
    before, after = max(pairwise(starts), key=lambda pair: pair[1] - pair[0])
    return (before + after) / 2
