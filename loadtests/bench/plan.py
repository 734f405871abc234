"""What is measured: the groups, how much of each, and the steps of each group.

Each group has Crossfades of its own, started for it and ended behind it: even one that nobody asks takes a hundredth of
the core that is measured, and meets a request now and then.

Plain forwarding is measured in a closed loop, where the proxy's core is as busy as the load can make it. So is what
mirrors, but in bursts, the same for all: answers are compared on the other core, beside the load and the backends, and
in a loop without end most would be shed, which costs less than mirroring. All captures of a burst fit into the proxy
worker's queue (`handover.queue_items` and `mirror.max_bytes`), and the next slice waits until all are compared.

Mirroring and not mirroring are compared at one pace. In a closed loop who mirrors is asked less often, because the copies
and the parity worker share the core of the load; and the less there is to do in one turn of the loop, the more a request
costs.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from loadtests.bench import crossfade
from loadtests.bench.bodies import SIZES
from loadtests.bench.generator import Load, Target
from loadtests.bench.rounds import SETTLE_S, Scenario

LATENCY_RATE = 1_500.0
BURSTS = {"1k": 3_600, "20k": 2_400, "200k": 240}
"""Requests of a burst, by size: of 4,000 captures and 64 MB in a proxy worker's queue."""
BURST_WITHIN_S = 10.0
PACES = {"1k": 8_000.0, "20k": 6_000.0}
"""Requests a second of a burst in which mirroring is compared with not mirroring."""
_SLOW_COPIES_S = 1.0
"""Copies to a slow shadow go on for so long after a slice: half a second in the line, the answer, their recording."""

PLAIN_PEERS = ("nginx plain", "haproxy plain", "envoy plain")
MIRROR_PEERS = ("nginx plain", "nginx mirror", "nginx store", "envoy mirror")
STALLED = ("nginx slow", "envoy slow", "crossfade slow")


class Group(StrEnum):
    """What `--only` takes."""

    PLAIN = "plain"
    """Forwarding: CPU a request, GET and POST, by size."""
    MIRROR = "mirror"
    """Forwarding, mirroring and comparing: CPU a request of the proxy's core."""
    LATENCY = "latency"
    """What the proxy adds at a constant rate."""
    FAULTS = "faults"
    """What the client notices of a shadow that is slow, hangs or is dead."""
    FLAGS = "flags"
    """How soon a change of a flag is served, and whether a request fails meanwhile."""
    MEMORY = "memory"
    """How much the workers hold, and whether that grows."""
    COMPARE = "compare"
    """How many answers a core compares a second."""


FAULTS = (crossfade.SLOW, crossfade.HANGING, crossfade.DEAD)

