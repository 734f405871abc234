"""Load tests as a run leaves them: three domains, twelve endpoints, twelve pairs of blocks, with real histograms.

What only the store and its readers need is a small one, by what was judged.
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from parity.load_results import (
    ALL,
    AVERAGE,
    CACHE,
    MET,
    MISSED,
    NOT_SLOWER,
    QUERIES,
    TIME,
    UNDECIDED,
    LoadBlock,
    LoadEndpoint,
    LoadJudgement,
    LoadProcess,
    LoadRatio,
    LoadSide,
    LoadTest,
    Targets,
)
from tests.parity.load_histograms import BLOCK_S, MEASURED_S, PAIRS, timed, together

BEGUN_AT = 1_796_000_000.0
PAUSE_S = 1.2


class Told(NamedTuple):
    """An endpoint: legacy's median in ms, modern's share of it and of the queries, and the cache's of its lookups."""

    domain: str
    endpoint: str
    legacy_ms: float
    ratio: float
    queries: float
    query_ratio: float
    hits: float | None
    requests: int


TOLD = (
    Told("escrows", "GET /v1/escrows", 24.8, 0.52, 6.0, 0.33, 0.86, 620),
    Told("escrows", "GET /v1/escrows/{id}", 12.1, 0.61, 4.0, 0.40, 0.81, 540),
    Told("escrows", "POST /v1/escrows", 31.0, 0.63, 7.0, 0.57, None, 90),
    Told("escrows", "PUT /v1/escrows/{id}", 22.4, 0.71, 6.0, 0.50, None, 110),
    Told("escrows", "DELETE /v1/escrows/{id}", 9.6, 0.77, 3.0, 0.67, None, 60),
    Told("listings", "GET /v1/listings", 21.7, 0.56, 5.0, 0.40, 0.84, 580),
    Told("listings", "GET /v1/listings/{id}", 11.0, 0.66, 4.0, 0.50, 0.79, 460),
    Told("listings", "POST /v1/listings", 26.3, 0.72, 6.0, 0.50, None, 80),
    Told("listings", "PUT /v1/listings/{id}/price", 17.5, 0.74, 5.0, 0.60, None, 70),
    Told("clients", "GET /v1/clients", 18.2, 0.54, 5.0, 0.40, 0.83, 520),
    Told("clients", "GET /v1/clients/{id}", 9.9, 0.69, 3.0, 0.50, 0.77, 410),
    Told("clients", "PATCH /v1/clients/{id}/status", 14.4, 0.75, 4.0, 0.50, None, 75),
)
OWN_TARGETS = {
    "GET /v1/escrows": {TIME: 0.60},
    "GET /v1/listings": {TIME: 0.64},
    "GET /v1/clients": {TIME: 0.61},
    "POST /v1/escrows": {TIME: 0.67},
}
FASTER, FEWER, HITS = 0.80, 0.70, 0.70
TARGETS = Targets(time=FASTER, queries=FEWER, cache=HITS, endpoints=OWN_TARGETS)
USUAL = {TIME: FASTER, QUERIES: FEWER, CACHE: HITS, NOT_SLOWER: 1.0, AVERAGE: 200.0}

Interval = tuple[float, float, float]
"""A value, and from where to where it surely is."""
MET_BY, MAY_MEET, MISSED_BY = (0.57, 0.52, 0.61), (0.72, 0.52, 0.93), (1.2, 1.1, 1.3)
"""Ratios of times that meet the usual target, hold it, and lie above it."""


def side(median_ms: float = 12.4, *, requests: int = 400, seed: int = 1, **changes: Any) -> LoadSide:
    """One backend at one endpoint: its times are those of its histogram."""
    return msgspec.structs.replace(timed(median_ms, requests, seed), **changes)


def no_side() -> LoadSide:
    """Nothing was measured."""
    return LoadSide(0, 0, 0, 0.0, 0.0, None, None, None, None, None, None, None, 0, 0)


