"""Two recordings held against each other, without any backend: the first stands for legacy, the second for modern.

Lines belong together by their name, else by method and target, each as often as it occurs, ids of made entities taken
as equal.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from parity.bodies import BOUNDS, Bounds
from parity.compare import compare
from parity.exchange import Backend, Exchange, Observation
from parity.outcome import Outcome
from parity.recordings.entities import Entities
from parity.recordings.line import BadLine, RecordedExchange
from parity.recordings.masks import masked
from parity.recordings.replay import EndpointOf
from parity.recordings.results import Judged, Results
from parity.redact import Redactor
from parity.rules import RuleBook

STAGE = "diff"


@dataclass(slots=True)
class Unpaired:
    """Lines without a counterpart, by their labels, and bad lines."""

    only_first: list[str] = field(default_factory=list)
    only_second: list[str] = field(default_factory=list)
    bad: list[tuple[str, BadLine]] = field(default_factory=list)


def compare_recordings(
    first: Iterable[RecordedExchange | BadLine],
    second: Iterable[RecordedExchange | BadLine],
    *,
    rules: RuleBook,
    redactor: Redactor,
    endpoint_of: EndpointOf,
    results: Results,
    bounds: Bounds = BOUNDS,
) -> Unpaired:
    """Add the comparison of every line to the results; lines of one recording alone are `skipped`, and returned."""
    unpaired = Unpaired()
    book, entities = rules.for_recording(), Entities()

    def skip(line: RecordedExchange, reason: str) -> None:
        endpoint = endpoint_of(line.method, line.target)
        name, domain = (endpoint.name, endpoint.domain) if endpoint else ("", "")
        results.add(Judged(name, domain, Outcome.SKIPPED, reason))

    kept = _good(second, "second", unpaired, results)
    others = _Others(kept)
    for line in _good(first, "first", unpaired, results):
        other = others.take(line, entities)
        if other is None:
            unpaired.only_first.append(line.label)
            skip(line, "only_in_the_first")
        elif line.answer is None or other.answer is None:
            skip(line, "answer_not_recorded")
        else:
            if not line.is_read:
                entities.learn(line.target, line.answer, other.answer, line.answer)
            exchange = _exchange(line, line.answer, other.answer, entities, endpoint_of, redactor)
            comparison = compare(exchange, book, today=datetime.now(UTC).date(), bounds=bounds)
            results.add(Judged.of(exchange, comparison, redactor, results.limits))
    for line in others.left():
        unpaired.only_second.append(line.label)
        skip(line, "only_in_the_second")
    return unpaired


def _good(
    lines: Iterable[RecordedExchange | BadLine], which: str, unpaired: Unpaired, results: Results
) -> Iterable[RecordedExchange]:
    for line in lines:
        if isinstance(line, BadLine):
            unpaired.bad.append((which, line))
            results.add(Judged("", "", Outcome.SKIPPED, "bad_line"))
        else:
            yield line


class _Others:
    """The lines of the second recording that are not paired yet. They are held: that one is in memory."""

    def __init__(self, lines: Iterable[RecordedExchange]) -> None:
        self._lines: dict[int, RecordedExchange] = {}
        self._by_name: dict[tuple[str, int], int] = {}
        self._by_target: dict[tuple[str, str], deque[int]] = defaultdict(deque)
        self._taken: Counter[str] = Counter()
        named: Counter[str] = Counter()
        for place, line in enumerate(lines):
            self._lines[place] = line
            self._by_target[line.method, line.target].append(place)
            named[line.name] += 1
            self._by_name[line.name, named[line.name]] = place

    def take(self, line: RecordedExchange, entities: Entities) -> RecordedExchange | None:
        """The counterpart of a line of the first recording, which is then paired."""
        self._taken[line.name] += 1
        place = self._by_name.get((line.name, self._taken[line.name])) if line.name else None
        if place not in self._lines:
            place = self._at_target(line, entities.request_for(Backend.MODERN, line).target)
        return None if place is None else self._lines.pop(place)

    def left(self) -> list[RecordedExchange]:
        """Those that no line has asked for."""
        return list(self._lines.values())

    def _at_target(self, line: RecordedExchange, target: str) -> int | None:
        """The next one there; two lines that both have a name belong together by it or not at all."""
        waiting = self._by_target.get((line.method, target), deque())
        while waiting and waiting[0] not in self._lines:
            waiting.popleft()
        there = (place for place in waiting if place in self._lines)
        return next((place for place in there if not (line.name and self._lines[place].name)), None)


def _exchange(
    line: RecordedExchange,
    legacy: Observation,
    modern: Observation,
    entities: Entities,
    endpoint_of: EndpointOf,
    redactor: Redactor,
) -> Exchange:
    endpoint = endpoint_of(line.method, line.target)
    aligned = entities.aligned(line.target, legacy, modern)
    return Exchange(
        id=line.label,
        endpoint=endpoint.name if endpoint else "",
        domain=endpoint.domain if endpoint else "",
        method=line.method,
        target=line.target,
        client="",
        stage=STAGE,
        authoritative=Backend.LEGACY,
        legacy=masked(legacy, aligned, redactor),
        modern=masked(aligned, legacy, redactor),
        at=time.time(),
    )
