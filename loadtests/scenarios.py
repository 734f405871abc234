"""The scenarios: named shapes of load, from a few seconds of everything to half an hour of the same.

Stages are shares of the measured time, so that a block of any length goes through all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from loadtests.errors import LoadTestError

PACE_S = 0.25
WARM_UP_S = 5.0
"""As long as modern keeps an answer: from then on its cache holds what the load itself keeps in it."""
READS = 0.95
"""The recording is a list of cases, half of them writes, and no traffic: what `make bench-backends` mixes, too."""


class WorkloadKind(StrEnum):
    """Who sends (Schroeder, Wierman, Harchol-Balter: Open versus closed, 2006)."""

    CLOSED = "closed"
    """Users, each of whom waits for the answer before the next request."""
    OPEN = "open"
    """Arrivals at a rate, whether or not anything was answered."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`factor` times the users, or the rate, until `until` (a share) of the measured time is over."""

    until: float
    factor: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A shape of load; `duration_s` is measured of each side in all.

    `pace_s` is the mean time from a request of a user to the user's next. `rate_rps` are requests a second of an open
    workload; None: as many as the users would send. `average_ms` is what each endpoint may take on average. `reads` is
    the share of requests in journeys that only read; None: as recorded. Each block begins with `warm_up_s` of the same
    load that are not measured.
    """

    name: str
    users: int
    workload: WorkloadKind
    pace_s: float
    rate_rps: float | None
    duration_s: float
    stages: tuple[Stage, ...]
    average_ms: float | None
    about: str
    reads: float | None = READS
    warm_up_s: float = WARM_UP_S


def _scenario(
    name: str,
    about: str,
    *,
    users: int,
    duration_s: float,
    workload: WorkloadKind = WorkloadKind.CLOSED,
    pace_s: float = PACE_S,
    rate_rps: float | None = None,
    stages: tuple[Stage, ...] = (),
    average_ms: float | None = None,
    reads: float | None = READS,
    warm_up_s: float = WARM_UP_S,
) -> Scenario:
    shape = (name, users, workload, pace_s, rate_rps, duration_s, stages, average_ms, about)
    return Scenario(*shape, reads, warm_up_s)


_ALL = (
    _scenario(
        "smoke",
        "a user or two a domain, for seconds: does it run?",
        users=10,
        duration_s=6,
        reads=None,
        warm_up_s=1.0,
    ),
    _scenario("steady", "the same users all the time", users=20, duration_s=60),
    _scenario(
        "spike",
        "arrivals jump to four times as many, and back",
        users=8,
        duration_s=72,
        workload=WorkloadKind.OPEN,
        rate_rps=25,
        stages=(Stage(0.3, 1), Stage(0.6, 4), Stage(1, 1)),
    ),
    _scenario(
        "soak", "half an hour a side: does memory grow, do answers slow down?", users=20, duration_s=1_800
    ),
    _scenario(
        "100-concurrent",
        "100 users at a time, every endpoint answers within 200 ms on average",
        users=100,
        duration_s=60,
        pace_s=1.0,
        average_ms=200,
    ),
)
SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
STEADY = "steady"
"""The scenario where none is named."""


def scenario_named(name: str) -> Scenario:
    """The scenario of that name; raises LoadTestError with the names that there are."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise LoadTestError(f"no scenario {name!r}, only {', '.join(SCENARIOS)}") from None


def factor_at(stages: tuple[Stage, ...], share: float) -> float:
    """How many times the users, or the rate, there are when that share of the measured time is over."""
    return next(
        (stage.factor for stage in stages if share < stage.until), stages[-1].factor if stages else 1.0
    )
