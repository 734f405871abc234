"""A load test as the store keeps it."""

from typing import Any

from parity.load_tests import LoadEndpoint, LoadJudgement, LoadRatio, LoadSide, LoadTest


def side(p50_ms: float, queries: float, **changes: Any) -> LoadSide:
    """One backend at one endpoint."""
    fields: dict[str, Any] = {
        "requests": 400,
        "judged": 390,
        "errors": 0,
        "late": 0.0,
        "p50_ms": p50_ms,
        "p95_ms": 2 * p50_ms,
        "p99_ms": 3 * p50_ms,
        "queries": queries,
    }
    return LoadSide(**(fields | changes))


def endpoint(name: str, time: str = "pass", queries: str = "pass") -> LoadEndpoint:
    """Both sides of it; where its time is undecided the interval holds the target."""
    high, modern_ms = (0.61, 7.1) if time == "pass" else (0.93, 8.9)
    return LoadEndpoint(
        name,
        side(12.4, 5.0),
        side(modern_ms, 2.0),
        LoadJudgement(LoadRatio(round(modern_ms / 12.4, 2), 0.52, high), time),
        LoadJudgement(LoadRatio(0.4, 0.4, 0.4), queries),
    )


def unknown(name: str) -> LoadEndpoint:
    """One that nothing was measured of."""
    nothing = LoadSide(0, 0, 0, 0.0, None, None, None, None)
    return LoadEndpoint(
        name, nothing, nothing, LoadJudgement(None, "undecided"), LoadJudgement(None, "undecided")
    )


def load_test(**changes: Any) -> LoadTest:
    """One that met both targets."""
    fields: dict[str, Any] = {
        "domain": "escrows",
        "users": 20,
        "duration_s": 20.0,
        "pace_s": 0.25,
        "seed": 1,
        "passed": True,
        "problem": "",
        "targets": {"time": 0.8, "queries": 0.7},
        "endpoints": [
            endpoint("GET /v1/escrows"),
            endpoint("GET /v1/escrows/{id}", time="undecided"),
            unknown("PUT /v1/escrows/{id}/property-details"),
        ],
        "overall": endpoint("all endpoints"),
        "left_out": {"archive": "succeeds only once"},
        "notes": ["20 users at a pace of 0.25 s, 20 s measured on each side."],
    }
    return LoadTest(**(fields | changes))