CROSSFADES: Mapping[Group, Sequence[tuple[str, ...]]] = {
    Group.PLAIN: [(crossfade.OFF,)],
    Group.MIRROR: [(crossfade.OFF, crossfade.EQUAL, crossfade.DIFFERENT)],
    Group.LATENCY: [(crossfade.OFF,)],
    Group.FAULTS: [(crossfade.OFF, fault) for fault in FAULTS],
    Group.FLAGS: [(crossfade.OFF,)],
    Group.MEMORY: [],  # it has one of its own, started when the others are gone
    Group.COMPARE: [],
}
"""Which run at the same time, and which after those."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    rounds: int
    plain_rounds: int
    paced_rounds: int
    slices: int
    fault_slices: int
    more: int
    sizes: tuple[str, ...]
    run_s: float
    slice_s: float
    flips: int
    soak_s: float
    comparing_s: float
    stalled_rounds: int
    crossfades: tuple[str, ...]
    bursts: Mapping[str, int]

    def crossfades_of(self, group: Group) -> list[tuple[str, ...]]:
        """Those that the group needs at the same time, and after them."""
        together = [tuple(name for name in names if name in self.crossfades) for names in CROSSFADES[group]]
        alone = (crossfade.OFF,)  # says nothing of what it was to be compared with
        return [names for names in dict.fromkeys(together) if names != alone or alone in CROSSFADES[group]]

    def with_rounds(self, rounds: int) -> "Scale":
        """So many rounds of bursts, and of the others in proportion."""
        half_more = rounds + rounds // 2
        return dataclasses.replace(
            self,
            rounds=rounds,
            plain_rounds=half_more,
            paced_rounds=half_more,
            slices=rounds * 7,
            fault_slices=rounds * 10,
        )


FULL = Scale(
    rounds=8,
    plain_rounds=12,
    paced_rounds=12,
    slices=56,
    fault_slices=80,
    more=4,
    sizes=tuple(SIZES),
    run_s=0.4,
    slice_s=0.4,
    flips=50,
    soak_s=20.0,
    comparing_s=0.1,
    stalled_rounds=3,
    crossfades=tuple(dict.fromkeys(name for group in Group for names in CROSSFADES[group] for name in names)),
    bursts=BURSTS,
)
QUICK = Scale(
    rounds=2,
    plain_rounds=2,
    paced_rounds=2,
    slices=2,
    fault_slices=2,
    more=0,
    sizes=("1k",),
    run_s=0.1,
    slice_s=0.1,
    flips=4,
    soak_s=1.5,
    comparing_s=0.001,
    stalled_rounds=1,
    crossfades=(crossfade.OFF, crossfade.DIFFERENT),
    bursts={"1k": 600},
)


def scenario_name(kind: str, target: str) -> str:
    """Under which name a kind of load at a target is measured, such as `plain 1k: crossfade off`."""
    return f"{kind}: {target}"


def fault_kind(fault: str) -> str:
    """The kind of load that meets a Crossfade whose shadow has that fault, and one without a shadow."""
    return f"faults 1k {fault}"


@dataclass(frozen=True, slots=True)
class Step:
    """Scenarios that are measured in the same rounds; where a target stays undecided, half as many again, `more` times."""

    title: str
    scenarios: Sequence[Scenario]
    rounds: int
    memory: bool = False
    more: int = 0


def steps(group: Group, targets: Mapping[str, Target], scale: Scale) -> list[Step]:
    """What is measured of a group by slices, one after the other."""
    capacity = capacity_scenarios(targets, (group,), scale)
    latency = latency_scenarios(targets, (group,), scale)
    found = {
        Group.PLAIN: [Step("capacity, plain", capacity, scale.plain_rounds, memory=True, more=scale.more)],
        Group.MIRROR: [
            Step("capacity, mirror", capacity, scale.rounds, memory=True, more=scale.more),
            Step(
                "mirroring at one pace",
                paced_scenarios(targets, scale),
                scale.paced_rounds,
                memory=True,
                more=scale.more,
            ),
        ],
        Group.LATENCY: [Step("latency", latency, scale.slices, more=scale.more)],
        Group.FAULTS: [
            Step("latency beside a failing shadow", latency, scale.fault_slices, more=scale.more),
            Step("slow shadow", stalled_scenarios(targets, scale), scale.stalled_rounds),
        ],
    }
    return [step for step in found.get(group, ()) if step.scenarios]


def capacity_scenarios(
    targets: Mapping[str, Target], groups: Sequence[Group], scale: Scale
) -> list[Scenario]:
    """Those of the groups `plain` and `mirror`, for the targets that are there."""
    found: list[Scenario] = []
    for size in scale.sizes:
        path, posted = f"/{size}.json", SIZES[size]
        large = ("nginx large",) if size == "200k" else ()
        if Group.PLAIN in groups:
            load = Load(path, run_s=scale.run_s)
            more = ("mitmproxy plain",) if size == "1k" else large
            found += _scenarios(targets, f"plain {size}", (*PLAIN_PEERS, *more, "crossfade off"), load)
            names = ("nginx plain", "envoy plain", *large, "crossfade off")
            post = dataclasses.replace(load, body_bytes=posted)
            found += _scenarios(targets, f"plain {size} POST", names, post)
        if Group.MIRROR in groups and (requests := scale.bursts.get(size)):
            load = Load(path, warm_s=0.0, run_s=BURST_WITHIN_S, requests=requests)
            own = ("crossfade off", "crossfade equal", "crossfade different")
            found += _scenarios(targets, f"mirror {size}", (*MIRROR_PEERS, *own), load)
            post = dataclasses.replace(load, body_bytes=posted)
            found += _scenarios(targets, f"mirror {size} POST", ("crossfade equal",), post)
    return found


def paced_scenarios(targets: Mapping[str, Target], scale: Scale) -> list[Scenario]:
    """Mirroring and not mirroring, at one pace."""
    found: list[Scenario] = []
    for size, rate in PACES.items():
        if not (requests := scale.bursts.get(size)):
            continue
        load = Load(f"/{size}.json", warm_s=0.0, run_s=requests / rate, rate=rate, requests=requests)
        found += _scenarios(
            targets, f"paced {size}", ("crossfade off", "crossfade equal", "crossfade different"), load
        )
    return found


def latency_scenarios(targets: Mapping[str, Target], groups: Sequence[Group], scale: Scale) -> list[Scenario]:
    """Those of the groups `latency` and `faults`."""
    load = Load("/1k.json", connections=16, rate=LATENCY_RATE, warm_s=0.1, run_s=scale.slice_s)
    found: list[Scenario] = []
    if Group.LATENCY in groups:
        names = ("direct", "nginx plain", "envoy plain", "least proxy", "crossfade off")
        found += _scenarios(targets, "latency 1k", names, load)
    if Group.FAULTS in groups:
        for fault in FAULTS:
            if f"crossfade {fault}" in targets:
                found += _scenarios(targets, fault_kind(fault), ("crossfade off", f"crossfade {fault}"), load)
    return found


def stalled_scenarios(targets: Mapping[str, Target], scale: Scale) -> list[Scenario]:
    """Who mirrors to a shadow that takes 200 ms, in a closed loop: who waits for it shows."""
    if f"crossfade {crossfade.SLOW}" not in targets:
        return []
    return _scenarios(targets, "stalled 1k", STALLED, Load("/1k.json", connections=4, run_s=scale.run_s))


def _scenarios(targets: Mapping[str, Target], kind: str, names: Sequence[str], load: Load) -> list[Scenario]:
    # the same pause behind all: a slice after a long one meets a machine that has rested
    settle_s = _SLOW_COPIES_S if f"crossfade {crossfade.SLOW}" in names else SETTLE_S
    return [
        Scenario(scenario_name(kind, name), targets[name], load, settle_s)
        for name in names
        if name in targets
    ]
