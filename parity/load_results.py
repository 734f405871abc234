"""What a load test found: the shape that the judge makes, reports show, and the store, the console and verdicts read.

All of it is JSON as it stands (`crossfade.loadtest/2`). Times are milliseconds, unless a name says otherwise.
"""

import msgspec

SCHEMA = "crossfade.loadtest/2"
ALL = "all endpoints"
"""The endpoint of a row that sums up several; its `domain` is empty where it sums up all domains."""

TIME, QUERIES, CACHE, NOT_SLOWER, AVERAGE = "time", "queries", "cache", "not slower", "average"
"""What is judged: modern's response time and statements a request by legacy's, the share of cache hits, that an
endpoint is not slower than on legacy, and the average response time of modern in ms (where a scenario bounds it)."""
MET, MISSED, UNDECIDED = "met", "missed", "undecided"


class LoadRatio(msgspec.Struct, frozen=True):
    """What was measured, with its confidence interval: modern by legacy, or what the measure says."""

    value: float
    low: float
    high: float


class LoadJudgement(msgspec.Struct, frozen=True):
    """What was measured says of its target: `met`, `missed` or `undecided`; without `measured` there was too little.

    `binding` ones decide the whole run. `blocks_needed`: how many more pairs of blocks would decide it at this spread;
    None where it is decided, or nothing can be said.
    """

    measure: str
    target: float
    measured: LoadRatio | None
    judgement: str
    binding: bool = False
    blocks_needed: int | None = None
    why: str = ""


class LoadSide(msgspec.Struct, frozen=True):
    """One backend: of the `requests` those that were `judged`, the share that was sent `late`.

    `rps` are answered requests a second of measured time, `queries` and `db_ms` means a request. Of `cache_lookups`
    so many were `cache_hits`. `histogram` is an HdrHistogram of microseconds (V2, compressed, base64); empty: no times.
    """

    requests: int
    judged: int
    errors: int
    late: float
    rps: float
    mean_ms: float | None
    p50_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    queries: float | None
    db_ms: float | None
    cache_hits: int
    cache_lookups: int
    histogram: str = ""


class LoadEndpoint(msgspec.Struct, frozen=True):
    """Both sides at one endpoint, at all of a domain, or at all together, and what is judged of them.

    `extra`: all of it comes of extra pairs of blocks.
    """

    domain: str
    endpoint: str
    legacy: LoadSide
    modern: LoadSide
    judgements: list[LoadJudgement]
    extra: bool = False

    def judged(self, measure: str) -> LoadJudgement | None:
        """What is judged of that measure; None where it is not asked of this endpoint."""
        return next((one for one in self.judgements if one.measure == measure), None)


class LoadProcess(msgspec.Struct, frozen=True):
    """What the processes of a side took: CPU in ms a request and as a share of one core, memory in 2**20 bytes.

    `first_mb` and `last_mb` are medians of the first and the last third of the blocks.
    """

    side: str
    pids: int
    cpu_ms: float
    cpu_share: float
    first_mb: float
    last_mb: float
    most_mb: float


class LoadBlock(msgspec.Struct, frozen=True):
    """One block: `begun_s` after the run began, `measured_s` long. `problem` is empty when it went through."""

    pair: int
    side: str
    seed: int
    begun_s: float
    measured_s: float
    requests: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    cpu_ms: float | None = None
    memory_mb: float | None = None
    problem: str = ""


class Targets(msgspec.Struct, frozen=True):
    """What is to be reached; see `loadtests/targets.toml`. `domains` and `endpoints` have values of their own, by measure.

    None asks nothing, as of a backend that does not say how many statements it issues. `not_slower_margin`: an
    endpoint is surely not slower when its interval ends below 1 plus that. The domain "" is all of them together.
    """

    time: float | None = 0.80
    queries: float | None = 0.70
    cache: float | None = 0.70
    not_slower_margin: float = 0.05
    average_ms: float | None = None
    domains: dict[str, dict[str, float]] = {}
    endpoints: dict[str, dict[str, float]] = {}


class LoadTest(msgspec.Struct, frozen=True):
    """One run of `crossfade loadtest`, as its report, the store and the console have it.

    `scenario` names the shape of load, `workload` is `closed` or `open`, `through` says where the load went: `direct`,
    or a stage (`shadow`) at which the proxy stood before both. `reads` is the share of requests that only read; None: as
    recorded. `judgement` is that of the whole run. `extra_blocks` came after the others and measured `extra_s` seconds
    of each side. With a `problem` it is partial and never `met`; `stopped` says why it ended early with everything
    decided.
    """

    domains: list[str]
    scenario: str
    workload: str
    through: str
    users: int
    rate_rps: float | None
    pace_s: float
    duration_s: float
    seed: int
    begun_at: float
    ended_at: float
    judgement: str
    problem: str
    stopped: str
    targets: Targets
    overall: LoadEndpoint
    by_domain: list[LoadEndpoint]
    endpoints: list[LoadEndpoint]
    cold: list[LoadEndpoint]
    processes: list[LoadProcess]
    blocks: list[LoadBlock]
    planned_blocks: int
    left_out: dict[str, str]
    notes: list[str]
    machine: str = ""
    version: str = ""
    reads: float | None = None
    extra_s: float = 0.0
    extra_blocks: list[LoadBlock] = []

    @property
    def passed(self) -> bool:
        """Whether it is whole, and every binding target is met."""
        return self.judgement == MET and not self.problem
