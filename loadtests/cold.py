"""How a backend answers that has just been started: nothing is cached, no connection to the database is open.

A round starts a process of each side, plays every recorded journey once over one connection, in an order that both
sides share, and ends it. Later requests of a round find what earlier ones have warmed, as they would after a deployment. What is
found is shown apart and not judged: a few rounds of one client say little, and users rarely meet a cold backend.
"""

import contextlib
import random
import time
from collections.abc import Callable, Iterator

from loadtests.judge import PairOfBlocks
from loadtests.recording import Credentials
from loadtests.site import Fresh
from loadtests.timings import Timing
from loadtests.turns import Side, Taken
from loadtests.workload import Workload
from parity.exchange import Backend

ROUNDS = 3
WITHIN_S = 30.0
"""No round begins later than that after the first."""


def play_cold(
    workload: Workload,
    credentials: Credentials,
    fresh: Fresh,
    *,
    seed: int,
    reset: Callable[[], None] | None = None,
    rounds: int = ROUNDS,
    within_s: float = WITHIN_S,
) -> Iterator[PairOfBlocks]:
    """What was measured in each round. Raises BackendError when a side does not start or stops answering."""
    until_s = time.monotonic() + within_s
    recorded = [journey for journey in workload.journeys if not journey.like]
    refused = {
        (step.exchange.domain, step.exchange.name): step.refused
        for journey in workload.journeys
        for step in journey.steps
    }
    for number in range(rounds):
        if number and time.monotonic() >= until_s:
            return
        rng = random.Random(seed * 1_000 + number)
        journeys = rng.sample(recorded, len(recorded))
        found: dict[Backend, list[Timing]] = {}
        took_s: dict[Backend, float] = {}
        for side in list(Backend) if number % 2 == 0 else reversed(list(Backend)):
            if reset:
                reset()
            with fresh(side) as url, contextlib.closing(Side(side, url, credentials)) as asked:
                begun_s = time.perf_counter()
                found[side] = [
                    _timing(taken, refused[taken.domain, taken.exchange], at_s)
                    for journey in journeys
                    for at_s in [time.perf_counter() - begun_s]
                    for taken in asked.play(journey)
                ]
                took_s[side] = time.perf_counter() - begun_s
        legacy, modern = Backend.LEGACY, Backend.MODERN
        yield PairOfBlocks(found[legacy], found[modern], took_s[legacy], took_s[modern])


def _timing(taken: Taken, refused: bool, started_s: float) -> Timing:  # noqa: FBT001  as the timing has it
    return Timing(
        endpoint=taken.endpoint,
        exchange=taken.exchange,
        started_s=started_s,
        duration_ms=taken.duration_ms,
        status=taken.status,
        as_recorded=taken.as_recorded,
        refused=refused,
        query_count=taken.query_count,
        db_ms=taken.db_ms,
        cache=taken.cache,
        late_ms=0.0,
        domain=taken.domain,
    )
