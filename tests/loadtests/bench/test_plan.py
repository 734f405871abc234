"""Which load is sent at which target."""

import itertools

import pytest

from loadtests.bench.bodies import SIZES
from loadtests.bench.crossfade import BURST_BYTE_BUDGET
from loadtests.bench.generator import Target
from loadtests.bench.plan import (
    CROSSFADES,
    FULL,
    PACES,
    QUICK,
    Group,
    Scale,
    capacity_scenarios,
    latency_scenarios,
    paced_scenarios,
    stalled_scenarios,
    steps,
)
from parity.runs import RECORD_EVERY_S
from proxy.settings import HandoverSettings, MirrorSettings

PEERS = [
    *(f"nginx {name}" for name in ("plain", "large", "mirror", "store", "slow")),
    *(f"envoy {name}" for name in ("plain", "mirror", "slow")),
    "haproxy plain",
]
OURS = [f"crossfade {name}" for name in FULL.crossfades]
TARGETS = {name: Target(name, port) for port, name in enumerate([*PEERS, *OURS, "direct"], start=1)}


def test_every_group_says_which_crossfades_it_needs_and_a_full_run_has_them() -> None:
    assert set(CROSSFADES) == set(Group)
    assert {one for sets in CROSSFADES.values() for names in sets for one in names} == set(FULL.crossfades)
    assert set(FULL.crossfades) == {"off", "equal", "different", "slow", "hanging", "dead"}
    assert FULL.crossfades_of(Group.MIRROR) == [("off", "equal", "different")]
    assert QUICK.crossfades_of(Group.MIRROR) == [("off", "different")]


def test_no_crossfade_runs_beside_the_measurement_of_what_one_adds() -> None:
    assert [FULL.crossfades_of(group) for group in (Group.PLAIN, Group.LATENCY)] == [[("off",)], [("off",)]]


def test_a_shadow_at_fault_is_measured_beside_one_crossfade_without_a_shadow_and_no_other() -> None:
    assert FULL.crossfades_of(Group.FAULTS) == [("off", "slow"), ("off", "hanging"), ("off", "dead")]
    assert QUICK.crossfades_of(Group.FAULTS) == []
    pair = {name: TARGETS[name] for name in ("crossfade off", "crossfade dead", "nginx slow")}
    names = [scenario.name for step in steps(Group.FAULTS, pair, FULL) for scenario in step.scenarios]

    assert names == ["faults 1k dead: crossfade off", "faults 1k dead: crossfade dead"]


def test_every_group_that_is_measured_by_slices_has_steps_and_each_scenario_is_in_one_of_them() -> None:
    found = [
        scenario.name
        for group in Group
        for step in steps(group, TARGETS, FULL)
        for scenario in step.scenarios
    ]

    unsliced = {group for group in Group if not steps(group, TARGETS, FULL)}
    assert unsliced == {Group.FLAGS, Group.MEMORY, Group.COMPARE}
    assert len(set(found)) == len(found)
    assert {name.split()[0] for name in found} == {"plain", "mirror", "paced", "latency", "faults", "stalled"}


def test_twice_the_rounds_are_twice_of_everything_but_the_slow_shadow() -> None:
    def rounds(scale: Scale) -> dict[str, int]:
        return {step.title: step.rounds for group in Group for step in steps(group, TARGETS, scale)}

    one, twice = (rounds(FULL.with_rounds(number)) for number in (8, 16))

    assert one == rounds(FULL)
    assert {title: twice[title] / one[title] for title in one if title != "slow shadow"} == dict.fromkeys(
        one.keys() - {"slow shadow"}, 2
    )


def test_every_scenario_has_a_name_of_its_own() -> None:
    scenarios = [
        *capacity_scenarios(TARGETS, list(Group), FULL),
        *paced_scenarios(TARGETS, FULL),
        *latency_scenarios(TARGETS, list(Group), FULL),
        *stalled_scenarios(TARGETS, FULL),
    ]

    names = [scenario.name for scenario in scenarios]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 36 for name in names)


def test_in_one_kind_all_get_the_same_load() -> None:
    scenarios = [*capacity_scenarios(TARGETS, list(Group), FULL), *paced_scenarios(TARGETS, FULL)]

    for kind, members in itertools.groupby(scenarios, lambda scenario: scenario.name.partition(":")[0]):
        assert len({member.load for member in members}) == 1, kind