def judgement(
    measure: str = TIME,
    value: float | Interval | None = 0.6,
    spread: float = 0.04,
    target: float | None = None,
    **changes: Any,
) -> LoadJudgement:
    """What follows from an interval of that half width, or from a value with both ends of its interval."""
    wanted = USUAL[measure] if target is None else target
    if isinstance(value, float):
        value = value, round(value - spread, 4), round(value + spread, 4)
    _, low, high = value or (0.0, 0.0, math.inf)
    is_met = low >= wanted if measure == CACHE else high <= wanted
    is_missed = high < wanted if measure == CACHE else low > wanted
    fields: dict[str, Any] = {
        "measure": measure,
        "target": wanted,
        "measured": LoadRatio(*value) if value else None,
        "judgement": MET if is_met else MISSED if is_missed else UNDECIDED,
    }
    return LoadJudgement(**(fields | changes))


def row(told: Told = TOLD[0], ratio: float | None = None, spread: float = 0.03) -> LoadEndpoint:
    """Both sides at an endpoint, and what is judged of it."""
    share = told.ratio if ratio is None else ratio
    hits = told.hits or 0.0
    lookups = told.requests if told.hits is not None else 0
    seed = TOLD.index(told)
    legacy = side(
        told.legacy_ms,
        requests=told.requests,
        seed=seed,
        queries=told.queries,
        db_ms=round(0.6 * told.legacy_ms, 2),
    )
    modern = side(
        told.legacy_ms * share,
        requests=told.requests,
        seed=seed + 100,
        queries=round(told.queries * told.query_ratio, 2),
        db_ms=round(0.3 * told.legacy_ms * share, 2),
        cache_hits=round(hits * lookups),
        cache_lookups=lookups,
    )
    own = OWN_TARGETS.get(told.endpoint, {}).get(TIME)
    judged = [
        judgement(TIME, share, spread, own or FASTER, binding=own is not None),
        judgement(QUERIES, told.query_ratio, 0.0, FEWER),
        judgement(NOT_SLOWER, share, spread, 1.0, binding=True),
    ]
    if told.hits is not None:
        judged.append(judgement(CACHE, told.hits, 0.02, HITS))
    return LoadEndpoint(told.domain, told.endpoint, legacy, modern, judged)


def summed(rows: Iterable[LoadEndpoint], domain: str = "", *, binding: bool = False) -> LoadEndpoint:
    """Several endpoints as one row."""
    rows = list(rows)
    legacy, modern = (_sum([getattr(one, name) for one in rows]) for name in ("legacy", "modern"))
    ratio = round(_over(modern.p50_ms, legacy.p50_ms), 3)
    judged = [
        judgement(TIME, ratio, 0.02, FASTER, binding=binding),
        judgement(QUERIES, round(_over(modern.queries, legacy.queries), 3), 0.01, FEWER, binding=binding),
        judgement(
            CACHE, round(_over(modern.cache_hits, modern.cache_lookups), 3), 0.01, HITS, binding=binding
        ),
    ]
    return LoadEndpoint(domain, ALL, legacy, modern, judged)


def blocks(pairs: int = PAIRS) -> list[LoadBlock]:
    """Legacy first, then modern first, by turns; both still get a little quicker."""
    rng = random.Random(7)
    made = []
    for number in range(2 * pairs):
        pair = number // 2
        side_name = ("legacy", "modern") if pair % 2 == 0 else ("modern", "legacy")
        of_legacy = side_name[number % 2] == "legacy"
        median = (16.9 if of_legacy else 9.9) * (1 + 0.12 / (1 + pair)) * rng.uniform(0.96, 1.05)
        made.append(
            LoadBlock(
                pair=pair,
                side=side_name[number % 2],
                seed=1_000 + pair,
                begun_s=round(20 + number * (BLOCK_S + PAUSE_S), 2),
                measured_s=BLOCK_S,
                requests=300 + rng.randrange(12),
                errors=0,
                p50_ms=round(median, 2),
                p95_ms=round(median * rng.uniform(2.1, 2.6), 2),
                p99_ms=round(median * rng.uniform(3.4, 4.2), 2),
                cpu_ms=round((6.1 if of_legacy else 3.2) * rng.uniform(0.97, 1.03), 2),
                memory_mb=round((118 if of_legacy else 146) + pair * 0.3, 1),
            )
        )
    return made


