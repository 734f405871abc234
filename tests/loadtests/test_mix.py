"""How often what is drawn."""

import random
from collections import Counter

import pytest

from loadtests.mix import DomainMix, mean_requests, mix_of
from loadtests.workload import Journey, Step
from tests.loadtests.test_recording import recorded


def journey(name: str, *endpoints: str, domain: str = "escrows", like: str = "") -> Journey:
    steps = [
        Step(endpoint, recorded(name=name, domain=domain, method=endpoint.split()[0]))
        for endpoint in endpoints
    ]
    return Journey(name, tuple(steps), like)


LISTS = [journey(f"list {number}", "GET /v1/escrows") for number in range(6)]
READ = journey("read", "GET /v1/escrows/{id}")
OTHERS = [journey(f"read@{number}", "GET /v1/escrows/{id}", like="read") for number in range(2)]
PUT = journey("put", "PUT /v1/escrows/{id}")
CYCLE = journey("cycle", "POST /v1/escrows", "PUT /v1/escrows/{id}/archive", "DELETE /v1/escrows/{id}")
JOURNEYS = [*LISTS, READ, *OTHERS, PUT, CYCLE]


def drawn(mix: DomainMix, times: int = 4_000) -> Counter[str]:
    rng = random.Random(1)
    return Counter(mix.draw(rng).name for _ in range(times))


def test_an_endpoint_weighs_as_many_journeys_as_were_recorded_to_begin_there() -> None:
    [mix] = mix_of(JOURNEYS)

    assert {task.endpoint: task.weight for task in mix.tasks} == {
        "GET /v1/escrows": 6,
        "GET /v1/escrows/{id}": 1,
        "PUT /v1/escrows/{id}": 1,
        "POST /v1/escrows": 1,
    }
    assert (mix.domain, mix.weight) == ("escrows", 9)


def test_each_recorded_journey_is_drawn_as_often_as_any_other() -> None:
    [mix] = mix_of(JOURNEYS)

    counts = drawn(mix)

    for one in [*LISTS, PUT, CYCLE]:
        assert counts[one.name] == pytest.approx(4_000 / 9, rel=0.15)


def test_a_recorded_read_and_its_like_share_its_weight() -> None:
    [mix] = mix_of(JOURNEYS)

    counts = drawn(mix)

    assert counts["read"] == pytest.approx(4_000 / 18, rel=0.2)
    assert counts["read@0"] + counts["read@1"] == pytest.approx(4_000 / 18, rel=0.2)
    assert counts["read@0"] == pytest.approx(counts["read@1"], rel=0.3)


def test_a_read_whose_recorded_item_is_left_out_goes_to_its_like() -> None:
    [mix] = mix_of(OTHERS)

    assert set(drawn(mix, 50)) == {"read@0", "read@1"}
    assert mix.weight == 1


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.95])
def test_a_share_of_reads_is_one_of_requests(share: float) -> None:
    [mix] = mix_of(JOURNEYS, reads=share)

    counts = drawn(mix, 10_000)

    by_name = {one.name: one for one in JOURNEYS}
    requests = {name: count * len(by_name[name].steps) for name, count in counts.items()}
    reading = sum(count for name, count in requests.items() if name not in {"put", "cycle"})
    assert reading / sum(requests.values()) == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(("share", "names"), [(1.0, {"list", "read"}), (0.0, {"put", "cycle"})])
def test_reads_alone_or_writes_alone(share: float, names: set[str]) -> None:
    [mix] = mix_of(JOURNEYS, reads=share)

    assert {name.split()[0].split("@")[0] for name in drawn(mix)} == names


def test_where_there_is_one_kind_only_a_share_changes_nothing() -> None:
    assert mix_of(LISTS, reads=0.1) == mix_of(LISTS)


def test_domains_have_mixes_of_their_own_and_weigh_what_was_recorded_of_them() -> None:
    clients = [journey(f"client {number}", "GET /v1/clients", domain="clients") for number in range(3)]

    mixes = mix_of([*JOURNEYS, *clients])

    assert [(mix.domain, mix.weight) for mix in mixes] == [("escrows", 9), ("clients", 3)]
    assert mean_requests(mixes) == pytest.approx((9 * 11 / 9 + 3 * 1) / 12)
