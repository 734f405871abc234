"""What a second asking makes of a comparison: the difference persists, or the data moved, or nobody can say.

A read is judged path by path, so that one that always moves (noise) hides no other. A difference persists when it is
there again with the same folded path and kind, and legacy did not differ from itself in these.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from msgspec import structs

from parity.bodies import BOUNDS, Bounds
from parity.compare import compare
from parity.completing import Again
from parity.exchange import Backend, Exchange, Observation
from parity.fleeting import Fleeting, Place, fleeting_places
from parity.legacy_twice import LegacyTwice, legacy_twice, same_shape
from parity.outcome import Aside, Comparison, Difference, Kind, Outcome
from parity.rules import RuleBook

SERVER_ERROR = 500
_NO_DATA = frozenset({401, 408, 425, 429})
"""Statuses that tell of the asking and not of the data: the credentials have expired, too many requests."""

_Group = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a comparison, what is counted beside it and why, what it tells of legacy, and what was gone."""

    comparison: Comparison
    aside: Aside
    reason: str
    twice: LegacyTwice | None = None
    fleeting: frozenset[Place] = frozenset()


@dataclass(slots=True)
class AskedAgain:
    """What asking again brought in one batch: counts by endpoint, aside and reason, evidence of noise, what was gone."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    twice: list[LegacyTwice] = field(default_factory=list)
    fleeting: list[Fleeting] = field(default_factory=list)

    def add(self, endpoint: str, settled: Settled) -> None:
        """Count one."""
        self.counts[endpoint, settled.aside.value, settled.reason] += 1
        if settled.twice is not None:
            self.twice.append(settled.twice)
        if settled.fleeting:
            self.fleeting.append(Fleeting(endpoint, settled.fleeting))


def unsettled(comparison: Comparison, reason: str) -> Settled:
    """It stays what it is: there was no second asking, or nothing can be learned from it."""
    is_check = comparison.outcome is Outcome.MATCH
    return Settled(comparison, Aside.NOISE_CHECKS if is_check else Aside.UNCONFIRMED, reason)


def settle(
    exchange: Exchange,
    comparison: Comparison,
    again: Again,
    *,
    rules: RuleBook,
    plain: RuleBook,
    today: date,
    bounds: Bounds = BOUNDS,
) -> Settled:
    """Hold the second answers against each other and legacy's against its first.

    `comparison` is that of the exchange, a mismatch or (for a noise check) a match, by `rules`; `plain` are the rules
    without what noise adds, so that noise is seen as long as it is there.
    """
    if reason := _fault(exchange, again):
        return unsettled(comparison, reason)
    sides = structs.replace(exchange, legacy=again.legacy, modern=again.modern, raced=False)
    # the second answer stands on the left in both, so that what is missing or extra means the same
    itself = structs.replace(exchange, legacy=again.legacy, modern=exchange.legacy, raced=False)
    now, moved = (compare(one, rules, today=today, bounds=bounds) for one in (sides, itself))
    for found in (now, moved):
        if found.outcome is Outcome.SKIPPED:
            return unsettled(comparison, found.reason)
    twice = None
    if not again.raced:
        if plain is rules:
            differing = moved.differences, now.differences
        else:
            differing = (
                compare(itself, plain, today=today, bounds=bounds).differences,
                compare(sides, plain, today=today, bounds=bounds).differences,
            )
        twice = legacy_twice(exchange.endpoint, *differing)
    if comparison.outcome is Outcome.MATCH:
        if twice is None:
            return unsettled(comparison, "write_overlapped")
        return Settled(comparison, Aside.NOISE_CHECKS, "differed" if twice.paths else "same", twice)
    return _confirmed(comparison, now, moved, twice)


def _confirmed(
    comparison: Comparison, now: Comparison, moved: Comparison, twice: LegacyTwice | None
) -> Settled:
    lasting = _lasting(comparison.mismatches, now.mismatches, moved.differences)
    # while a write was in flight nobody can say why it is gone
    gone = frozenset[Place]()
    if twice is not None:
        gone = fleeting_places(comparison.mismatches, now.differences, moved.differences)
    if not lasting:
        reason = "moved" if moved.differences else "agreed"
        return Settled(Comparison(Outcome.TRANSIENT, reason), Aside.CONFIRMATIONS, reason, twice, gone)
    if twice is None:
        return unsettled(comparison, "write_overlapped")
    kept = tuple(one for one in comparison.differences if one.acceptance or _group(one) in lasting)
    return Settled(Comparison(Outcome.MISMATCH, "", kept), Aside.CONFIRMATIONS, "persisted", twice, gone)


def _lasting(
    before: Iterable[Difference], now: Iterable[Difference], moved: Iterable[Difference]
) -> set[_Group]:
    """The groups of the differences that are there again, where legacy did not move."""
    keeps_shape: dict[_Group, bool] = {}
    for one in moved:
        keeps_shape[_group(one)] = keeps_shape.get(_group(one), True) and same_shape(one)
    again = {_group(one) for one in now if not _has_moved(one, keeps_shape)}
    return {_group(one) for one in before} & again


def _has_moved(difference: Difference, keeps_shape: Mapping[_Group, bool]) -> bool:
    keeps = keeps_shape.get(_group(difference))
    # a value that moves within its shape does not explain one of another shape
    return keeps is not None and not (keeps and not same_shape(difference))


def _group(difference: Difference) -> _Group:
    return difference.folded, difference.kind


def _fault(exchange: Exchange, again: Again) -> str:
    """Why the second answers settle nothing; empty: they do."""
    for backend, second in ((Backend.LEGACY, again.legacy), (Backend.MODERN, again.modern)):
        if not isinstance(second, Observation):
            return second
        if second.error:
            return f"{backend}_{second.error}"
        is_other = second.status != exchange.observation(backend).status
        if is_other and (second.status in _NO_DATA or second.status >= SERVER_ERROR):
            return f"{backend}_status"
    return ""