def load_test(ratios: Mapping[str, tuple[float, float]] | None = None, **changes: Any) -> LoadTest:
    """One that met every target. `ratios` gives endpoints another ratio of times and half width of its interval."""
    given = ratios or {}
    rows = [row(told, *given.get(told.endpoint, (None, 0.03))) for told in TOLD]
    domains = list(dict.fromkeys(told.domain for told in TOLD))
    by_domain = [summed([one for one in rows if one.domain == name], name) for name in domains]
    overall = summed(rows, binding=True)
    bound = [one for each in (overall, *rows) for one in each.judgements if one.binding]
    run = blocks()
    fields: dict[str, Any] = {
        "domains": domains,
        "scenario": "steady",
        "workload": "open",
        "through": "direct",
        "users": 20,
        "rate_rps": 60.0,
        "pace_s": 0.25,
        "duration_s": MEASURED_S,
        "seed": 1,
        "begun_at": BEGUN_AT,
        "ended_at": BEGUN_AT + 20 + 2 * PAIRS * (BLOCK_S + PAUSE_S),
        "judgement": _worst(bound),
        "problem": "",
        "stopped": "",
        "targets": TARGETS,
        "overall": overall,
        "by_domain": by_domain,
        "endpoints": rows,
        "cold": [_cold(told) for told in TOLD],
        "processes": [
            LoadProcess("legacy", 1, 6.1, 0.37, 118.0, 121.2, 122.5),
            LoadProcess("modern", 2, 3.2, 0.19, 146.0, 148.9, 150.1),
        ],
        "blocks": run,
        "planned_blocks": len(run),
        "left_out": {"escrows archive": "succeeds only once"},
        "notes": [],
        "machine": "2 cores, 7.8 GiB, Linux 6.1, Python 3.11.2",
        "version": "0.1.0",
    }
    return LoadTest(**(fields | changes))


def mixed(**changes: Any) -> LoadTest:
    """One target missed, two undecided (one of them binding, 9 more pairs of blocks would tell), an endpoint slower."""
    test = load_test(
        {"POST /v1/escrows": (0.68, 0.09), "GET /v1/clients": (0.72, 0.05), "PUT /v1/escrows/{id}": (1.14, 0.06),
         "DELETE /v1/escrows/{id}": (0.81, 0.07)},
        judgement=MISSED,
        notes=["3 % of the requests to legacy were sent late."],
    )  # fmt: skip
    rows = [
        msgspec.structs.replace(one, judgements=[_needing(each, 9) for each in one.judgements])
        if one.endpoint == "POST /v1/escrows"
        else one
        for one in test.endpoints
    ]
    return msgspec.structs.replace(test, **({"endpoints": rows} | changes))


def partial(**changes: Any) -> LoadTest:
    """A backend died in the fifth pair: what was measured until then, undecided."""
    run = blocks(5)
    died = "the modern backend at http://127.0.0.1:8082 stopped answering"
    run[-1] = LoadBlock(4, "modern", 1_004, run[-1].begun_s, 1.4, 80, 3, 9.0, 21.0, 30.0, problem=died)
    fields = {"judgement": UNDECIDED, "problem": died, "blocks": run, "planned_blocks": 2 * PAIRS}
    return msgspec.structs.replace(load_test(), **(fields | changes))


def unmeasured(
    domain: str = "listings",
    endpoint: str = "GET /v1/listings/{id}/photos",
    measures: Sequence[str] = (TIME, NOT_SLOWER),
) -> LoadEndpoint:
    """An endpoint of which there was too little to judge."""
    why = "fewer than 5 pairs of blocks have answers of both sides"
    nothing = [judgement(measure, None, why=why) for measure in measures]
    return LoadEndpoint(domain, endpoint, no_side(), no_side(), nothing)


