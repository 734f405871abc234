"""What the plan promises, with the words of the time before: a goal a row of the scorecard.

Source: the plan that the reference CRM goes through (docs/scorecard.md). The plan's milliseconds are of a production
machine, so the ratio to legacy on the same machine is what is judged.
"""

from dataclasses import dataclass

from parity.load_results import AVERAGE, CACHE, NOT_SLOWER, QUERIES, TIME

LOADTEST = "crossfade loadtest"


@dataclass(frozen=True, slots=True)
class Goal:
    """One promise. `limit` is what is judged against, in the unit of `measure`; `command` gives the evidence.

    `endpoint` is empty where it is about all of them; of a load test `measure` is that of `parity/load_results.py`.
    """

    key: str
    name: str
    baseline: str
    target: str
    limit: float
    command: str
    measure: str = ""
    endpoint: str = ""


def _time(endpoint: str, before_ms: int, after_ms: int, percent: int) -> Goal:
    return Goal(
        f"time {endpoint}",
        endpoint,
        f"{before_ms} ms",
        f"{after_ms} ms: -{percent} %",
        round(1 - percent / 100, 2),
        LOADTEST,
        TIME,
        endpoint,
    )


TIME_OF_ALL = Goal("time", "response time", "about 200 ms", "-20 %", 0.80, LOADTEST, TIME)
TIMES = (
    _time("GET /v1/escrows", 250, 150, 40),
    _time("GET /v1/listings", 220, 140, 36),
    _time("GET /v1/clients", 180, 110, 39),
    _time("POST /v1/escrows", 300, 200, 33),
)
STATEMENTS = Goal("statements", "statements a request", "5", "3.5: -30 %", 0.70, LOADTEST, QUERIES)
CACHE_HITS = Goal("cache", "cache hits of reads", "no cache", "> 70 %", 0.70, LOADTEST, CACHE)
NO_REGRESSION = Goal(
    "not slower",
    "no regression anywhere",
    "-",
    "0 slower",
    1.05,
    LOADTEST,
    NOT_SLOWER,
)
CONCURRENT_USERS = 100
CONCURRENT_SCENARIO = "100-concurrent"
CONCURRENT = Goal(
    "concurrent",
    f"average with {CONCURRENT_USERS} users",
    "-",
    "< 200 ms",
    200.0,
    f"{LOADTEST} --scenario {CONCURRENT_SCENARIO}",
    AVERAGE,
)
COVERAGE = Goal("coverage", "test coverage", "about 60 %", "> 80 %", 80.0, "make coverage")
STRUCTURE = Goal(
    "structure",
    "consistent structure",
    "no domains",
    "all rooms",
    0.0,
    "crossfade domain audit",
)
DUPLICATES = Goal("duplicates", "duplicate code", "not known", "0 blocks", 0.0, "crossfade domain audit")
SERVICES = Goal("services", "service coverage", "37 % (24/65)", "100 %", 100.0, "crossfade domain audit")
UNCHANGED = Goal("unchanged", "endpoints unchanged", "555 of 726 changed", "0 unaccepted", 0.0, "make ready")
FAILED = Goal("failed", "failed requests", "-", "0", 0.0, "make bench-flags")
ROLLBACK = Goal(
    "rollback",
    "time to roll back",
    "git revert, redeploy",
    "<= 1 s",
    1_000.0,
    "crossfade rollback DOMAIN",
)

GOALS = (
    TIME_OF_ALL,
    *TIMES,
    STATEMENTS,
    CACHE_HITS,
    NO_REGRESSION,
    CONCURRENT,
    COVERAGE,
    STRUCTURE,
    DUPLICATES,
    SERVICES,
    UNCHANGED,
    FAILED,
    ROLLBACK,
)
"""In the order of the plan."""
OF_OUR_CODE = (COVERAGE, STRUCTURE, DUPLICATES, SERVICES)
"""What is told of the code of the reference CRM alone: nobody else's is here to be read."""
