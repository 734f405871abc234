"""What is undecided is measured on, within its bound, and what is decided is not."""

import random
from statistics import NormalDist

import pytest

from loadtests.bench.looks import measure_until_decided
from loadtests.bench.plan import FULL, QUICK, Group, Step, steps
from loadtests.bench.rounds import Measured
from loadtests.bench.targets import A_LOOK
from tests.loadtests.bench.support import slices
from tests.loadtests.bench.test_plan import TARGETS


class Looking:
    """Measures as many slices as there are rounds, and names the rows that are undecided after each look."""

    def __init__(self, *undecided: set[str]) -> None:
        self.undecided = iter(undecided)
        self.seen: list[tuple[int, int]] = []
        self.said: list[str] = []
        self.measured: dict[str, list[Measured]] = {}

    def look(self, step: Step, number: int) -> dict[str, list[Measured]]:
        """The rounds of that step."""
        self.seen.append((step.rounds, number))
        return {"a": slices([float(number)] * step.rounds)}

    def run(self, step: Step) -> None:
        """All looks at it."""
        measure_until_decided(
            step,
            self.measured,
            look=self.look,
            undecided=lambda: next(self.undecided),
            progress=self.said.append,
        )


def test_what_is_decided_at_once_is_measured_once() -> None:
    looking = Looking(set(), set())

    looking.run(Step("latency", [], 5, more=4))

    assert (looking.seen, looking.said) == ([(5, 0)], [])


def test_what_is_undecided_gets_half_as_many_rounds_again_until_it_is_decided() -> None:
    looking = Looking(set(), {"p50", "p90"}, {"p90"}, set())

    looking.run(Step("latency", [], 5, more=4))

    assert looking.seen == [(5, 0), (3, 1), (3, 2)]
    assert looking.said == ["3 rounds more for p50, p90", "3 rounds more for p90"]
    assert [one.cpu_us for one in looking.measured["a"]] == [0.0] * 5 + [1.0] * 3 + [2.0] * 3


@pytest.mark.parametrize("more", [0, 2])
def test_what_stays_undecided_ends_at_the_bound(more: int) -> None:
    looking = Looking(*[set()], *[{"p90"}] * (more + 1))

    looking.run(Step("latency", [], 4, more=more))

    assert looking.seen == [(4, 0), (2, 1), (2, 2)][: more + 1]


def test_for_what_another_step_left_undecided_nothing_is_measured() -> None:
    looking = Looking({"slow"}, {"slow"})

    looking.run(Step("faults", [], 4, more=4))

    assert looking.seen == [(4, 0)]


def test_every_step_that_is_judged_by_ratios_goes_on_in_a_full_run_and_never_in_a_smoke() -> None:
    full, quick = (
        {step.title: step.more for group in Group for step in steps(group, TARGETS, scale)}
        for scale in (FULL, QUICK)
    )

    assert {title for title, more in full.items() if not more} == {"slow shadow"}
    assert set(full.values()) == {0, FULL.more}
    assert set(quick.values()) == {0}


@pytest.mark.parametrize("first", [FULL.rounds, FULL.plain_rounds, FULL.slices, FULL.fault_slices])
def test_what_is_at_its_bound_passes_no_more_often_than_at_one_look_of_95_percent(first: int) -> None:
    """The mean of rounds that are normal about the bound, looked at as a full run does, beyond its end at any look."""
    rng, beyond, runs = random.Random(1), NormalDist().inv_cdf(1 - A_LOOK), 20_000
    more = -(-first // 2)
    passed = 0
    for _ in range(runs):
        total, rounds = rng.gauss(0, first**0.5), first
        for _ in range(FULL.more):
            if abs(total) > beyond * rounds**0.5:
                break
            total, rounds = total + rng.gauss(0, more**0.5), rounds + more
        passed += total < -beyond * rounds**0.5

    assert 0.02 < passed / runs < 0.027