def small_row(
    endpoint: str = ALL,
    time: Interval = MET_BY,
    queries: float = 0.4,
    *,
    domain: str = "escrows",
    binding: bool = False,
) -> LoadEndpoint:
    """Both sides at an endpoint by what is judged of them, without histograms."""
    return LoadEndpoint(
        domain,
        endpoint,
        small_side(12.4, 5.0),
        small_side(12.4 * time[0], 5 * queries, cache_hits=320, cache_lookups=400),
        [
            judgement(TIME, time, binding=binding),
            judgement(QUERIES, queries, 0.0, binding=binding),
            judgement(CACHE, (0.8, 0.78, 0.82), binding=binding),
            judgement(NOT_SLOWER, time),
        ],
    )


def small_side(p50_ms: float, queries: float, **changes: Any) -> LoadSide:
    """One backend at one endpoint, without a histogram."""
    times = {"mean_ms": 1.1 * p50_ms, "p50_ms": p50_ms, "p90_ms": 1.8 * p50_ms, "p95_ms": 2 * p50_ms}
    fields: dict[str, Any] = {
        "requests": 400, "judged": 390, "rps": 20.0, "p99_ms": 3 * p50_ms, "queries": queries, "db_ms": 0.4 * p50_ms
    } | times  # fmt: skip
    return msgspec.structs.replace(no_side(), **(fields | changes))


def small_test(**changes: Any) -> LoadTest:
    """One of escrows, or of `domains`, that met its targets; three endpoints each, of one of which nothing is known."""
    domains = changes.get("domains", ["escrows"])
    fields: dict[str, Any] = {
        "domains": domains,
        "workload": "closed",
        "rate_rps": None,
        "duration_s": 20.0,
        "overall": small_row(domain="", binding=True),
        "by_domain": [small_row(domain=domain, binding=True) for domain in domains],
        "endpoints": [
            one
            for domain in domains
            for one in (
                small_row(f"GET /v1/{domain}", domain=domain),
                small_row(f"GET /v1/{domain}/{{id}}", MAY_MEET, domain=domain),
                unmeasured(domain, f"PUT /v1/{domain}/{{id}}/property-details", (TIME, QUERIES)),
            )
        ],
        "cold": [small_row(time=MAY_MEET, domain="")],
        "blocks": blocks(6),
        "planned_blocks": 12,
        "machine": "2 cores, AMD EPYC",
    }
    return load_test(**(fields | changes))


def average(value: float = 43.0, target: float = 200.0) -> LoadJudgement:
    """The average of `100-concurrent`, in ms."""
    return judgement(AVERAGE, value, 2.0, target, binding=True)


def _sum(sides: list[LoadSide]) -> LoadSide:
    judged = sum(one.judged for one in sides)
    return msgspec.structs.replace(
        together(tuple(one.histogram for one in sides)),
        requests=sum(one.requests for one in sides),
        rps=round(sum(one.rps for one in sides), 2),
        queries=round(sum((one.queries or 0) * one.judged for one in sides) / judged, 2),
        db_ms=round(sum((one.db_ms or 0) * one.judged for one in sides) / judged, 2),
        cache_hits=sum(one.cache_hits for one in sides),
        cache_lookups=sum(one.cache_lookups for one in sides),
    )


def _over(above: float | None, below: float | None) -> float:
    return (above or 0.0) / (below or 1.0)


def _cold(told: Told) -> LoadEndpoint:
    legacy = side(told.legacy_ms * 1.6, requests=40, seed=900, queries=told.queries)
    modern = side(
        told.legacy_ms * min(1.6, 1.9 * told.ratio),
        requests=40,
        seed=901,
        queries=told.queries * 0.8,
        cache_lookups=0 if told.hits is None else 40,
    )
    return LoadEndpoint(told.domain, told.endpoint, legacy, modern, [])


def _worst(judgements: Iterable[LoadJudgement]) -> str:
    found = {one.judgement for one in judgements}
    return MISSED if MISSED in found else UNDECIDED if UNDECIDED in found else MET


def _needing(judged: LoadJudgement, blocks_needed: int) -> LoadJudgement:
    if judged.judgement != UNDECIDED:
        return judged
    return judgement(
        judged.measure,
        judged.measured.value if judged.measured else 0.0,
        0.09,
        judged.target,
        binding=judged.binding,
        blocks_needed=blocks_needed,
        why="the interval holds the target",
    )
