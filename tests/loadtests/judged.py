"""Blocks of synthetic sides whose truth is known, and what the judge says of them."""

import math
import random
from typing import Any

from loadtests.judge import Judged, PairOfBlocks, judge
from loadtests.timings import Timing
from parity.load_results import (
    TIME,
    LoadEndpoint,
    LoadJudgement,
    Targets,
)

DOMAIN, ENDPOINT = "escrows", "GET /v1/escrows"
KEY = (DOMAIN, ENDPOINT)
UNASKED = Targets(time=None, queries=None, cache=None)


def timing(duration_ms: float = 8.0, *, queries: int | None = 5, **overrides: Any) -> Timing:
    values: dict[str, Any] = {
        "endpoint": ENDPOINT,
        "exchange": "list",
        "started_s": 1.0,
        "duration_ms": duration_ms,
        "status": 200,
        "as_recorded": True,
        "refused": False,
        "query_count": queries,
        "db_ms": None,
        "cache": "",
        "late_ms": 0.0,
        "domain": DOMAIN,
    }
    return Timing(**values | overrides)


def block(
    rng: random.Random, scale: float, *, n: int = 60, mood: float = 0.02, **overrides: Any
) -> list[Timing]:
    """Log-normal times around `scale` ms; `mood` is by how much whole blocks differ from each other."""
    level = scale * math.exp(rng.gauss(0, mood))
    return [timing(level * math.exp(rng.gauss(0, 0.3)), **overrides) for _ in range(n)]


def sides(
    ratio: float, *, seed: int, pairs: int = 6, n: int = 60, mood: float = 0.02, queries: int = 5
) -> list[PairOfBlocks]:
    rng = random.Random(seed)
    return [
        pair(block(rng, 8, n=n, mood=mood), block(rng, 8 * ratio, n=n, mood=mood, queries=queries))
        for _ in range(pairs)
    ]


def pair(legacy: list[Timing], modern: list[Timing]) -> PairOfBlocks:
    return PairOfBlocks(legacy, modern, 2.0, 2.0)


def judged(pairs: list[PairOfBlocks], targets: Targets | None = None, **more: Any) -> Judged:
    return judge(pairs, [KEY], targets or Targets(), **more)


def row(pairs: list[PairOfBlocks], targets: Targets | None = None) -> LoadEndpoint:
    return judged(pairs, targets).endpoints[0]


def asked(found: LoadEndpoint, measure: str) -> LoadJudgement:
    judgement = found.judged(measure)
    assert judgement is not None
    return judgement


def word(pairs: list[PairOfBlocks], measure: str = TIME, targets: Targets | None = None) -> str:
    return asked(row(pairs, targets), measure).judgement
