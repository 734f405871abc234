"""What the latest load test says of a domain, as a condition of its verdict."""

import sqlalchemy as sa

from parity.conditions import Condition, Standing, some
from parity.load_results import (
    ALL,
    CACHE,
    MISSED,
    NOT_SLOWER,
    QUERIES,
    TIME,
    UNDECIDED,
    LoadEndpoint,
    LoadJudgement,
)
from parity.load_tests import KeptLoadTest, LoadTests, row_of
from parity.verdict_limits import VerdictLimits

NAME = "load test"
SCENARIO = "steady"
THROUGH = "direct"
"""Of these the latest whole one decides: others ask another question, or hold what the proxy adds."""


def deciding(engine: sa.Engine, domain: str) -> KeptLoadTest | None:
    """The load test that decides about a domain, however old; raises StoreError."""
    found = LoadTests(engine).latest(1, domain, scenario=SCENARIO, through=THROUGH, whole=True)
    return next(iter(found), None)


def load_test(
    kept: KeptLoadTest | None, domain: str, limits: VerdictLimits, *, now: float
) -> Condition | None:
    """Whether modern was as quick and as sparing as is wanted; None where nobody has tried, and nobody must."""
    row = None if kept is None else row_of(kept.test, domain)
    if kept is None or row is None:
        return _none("none yet", domain, limits)
    age_s = max(0.0, now - kept.at)
    if age_s > limits.load_test_max_age_s:
        old = f"that of {kept.id} is {_days(age_s)} old, wanted {_days(limits.load_test_max_age_s)} at most"
        return _none(old, domain, limits)
    asked = [(row, one) for one in row.judgements if one.binding or one.measure in (TIME, QUERIES)]
    asked += [
        (endpoint, one)
        for endpoint in kept.test.endpoints
        if endpoint.domain == domain
        for one in endpoint.judgements
        if one.binding or (one.measure == NOT_SLOWER and one.judgement == MISSED)
    ]
    standing, found = _standing(asked)
    which = f"{kept.id} ({kept.test.scenario}, {kept.test.users} users, {_days(age_s)} ago)"
    return Condition(NAME, standing, f"{which}: {found}")


def _none(why: str, domain: str, limits: VerdictLimits) -> Condition | None:
    if not limits.require_load_test:
        return None
    return Condition(NAME, Standing.MISSING, f"{why}: crossfade loadtest --domain {domain}")


def _standing(judged: list[tuple[LoadEndpoint, LoadJudgement]]) -> tuple[Standing, str]:
    """What is wrong is told alone, else what is undecided, else all."""
    for word, standing in ((MISSED, Standing.WRONG), (UNDECIDED, Standing.MISSING)):
        if found := [_told(row, one) for row, one in judged if one.judgement == word]:
            return standing, f"{word}: {some(found)}"
    if not judged:
        return Standing.MISSING, "nothing was judged"
    return Standing.HOLDS, "met: " + "; ".join(_told(row, one) for row, one in judged if row.endpoint == ALL)


def _told(row: LoadEndpoint, one: LoadJudgement) -> str:
    what = {CACHE: "cache hits", NOT_SLOWER: TIME}.get(one.measure, one.measure)
    where = "" if row.endpoint == ALL else f" of {row.endpoint}"
    if one.measured is None:
        return f"{what}{where} not measured"
    value, low, high = one.measured.value, one.measured.low, one.measured.high
    if one.measure == CACHE:
        return f"{what}{where} {value:.0%} ({low:.0%} to {high:.0%}), wanted {one.target:.0%} at least"
    return f"{what}{where} {value:.2f} ({low:.2f} to {high:.2f}), wanted {one.target:g} at most"


def _days(seconds: float) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
