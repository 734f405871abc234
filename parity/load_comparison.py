"""Is modern worse than it was? A load test beside a baseline, by ratio of ratios.

Modern by legacy now, divided by modern by legacy then: both sides of a run shared the machine's mood, which so falls
out. The interval of the quotient comes from those of both runs by MOVER, in the log: on each side of the value the two
distances are added as the legs of a right triangle (G. Y. Zou and A. Donner, "Construction of confidence limits about
effect measures", Statistics in Medicine 27, 2008). Counts that are the same in every block have no width, and are
compared exactly. Shares of cache hits are subtracted instead of divided.

Many endpoints are many chances to be wrong: each gets the interval that holds for all of them at once (Bonferroni), so
that of runs of one and the same modern hardly one in forty says a regression of any endpoint. By how much wider that
is, is taken from the normal distribution: with few pairs of blocks Student's would say more, but to add two of
Student's intervals as a triangle is already wider by about that than the interval of both together.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from statistics import NormalDist

import msgspec

from parity.errors import BaselineError
from parity.load_baselines import LoadBaseline
from parity.load_results import CACHE, QUERIES, TIME, LoadEndpoint, LoadRatio, LoadTest
from parity.load_tests import KeptLoadTest, time_of

TOLERANCE = 0.05
"""By how much a time, and a share of cache hits, may be worse and still pass for the same."""
ERRORS = "errors"
_ROUNDING = 1e-9
_TAIL = 0.025  # of each side of the intervals of a load test


class Change(StrEnum):
    """What became of a measure since the baseline."""

    REGRESSION = "regression"
    """The whole interval is worse than the tolerance allows."""
    IMPROVEMENT = "improvement"
    """The whole interval is better by more than the tolerance."""
    SAME = "same"
    """The whole interval is within the tolerance."""
    UNDECIDED = "undecided"
    """The interval is too wide to tell, or one of both measured too little."""


class LoadChange(msgspec.Struct, frozen=True):
    """A measure of an endpoint, then and now: `change` is their quotient, of cache hits and errors the difference.

    Of errors there is no interval: all three numbers are the share of modern's requests.
    """

    domain: str
    endpoint: str
    measure: str
    then: LoadRatio | None
    now: LoadRatio | None
    change: LoadRatio | None
    says: str


class LoadComparison(msgspec.Struct, frozen=True):
    """A load test beside a baseline; `then` and `now` are their ids. `says` is `regression` as soon as a change is."""

    baseline: str
    then: str
    now: str
    tolerance: float
    says: str
    changes: list[LoadChange]
    notes: list[str]

    @property
    def regressions(self) -> list[LoadChange]:
        """The changes that are."""
        return [one for one in self.changes if one.says == Change.REGRESSION]

    @property
    def told(self) -> list[LoadChange]:
        """What became better or worse, and all of the first row, which sums up."""
        first = [(one.domain, one.endpoint) for one in self.changes[:1]]
        words = {Change.REGRESSION, Change.IMPROVEMENT}
        return [one for one in self.changes if one.says in words or (one.domain, one.endpoint) in first]


def compare(now: KeptLoadTest, baseline: LoadBaseline, *, tolerance: float = TOLERANCE) -> LoadComparison:
    """What became of it; raises BaselineError where the two asked something else, or one of them is partial."""
    mine, theirs = now.test, baseline.of.test
    if found := differences(mine, theirs):
        raise BaselineError(f"{now.id} cannot be compared with {baseline.name!r}: {'; '.join(found)}")
    same_domains = set(mine.domains) == set(theirs.domains)
    rows = [[(mine.overall, theirs.overall)]] if same_domains else []
    if len(mine.domains) > 1 or not same_domains:
        rows.append(_both(mine.by_domain, theirs.by_domain))
    rows.append(_both(mine.endpoints, theirs.endpoints))
    changes = [change for level in rows for change in _changes(level, tolerance)]
    return LoadComparison(
        baseline.name,
        baseline.of.id,
        now.id,
        tolerance,
        _said_by(changes),
        changes,
        _notes(mine, theirs),
    )


def differences(now: LoadTest, then: LoadTest) -> list[str]:
    """Why the two cannot be compared, a clause each; empty where they can."""
    found = [
        f"{name} is {mine}, was {theirs}"
        for name, mine, theirs in (
            ("scenario", now.scenario, then.scenario),
            ("workload", now.workload, then.workload),
            ("through", now.through, then.through),
            ("users", now.users, then.users),
            ("rate_rps", now.rate_rps, then.rate_rps),
            ("pace_s", now.pace_s, then.pace_s),
            ("reads", now.reads, then.reads),
            ("extra_s", now.extra_s, then.extra_s),
        )
        if mine != theirs
    ]
    if not set(now.domains) & set(then.domains):
        found.append(f"domains are {', '.join(now.domains)}, were {', '.join(then.domains)}")
    found += [
        f"the load test of {when} is partial: {test.problem}"
        for when, test in (("now", now), ("the baseline", then))
        if test.problem
    ]
    return found


def _notes(now: LoadTest, then: LoadTest) -> list[str]:
    notes = []
    if now.machine != then.machine:
        machines = (
            f"{now.machine or 'one that is not known'}, the baseline's was {then.machine or 'not known'}"
        )
        notes.append(f"the machine is {machines}: another one may change what both sides take unevenly")
    if set(now.domains) != set(then.domains):
        domains = f"{', '.join(then.domains)} then, {', '.join(now.domains)} now"
        notes.append(f"only what both have is compared: {domains}")
    for word, ours, others in (("new", now, then), ("gone", then, now)):
        known = {(row.domain, row.endpoint) for row in others.endpoints}
        only = [
            row.endpoint
            for row in ours.endpoints
            if row.domain in others.domains and (row.domain, row.endpoint) not in known
        ]
        if only:
            notes.append(f"{word} since the baseline, and not compared: {', '.join(only)}")
    return notes


def _both(
    now: Sequence[LoadEndpoint], then: Sequence[LoadEndpoint]
) -> list[tuple[LoadEndpoint, LoadEndpoint]]:
    before = {(row.domain, row.endpoint): row for row in then}
    return [(row, before[row.domain, row.endpoint]) for row in now if (row.domain, row.endpoint) in before]


def _changes(rows: Sequence[tuple[LoadEndpoint, LoadEndpoint]], tolerance: float) -> list[LoadChange]:
    """Those of rows that are looked at together."""
    wider = NormalDist().inv_cdf(1 - _TAIL / max(1, len(rows))) / NormalDist().inv_cdf(1 - _TAIL)
    found: list[LoadChange] = []
    for now, then in rows:
        for measure in (TIME, QUERIES, CACHE):
            mine, theirs = _measured(now, measure), _measured(then, measure)
            if measure != TIME and mine is None and theirs is None:
                continue  # what nobody told is no change
            if measure == CACHE:
                change = difference(mine, theirs, wider)
                says = _of_difference(change, tolerance)
            else:
                change = quotient(mine, theirs, wider)
                says = _of_quotient(change, tolerance if measure == TIME else 0.0)
            found.append(LoadChange(now.domain, now.endpoint, measure, theirs, mine, change, says))
        found.append(_errors(now, then))
    return found


def _measured(row: LoadEndpoint, measure: str) -> LoadRatio | None:
    if measure == TIME:
        return time_of(row)
    found = row.judged(measure)
    return None if found is None else found.measured


def quotient(now: LoadRatio | None, then: LoadRatio | None, wider: float = 1.0) -> LoadRatio | None:
    """`now` by `then` with its interval, `wider` than at 95 % by that factor; None without a positive value of both."""
    if now is None or then is None or min(now.low, then.low) <= 0:
        return None
    a, b = ([math.log(one) for one in (it.value, it.low, it.high)] for it in (now, then))
    down = wider * math.hypot(a[0] - a[1], b[2] - b[0])
    up = wider * math.hypot(a[2] - a[0], b[0] - b[1])
    value = a[0] - b[0]
    return LoadRatio(math.exp(value), math.exp(value - down), math.exp(value + up))


def difference(now: LoadRatio | None, then: LoadRatio | None, wider: float = 1.0) -> LoadRatio | None:
    """`now` less `then`, as `quotient`."""
    if now is None or then is None:
        return None
    down = wider * math.hypot(now.value - now.low, then.high - then.value)
    up = wider * math.hypot(now.high - now.value, then.value - then.low)
    value = now.value - then.value
    return LoadRatio(value, value - down, value + up)


def _of_quotient(change: LoadRatio | None, tolerance: float) -> str:
    if change is None:
        return Change.UNDECIDED.value
    most, least = 1 + tolerance + _ROUNDING, 1 / (1 + tolerance) - _ROUNDING
    return _word(
        worse=change.low > most, better=change.high < least, same=least <= change.low and change.high <= most
    )


def _of_difference(change: LoadRatio | None, tolerance: float) -> str:
    """More is better."""
    if change is None:
        return Change.UNDECIDED.value
    most = tolerance + _ROUNDING
    return _word(
        worse=change.high < -most, better=change.low > most, same=-most <= change.low and change.high <= most
    )


def _word(*, worse: bool, better: bool, same: bool) -> str:
    if worse:
        return Change.REGRESSION.value
    if better:
        return Change.IMPROVEMENT.value
    return Change.SAME.value if same else Change.UNDECIDED.value


def _errors(now: LoadEndpoint, then: LoadEndpoint) -> LoadChange:
    """Modern answers as recorded or it does not: an error where there was none is a regression.

    Where there were some already, their share must have grown beyond what two standard errors explain.
    """
    shares = [row.modern.errors / row.modern.requests if row.modern.requests else None for row in (now, then)]
    mine, theirs = shares
    if mine is None or theirs is None:
        return LoadChange(now.domain, now.endpoint, ERRORS, None, None, None, Change.UNDECIDED.value)
    noise = 2 * math.sqrt(
        mine * (1 - mine) / now.modern.requests + theirs * (1 - theirs) / then.modern.requests
    )
    apart = (not theirs or not mine) or abs(mine - theirs) > noise
    return LoadChange(
        now.domain,
        now.endpoint,
        ERRORS,
        LoadRatio(theirs, theirs, theirs),
        LoadRatio(mine, mine, mine),
        LoadRatio(mine - theirs, mine - theirs, mine - theirs),
        _word(worse=apart and mine > theirs, better=apart and mine < theirs, same=True),
    )


def _said_by(changes: Sequence[LoadChange]) -> str:
    """Of all of them: a regression of any counts, else what the time of the first row says."""
    words = {one.says for one in changes}
    if Change.REGRESSION in words:
        return Change.REGRESSION.value
    first = [one.says for one in changes[:1]]
    return first[0] if first else Change.UNDECIDED.value