def test_what_mirrors_is_measured_in_bursts_of_the_closed_loop_of_all_others() -> None:
    loads = {
        (scenario.name.split()[0], scenario.load.is_burst, scenario.load.rate, scenario.load.connections)
        for scenario in (
            *capacity_scenarios(TARGETS, list(Group), FULL),
            *paced_scenarios(TARGETS, FULL),
        )
    }

    assert loads == {
        ("plain", False, 0.0, 32),
        ("mirror", True, 0.0, 32),
        ("paced", True, PACES["1k"], 32),
        ("paced", True, PACES["20k"], 32),
    }


def test_a_paced_burst_asks_as_much_as_one_of_the_closed_loop() -> None:
    paced = {
        scenario.name.split()[1].rstrip(":"): scenario.load for scenario in paced_scenarios(TARGETS, FULL)
    }

    assert {size: round(load.rate * load.run_s) for size, load in paced.items()} == {
        size: FULL.bursts[size] for size in PACES
    }


@pytest.mark.parametrize("scale", [FULL, QUICK], ids=["full", "quick"])
def test_the_captures_of_a_burst_fit_into_the_queue_of_a_proxy_worker(scale: Scale) -> None:
    head_bytes = 2_000

    for size, requests in scale.bursts.items():
        assert requests <= HandoverSettings().queue_items
        assert requests * (SIZES[size] + head_bytes) <= BURST_BYTE_BUDGET


def test_mirroring_is_measured_with_every_size_and_at_one_pace_with_those_that_are_judged() -> None:
    names = {scenario.kind for step in steps(Group.MIRROR, TARGETS, FULL) for scenario in step.scenarios}

    assert names == {f"mirror {size}{post}" for size in SIZES for post in ("", " POST")} | {
        "paced 1k",
        "paced 20k",
    }


@pytest.mark.parametrize("size", ["1k", "20k", "200k"])
def test_every_size_is_forwarded_by_all_peers_that_forward(size: str) -> None:
    names = {scenario.name for scenario in capacity_scenarios(TARGETS, [Group.PLAIN], FULL)}

    assert {
        f"plain {size}: {who}" for who in ("nginx plain", "haproxy plain", "envoy plain", "crossfade off")
    } <= names
    assert {"plain 200k: nginx large", "plain 200k POST: nginx large"} <= names
    assert "plain 1k: nginx large" not in names


def test_every_size_is_also_posted() -> None:
    posted = {
        scenario.name: scenario.load.body_bytes
        for scenario in capacity_scenarios(TARGETS, list(Group), FULL)
        if scenario.load.body_bytes and "crossfade" in scenario.name
    }

    assert posted == {
        "plain 1k POST: crossfade off": 1_000,
        "plain 20k POST: crossfade off": 20_000,
        "plain 200k POST: crossfade off": 200_000,
        "mirror 1k POST: crossfade equal": 1_000,
        "mirror 20k POST: crossfade equal": 20_000,
        "mirror 200k POST: crossfade equal": 200_000,
    }


def test_who_is_not_here_gets_no_load() -> None:
    targets = {name: TARGETS[name] for name in ("crossfade off", "nginx plain")}

    names = [scenario.name for scenario in capacity_scenarios(targets, list(Group), QUICK)]

    assert names == [
        "plain 1k: nginx plain",
        "plain 1k: crossfade off",
        "plain 1k POST: nginx plain",
        "plain 1k POST: crossfade off",
        "mirror 1k: nginx plain",
        "mirror 1k: crossfade off",
    ]


@pytest.mark.parametrize(
    ("group", "kinds"), [(Group.LATENCY, {"latency"}), (Group.FAULTS, {"faults"}), (Group.PLAIN, set())]
)
def test_latency_is_measured_for_the_groups_that_ask_for_it(group: Group, kinds: set[str]) -> None:
    scenarios = latency_scenarios(TARGETS, [group], FULL)

    assert {scenario.name.split()[0] for scenario in scenarios} == kinds


def test_a_stalled_shadow_is_compared_with_the_peers_that_mirror() -> None:
    assert [scenario.target.name for scenario in stalled_scenarios(TARGETS, FULL)] == [
        "nginx slow",
        "envoy slow",
        "crossfade slow",
    ]


def test_the_copies_to_a_slow_shadow_have_ended_before_the_next_slice() -> None:
    mirror = MirrorSettings()
    settle_s = {one.target.name: one.settle_s for one in latency_scenarios(TARGETS, (Group.FAULTS,), FULL)}

    assert settle_s.pop("crossfade slow") > mirror.wait_s + 0.2 + RECORD_EVERY_S
    assert max(settle_s.values()) < 0.1
