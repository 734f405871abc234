"""What `crossfade loadtest proxy` found, as its JSON has it (`crossfade.loadtest-proxy/1`); times are milliseconds."""

import msgspec

from loadtests.block_runs import INTERRUPTED
from parity.load_results import LoadRatio

SCHEMA = "crossfade.loadtest-proxy/1"
LEGACY, MODERN = "legacy", "modern"
SERVING = {"off": LEGACY, "shadow": LEGACY, "canary": MODERN, "live": MODERN, "complete": MODERN}
"""Who serves every client at a stage, at `canary` with a share of 1; in the order of the stages."""
STAGES = tuple(SERVING)


class Tried(msgspec.Struct, frozen=True):
    """So many users who never pause, and what they were answered a second."""

    users: int
    rps: float
    p50_ms: float | None


class Capacity(msgspec.Struct, frozen=True):
    """The most that a backend answered on this machine, which Locust shares with it; `rps` with so many `users`."""

    backend: str
    rps: float
    users: int
    tried: list[Tried]


class PathMeasured(msgspec.Struct, frozen=True):
    """All slices on one path at one rate, percentiles of all their durations, each counted from when it was due.

    Of all that was `sent`, warm-up and clean-up included, `failed` had no whole answer or one of 5xx, `unexpected`
    another status than the recorded one; `wrong` says which, such as `503 to GET /v1/escrows (list)`. `late`
    is the share of the measured `requests` that the generator sent late, and `not_sent` were due when too many were
    unanswered. Without `keeps_up` fewer answers came than requests: the times are those of a queue that grows while it
    is measured.
    """

    offered_rps: float
    rps: float
    requests: int
    sent: int
    not_sent: int
    failed: int
    unexpected: int
    wrong: dict[str, int]
    late: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    keeps_up: bool


class DirectRow(msgspec.Struct, frozen=True):
    """A backend asked directly, at that share of its capacity."""

    backend: str
    level: float
    measured: PathMeasured = msgspec.field(name="figures")


class Mirrored(msgspec.Struct, frozen=True):
    """What the proxy's store counted: `requests` of clients; what was `mirrored`, by its outcome, what not and why."""

    requests: int
    mirrored: int
    compared: int
    fell_back: int
    outcomes: dict[str, int]
    not_mirrored: dict[str, int]


class StageRow(msgspec.Struct, frozen=True):
    """Through the proxy at a stage, at that share of the capacity of the backend that serves there.

    `added_…` are percentiles minus those of the same requests sent directly, with intervals over rounds. Of the answers
    `served_otherwise` were another backend's than the stage's; `counted` is what the store says of all its slices.
    """

    stage: str
    level: float
    backend: str
    measured: PathMeasured = msgspec.field(name="figures")
    added_p50_ms: LoadRatio | None
    added_p90_ms: LoadRatio | None
    added_p99_ms: LoadRatio | None
    served_otherwise: int
    counted: Mirrored


class FlipMade(msgspec.Struct, frozen=True):
    """One change under load: `ms` until the last proxy worker had acknowledged it."""

    stage: str
    rolled_back: bool
    ms: float


class FlipsFound(msgspec.Struct, frozen=True):
    """Stages changed while load ran.

    `after_rollback` requests were sent after a rollback was acknowledged, and answered before modern served again;
    `by_modern` of them were answered by modern all the same.
    """

    measured: PathMeasured = msgspec.field(name="figures")
    made: list[FlipMade]
    after_rollback: int
    by_modern: int


class Books(msgspec.Struct, frozen=True):
    """What Locust sent through the proxy, and what the proxy's store says of it at the end."""

    sent: int
    counted: int
    mirrored: int
    outcomes: dict[str, int]
    in_flight: int
    lost: int

    @property
    def balance(self) -> bool:
        """Whether each request was counted, and each mirrored one has exactly one outcome."""
        is_open = self.in_flight or self.lost
        return self.sent == self.counted and self.mirrored == sum(self.outcomes.values()) and not is_open


class ProxyLoadTest(msgspec.Struct, frozen=True):
    """One run. With a `problem` it is partial; `faults` are what was wrong of what was measured, a sentence each."""

    domain: str
    begun_at: float
    ended_at: float
    seed: int
    slice_s: float
    planned_rounds: int
    rounds: int
    capacities: list[Capacity]
    direct: list[DirectRow]
    stages: list[StageRow]
    flips: FlipsFound | None
    books: Books | None
    left_out: dict[str, str]
    faults: list[str]
    problem: str
    machine: str

    @property
    def exit_code(self) -> int:
        """0: all well; 1: a request failed or was served wrongly, or the books do not balance; 2: partial; 130: Ctrl-C."""
        if self.problem:
            return 130 if self.problem == INTERRUPTED else 2
        return 1 if self.faults else 0
