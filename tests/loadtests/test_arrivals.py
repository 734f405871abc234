"""When arrivals come."""

import itertools
import statistics
from dataclasses import replace
from typing import Any

import pytest

from loadtests.arrivals import Arrival, arrivals
from loadtests.mix import mix_of
from loadtests.scenarios import Stage
from tests.loadtests.test_mix import CYCLE, JOURNEYS, journey


def come(until_s: float, **overrides: Any) -> list[Arrival]:
    values: dict[str, Any] = {"rate_rps": 20.0, "pace_s": 0.25, "seed": 1, "measured_s": until_s}
    mixes = overrides.pop("mixes", mix_of(JOURNEYS))
    return [*itertools.takewhile(lambda one: one.due_s < until_s, arrivals(mixes, **values | overrides))]


def test_the_same_seed_brings_the_same_arrivals_and_another_others() -> None:
    assert come(30) == come(30)
    assert come(30) != come(30, seed=2)


def test_arrivals_send_as_many_requests_a_second_as_were_asked_for() -> None:
    came = come(400)

    assert sum(len(one.journey.steps) for one in came) == pytest.approx(400 * 20, rel=0.05)
    assert [one.number for one in came] == [*range(len(came))]


def test_gaps_are_those_of_a_poisson_process() -> None:
    came = come(400)

    gaps_s = [later.due_s - one.due_s for one, later in itertools.pairwise(came)]
    assert min(gaps_s) >= 0
    assert statistics.stdev(gaps_s) == pytest.approx(statistics.mean(gaps_s), rel=0.05)


def test_the_rate_follows_the_stages_of_the_measured_time() -> None:
    stages = (Stage(0.25, 1), Stage(0.75, 4), Stage(1, 1))

    came = come(410, warm_up_s=10, measured_s=400, stages=stages)

    requests = [0, 0, 0, 0]
    for one in came:
        requests[sum(one.due_s >= moment for moment in (10, 110, 310))] += len(one.journey.steps)
    assert requests[1:] == pytest.approx([20 * 100, 80 * 200, 20 * 100], rel=0.1)
    assert requests[0] == pytest.approx(20 * 10, rel=0.3)


def test_the_requests_of_a_journey_are_a_pace_apart_on_average() -> None:
    pauses_s = [pause for one in come(400) for pause in one.pauses_s]

    assert statistics.mean(pauses_s) == pytest.approx(0.25, rel=0.05)
    assert min(pauses_s) >= 0.125
    assert max(pauses_s) <= 0.375
    assert all(len(one.pauses_s) == len(one.journey.steps) - 1 for one in come(20))


def test_arrivals_are_of_all_domains_by_their_weights() -> None:
    clients = [journey(f"client {number}", "GET /v1/clients", domain="clients") for number in range(3)]

    came = come(200, mixes=mix_of([*JOURNEYS, *clients]))

    share = sum(one.journey.domain == "clients" for one in came) / len(came)
    assert share == pytest.approx(3 / 12, abs=0.03)


def test_life_cycles_at_the_same_time_create_things_of_their_own() -> None:
    create, *rest = CYCLE.steps
    named = replace(create, exchange=replace(create.exchange, body={"email": "vesper@example.test"}))

    came = come(60, mixes=mix_of([replace(CYCLE, steps=(named, *rest))]))

    addresses = {one.journey.steps[0].exchange.body["email"] for one in came}
    assert len(addresses) == len(came)
    assert all(address.startswith("vesper+") for address in addresses)
