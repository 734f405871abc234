"""Whether modern is faster, issues fewer statements and hits its cache, and no endpoint is slower.

Each side is measured in blocks, a block of both with the same seed makes a pair, and a pair says one estimate of each
thing that is asked (`estimates.py`): the ratio of the medians, say. The mean over the pairs gets an interval
(`interval.py`), and that is held against the target (`decisions.py`). Percentiles are read from one histogram over all
blocks (`tallies.py`) and decide nothing.

What decides the run (`binding`): response times, statements and cache of all endpoints together; that no endpoint is
slower, and none slower on average than the scenario allows; and whatever target the file gives a domain or an endpoint
by name, where that asks for more than is asked of all. The rest is judged and shown.

What these numbers say of a closed workload: how long users wait who send their next request after their pause, at equal
offered load on both sides. What they do not say: how a side behaves under arrivals that do not wait (coordinated
omission, Tene 2013): while a side stalls, its users send nothing, so a stall is seen once per user and not once per
request that would have come; p95 flatters the side that stalls. That is why the share of requests that were sent late
is part of every result: as long as it is near zero both sides kept the pace and nothing was omitted. In an open
workload times count from when a request was due, and nothing is omitted at all.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from loadtests.decisions import PAIRS_AT_LEAST, Answer, Chances, Question, answer
from loadtests.estimates import BothSides, averages, cache_misses, query_ratios, time_ratios
from loadtests.tallies import Histogram, Key, Tally, histogram_of, merged, side_of, tallied
from loadtests.timings import Timing
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
    LoadEndpoint,
    Targets,
)

_SILENT_CACHE = "modern says nothing of its cache (Server-Timing: cache;desc=hit); `cache = false` among the targets asks nothing"
_SILENT_QUERIES = (
    "both sides must say how many statements a request took (X-Query-Count), and legacy issue some; "
    "`queries = false` among the targets asks nothing"
)
_NOTHING = Tally()
_MOST_LOG = 50.0
_PLACES = 3  # endpoints that are named where modern broke


@dataclass(frozen=True)
class PairOfBlocks:
    """What was measured in a block of each side with the same seed, and how many seconds each was measured.

    What it says of each endpoint is counted once: keep it, where the judge looks again.
    """

    legacy: Sequence[Timing]
    modern: Sequence[Timing]
    legacy_s: float
    modern_s: float

    @cached_property
    def tallies(self) -> tuple[Mapping[Key, Tally], Mapping[Key, Tally]]:
        """The endpoints on legacy and on modern."""
        return tallied(self.legacy), tallied(self.modern)


@dataclass(frozen=True, slots=True)
class Extra:
    """Pairs of blocks after the planned ones, in which little but these endpoints was asked (`extra.py`).

    They say all that is said of them, if there are as many as it takes to say anything; of a domain and of all together
    they say nothing, except for what broke.
    """

    endpoints: frozenset[Key] = frozenset()
    pairs: Sequence[PairOfBlocks] = ()


NO_EXTRA = Extra()


@dataclass(frozen=True, slots=True)
class Judged:
    """What a run says so far. `is_clear`: every binding judgement is decided, so surely that the run may end early.

    `still_open` are the endpoints of which that is not so.
    """

    endpoints: list[LoadEndpoint]
    by_domain: list[LoadEndpoint]
    overall: LoadEndpoint
    judgement: str
    is_clear: bool
    still_open: tuple[Key, ...] = ()


def judge(
    pairs: Sequence[PairOfBlocks],
    endpoints: Sequence[Key],
    targets: Targets,
    *,
    seed: int = 1,
    looks: int = 1,
    extra: Extra = NO_EXTRA,
    expected: Collection[Key] = (),
) -> Judged:
    """Judge the endpoints ((domain, endpoint)), each domain, and all together.

    Of those that are `expected` to have a success it must be shown that they are not slower, asked or not. `looks` is
    how often the run is judged in all if it is not ended early, the last time included; say the same number
    each time.
    """
    return _Judge(pairs, endpoints, targets, Chances.of(looks), seed, extra, expected).judged()


class _Judge:
    """One look."""

    def __init__(
        self,
        pairs: Sequence[PairOfBlocks],
        endpoints: Sequence[Key],
        targets: Targets,
        chances: Chances,
        seed: int,
        extra: Extra,
        expected: Collection[Key],
    ) -> None:
        self._expected = frozenset(expected)
        self._targets = targets
        self._chances = chances
        self._seed = seed
        self._seconds = _seconds(pairs)
        self._rows = [_both_sides(key, pairs) for key in dict.fromkeys(endpoints)]
        self._extra_seconds = _seconds(extra.pairs)
        self._extra_rows = {row.key: _both_sides(row.key, extra.pairs) for row in self._rows if extra.pairs}
        self._alone = extra.endpoints if len(extra.pairs) >= PAIRS_AT_LEAST else frozenset[Key]()
        self._histograms = {
            row.key: (histogram_of(row.legacy), histogram_of(row.modern)) for row in self._rows
        }
        self._answers: list[Answer] = []
        self._open: list[Key] = []

    def judged(self) -> Judged:
        endpoints = [self._endpoint(row) for row in self._rows]
        domains = {domain: [row for row in self._rows if row.key[0] == domain] for domain, _ in self._keys}
        by_domain = [self._together(domain, rows) for domain, rows in domains.items()]
        overall = self._together("", self._rows)
        binding = [one for one in self._answers if one.judgement.binding]
        words = {one.judgement.judgement for one in binding}
        return Judged(
            endpoints,
            by_domain,
            overall,
            judgement=MISSED if MISSED in words else MET if words == {MET} else UNDECIDED,
            is_clear=bool(binding) and all(one.is_clear for one in binding),
            still_open=tuple(self._open),
        )

    @property
    def _keys(self) -> list[Key]:
        return [row.key for row in self._rows]

    def _endpoint(self, planned: BothSides) -> LoadEndpoint:
        domain, endpoint = planned.key
        alone = planned.key in self._alone
        row = self._extra_rows[planned.key] if alone else planned
        own = self._targets.endpoints.get(endpoint, {})
        general = self._general() | self._targets.domains.get(domain, {})
        asked = [*self._asked([row], own, general, every=False), (self._not_slower(row), time_ratios([row]))]
        if (limit := self._targets.average_ms) is not None:
            asked.append((self._average(row, limit), averages(row)))
        if alone:
            times, seconds = (histogram_of(row.legacy), histogram_of(row.modern)), self._extra_seconds
        else:
            times, seconds = self._histograms[row.key], self._seconds
        answers = len(self._answers)
        found = self._row(domain, endpoint, [row], asked, *times, seconds, alone=alone)
        if any(one.judgement.binding and not one.is_clear for one in self._answers[answers:]):
            self._open.append(planned.key)
        return found

    def _together(self, domain: str, rows: Sequence[BothSides]) -> LoadEndpoint:
        own = self._targets.domains.get(domain, {})
        asked = self._asked(rows, own, self._general(), every=not domain)
        legacy, modern = (merged([self._histograms[row.key][side] for row in rows]) for side in (0, 1))
        return self._row(domain, ALL, rows, asked, legacy, modern, self._seconds)

    def _general(self) -> dict[str, float]:
        asked = {TIME: self._targets.time, QUERIES: self._targets.queries, CACHE: self._targets.cache}
        return {measure: target for measure, target in asked.items() if target is not None}

    def _asked(
        self,
        rows: Sequence[BothSides],
        own: Mapping[str, float],
        general: Mapping[str, float],
        *,
        every: bool,
    ) -> list[tuple[Question, list[float]]]:
        """Time, queries and cache, as far as they are asked of these rows, each with its estimates; `every` one binds."""
        found = []
        for measure, (estimates, question) in _QUESTIONS.items():
            target = own.get(measure, general.get(measure))
            if target is None:
                continue
            values = estimates(rows)
            if measure == CACHE and not values and not every and measure not in own:
                continue
            binding = every or (measure in own and _asks_more(measure, own[measure], general.get(measure)))
            found.append((replace(question(target), binding=binding), values))
        return found

    def _not_slower(self, row: BothSides) -> Question:
        """Binding where the load has a success of the endpoint: where all that is recorded is refused nothing is lacking.

        Without a margin to be met is to be faster, a claim like the other.
        """
        margin, endpoints = self._targets.not_slower_margin, len(self._rows)
        return Question(
            NOT_SLOWER,
            1.0,
            met_at=math.log(1 + margin),
            missed_at=0.0,
            shown=_of_log,
            binding=self._is_asked(row),
            family=endpoints,
            met_family=1 if margin else endpoints,
        )

    def _average(self, row: BothSides, limit: float) -> Question:
        return Question(
            AVERAGE, limit, limit, limit, _not_negative, binding=self._is_asked(row), family=len(self._rows)
        )

    def _is_asked(self, row: BothSides) -> bool:
        return bool(row.judged) or row.key in self._expected

    def _row(
        self,
        domain: str,
        endpoint: str,
        rows: Sequence[BothSides],
        asked: Sequence[tuple[Question, Sequence[float]]],
        legacy_times: Histogram,
        modern_times: Histogram,
        seconds: tuple[float, float],
        *,
        alone: bool = False,
    ) -> LoadEndpoint:
        legacy = side_of([tally for row in rows for tally in row.legacy], legacy_times, seconds[0])
        modern = side_of([tally for row in rows for tally in row.modern], modern_times, seconds[1])
        more = [self._extra_rows[row.key] for row in rows if self._extra_rows and not alone]
        broken = _broken([*rows, *more], named=endpoint == ALL)
        answers = [
            answer(
                question,
                values,
                self._chances,
                judged=min(legacy.judged, modern.judged),
                broken=broken,
                seed=self._seed,
            )
            for question, values in asked
        ]
        self._answers += answers
        return LoadEndpoint(domain, endpoint, legacy, modern, [one.judgement for one in answers], alone)


def _both_sides(key: Key, pairs: Sequence[PairOfBlocks]) -> BothSides:
    legacy, modern = ([pair.tallies[side].get(key, _NOTHING) for pair in pairs] for side in (0, 1))
    return BothSides(key, legacy, modern)


def _seconds(pairs: Sequence[PairOfBlocks]) -> tuple[float, float]:
    return sum(pair.legacy_s for pair in pairs), sum(pair.modern_s for pair in pairs)


def _of_log(log: float) -> float:
    """The ratio of that logarithm. Three pairs of blocks that lie far apart have an interval beyond what a float can be."""
    return math.exp(min(log, _MOST_LOG))


def _time(target: float) -> Question:
    return Question(TIME, target, math.log(target), math.log(target), _of_log)


def _queries(target: float) -> Question:
    return Question(QUERIES, target, target, target, _not_negative, unknown=_SILENT_QUERIES)


def _cache(target: float) -> Question:
    """What is estimated is the share of misses, of which there may be so many at most."""
    return Question(CACHE, target, 1 - target, 1 - target, _rest, unknown=_SILENT_CACHE)


def _not_negative(value: float) -> float:
    return max(0.0, value)  # an interval of a ratio estimator knows no such end


def _rest(share: float) -> float:
    return min(1.0, max(0.0, 1 - share))


_Estimates = Callable[[Sequence[BothSides]], list[float]]
_QUESTIONS: dict[str, tuple[_Estimates, Callable[[float], Question]]] = {
    TIME: (time_ratios, _time),
    QUERIES: (query_ratios, _queries),
    CACHE: (cache_misses, _cache),
}


def _asks_more(measure: str, own: float, general: float | None) -> bool:
    return general is None or (own >= general if measure == CACHE else own <= general)


def _broken(rows: Sequence[BothSides], *, named: bool) -> str:
    """How many answers of modern were other than recorded, what came instead, and `named`: where; empty without any."""
    kinds: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for row in rows:
        for tally in row.modern:
            for status, count in tally.errors.items():
                kinds[f"with status {status}" if status else "without an answer"] += count
                places[row.key[1]] += count
    if not kinds:
        return ""
    requests = sum(tally.requests for row in rows for tally in row.modern)
    said = (
        f"{kinds.total()} of {requests} requests to modern were answered otherwise than recorded: "
        f"{', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}"
    )
    if not named:
        return said
    more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return f"{said}; at {', '.join(name for name, _ in places.most_common(_PLACES))}{more}"
