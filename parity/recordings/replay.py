"""Sends a recording again, to one side or to both, and compares what comes back.

Lines of one session go in their recorded order, and after the lines whose answers they need. Each side gets its own
values of earlier answers and its own ids. A write is noted before it is sent, and is sent to each side once.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from parity.bodies import BOUNDS, Bounds
from parity.compare import compare
from parity.errors import RecordingError
from parity.exchange import Backend, Endpoint, Exchange, Observation
from parity.outcome import Comparison, Outcome
from parity.recordings.entities import Entities, Entity
from parity.recordings.journal import Journal, Progress
from parity.recordings.json_bodies import json_of
from parity.recordings.line import BadLine, Lines, RecordedExchange
from parity.recordings.masks import is_redacted, masked, without_tokens
from parity.recordings.moments import with_moments
from parity.recordings.pace import Pace
from parity.recordings.results import Judged, Results
from parity.recordings.sides import Side
from parity.recordings.variables import Reference, Variables, references, resolved
from parity.redact import Redactor
from parity.rules import Compare, Rule, RuleBook

NAMED_BAD_LINES = 20
"""So many bad lines are told one by one; all are counted."""
STAGE = "replay"

EndpointOf = Callable[[str, str], Endpoint | None]
"""The endpoint of a method and a target."""
Credentials = Callable[[str], Mapping[str, str]]
"""The headers that make a request come from a user of the recording; raises RecordingError for an unknown one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySettings:
    """`speed` multiplies the recorded one, None is as quick as the backends are. `headers` replace recorded ones."""

    speed: float | None = 1.0
    writes: bool = False
    concurrency: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    bounds: Bounds = BOUNDS


@dataclass(slots=True)
class Replayed:
    """What a run has done: `sent` lines were asked for, `resumed` ones were done by an earlier run."""

    sent: int = 0
    resumed: int = 0
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)
    stopped: bool = False


@dataclass(slots=True, kw_only=True)
class Ground:
    """What a replay stands on, besides its sides."""

    rules: RuleBook
    redactor: Redactor
    endpoint_of: EndpointOf
    credentials: Credentials
    results: Results
    wanted: Mapping[str, frozenset[str]]
    journal: Journal
    progress: Progress
    stop: asyncio.Event
    advance: Callable[[], None] = lambda: None


class Replay:
    """One run over one recording; with one side, the recorded answers stand for the other one."""

    def __init__(self, sides: Mapping[Backend, Side], settings: ReplaySettings, ground: Ground) -> None:
        self._sides = sides
        self._settings = settings
        self._ground = ground
        self._entities = Entities()
        for entity in ground.progress.entities:
            self._entities.add(entity)
        self._variables = {
            backend: Variables(ground.wanted, dict(ground.progress.values[backend])) for backend in sides
        }
        self._of_two_runs = len(sides) == 1 or settings.writes
        self._rules = ground.rules.for_recording() if self._of_two_runs else ground.rules
        self._began_at = datetime.now(UTC)
        self._failure: BaseException | None = None

    async def run(self, lines: Lines) -> Replayed:
        """Until the last line, or until `stop`: what is under way then is finished."""
        done = Replayed()
        room = asyncio.Semaphore(self._settings.concurrency)
        waits: dict[str, asyncio.Task[None]] = {}
        under_way: set[asyncio.Task[None]] = set()
        pace = Pace(self._settings.speed, self._ground.stop)
        for line in lines:
            if isinstance(line, BadLine):
                self._count_bad(done, line)
            elif line.number in self._ground.progress.done:
                done.resumed += 1
                self._count(self._ground.progress.done[line.number])
            elif reason := self._reason_to_skip(line):
                self._finish(line, _skipped(line, self._endpoint(line), reason))
            else:
                await pace.until(line.at_s)
                await room.acquire()
                if self._ground.stop.is_set():
                    done.stopped = True
                    break
                done.sent += 1
                keys = [f"session {line.session}", *(f"name {name}" for name, _ in references(line))]
                before = {waits[key] for key in keys if key in waits}
                task = asyncio.get_running_loop().create_task(self._replay_after(line, before, room))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                self._keep_waiting(waits, [keys[0], f"name {line.name}"], task)
        await asyncio.gather(*under_way, return_exceptions=True)
        if self._failure is not None:
            raise self._failure
        return done

    def _keep_waiting(
        self, waits: dict[str, asyncio.Task[None]], keys: list[str], task: asyncio.Task[None]
    ) -> None:
        waits.update(dict.fromkeys(keys, task))

        def forget(ended: asyncio.Task[None]) -> None:
            for key in keys:
                if waits.get(key) is ended:
                    del waits[key]

        task.add_done_callback(forget)

    async def _replay_after(
        self, line: RecordedExchange, before: set[asyncio.Task[None]], room: asyncio.Semaphore
    ) -> None:
        try:
            if before:
                await asyncio.wait(before)
            await self._replay(line)
        except BaseException as error:  # the run ends with it: what cannot be noted must not be sent
            self._failure = self._failure or error
            self._ground.stop.set()
            raise
        finally:
            room.release()

    def _reason_to_skip(self, line: RecordedExchange) -> str:
        if self._endpoint(line) is None:
            return "unlisted"
        if not line.is_read and not self._settings.writes:
            return "write"
        if is_redacted(line, self._settings.headers):
            return "redacted"
        if line.number in self._ground.progress.in_doubt:
            return "interrupted"  # it may have been applied
        if len(self._sides) == 1 and line.answer is None:
            return "answer_not_recorded"
        return "id_not_kept" if self._names_a_lost_id(line) else ""

    def _names_a_lost_id(self, line: RecordedExchange) -> bool:
        lost = self._ground.progress.not_kept
        if not lost:
            return False
        words = line.target.replace("?", "/").replace("&", "/").replace("=", "/").split("/")
        words += line.body.decode("utf-8", "replace").split('"')
        return any(self._ground.redactor.token(word) in lost for word in words)

    async def _replay(self, line: RecordedExchange) -> None:
        try:
            requests = {backend: self._request(line, backend) for backend in self._sides}
        except RecordingError:
            self._finish(line, _skipped(line, self._endpoint(line), "value_unknown"))
            return
        if not line.is_read:
            self._ground.journal.begin(line.number)
        at = time.time()
        answers = await asyncio.gather(
            *(self._sides[backend].send(requests[backend]) for backend in requests)
        )
        observed = dict(zip(requests, answers, strict=True))
        values = self._learn_values(line, observed)
        entities = self._learn_entities(line, observed)
        exchange = self._exchange(line, next(iter(requests.values())).target, observed, at)
        comparison = self._compare(exchange, line)
        judged = Judged.of(exchange, comparison, self._ground.redactor, self._ground.results.limits)
        self._finish(line, judged, values, entities)

    def _request(self, line: RecordedExchange, backend: Backend) -> RecordedExchange:
        own = self._entities.request_for(backend, line)
        request = resolved(own, self._variables[backend].values.get)
        recorded = {name.lower() for name, _ in request.headers}
        made = self._ground.credentials(line.user).items() if line.user else ()
        headers = (
            *without_tokens(request.headers),
            *(pair for pair in made if pair[0].lower() not in recorded),
        )
        return replace(request, headers=_with_headers(headers, self._settings.headers))

    def _learn_values(
        self, line: RecordedExchange, observed: Mapping[Backend, Observation]
    ) -> dict[Backend, dict[Reference, object]]:
        if line.name not in self._ground.wanted:
            return {}
        return {
            backend: self._variables[backend].learn(line.name, json_of(answer))
            for backend, answer in observed.items()
        }

    def _learn_entities(
        self, line: RecordedExchange, observed: Mapping[Backend, Observation]
    ) -> list[Entity]:
        if line.is_read:
            return []
        both = self._both(line, observed)
        return self._entities.learn(line.target, both[Backend.LEGACY], both[Backend.MODERN], line.answer)

    def _both(
        self, line: RecordedExchange, observed: Mapping[Backend, Observation]
    ) -> Mapping[Backend, Observation]:
        """The recorded answer stands for the side that is not asked."""
        recorded = line.answer or Observation()
        return {backend: observed.get(backend, recorded) for backend in Backend}

    def _exchange(
        self, line: RecordedExchange, target: str, observed: Mapping[Backend, Observation], at: float
    ) -> Exchange:
        both = dict(self._both(line, observed))
        if len(observed) == 1 and line.answer is not None:
            asked = next(iter(observed))
            both[asked] = masked(both[asked], line.answer, self._ground.redactor)
        legacy = both[Backend.LEGACY]
        modern = self._entities.aligned(line.target, legacy, both[Backend.MODERN])
        if len(observed) == len(Backend):
            modern = with_moments(legacy, modern, self._began_at, datetime.now(UTC))
        endpoint = self._endpoint(line)
        client = line.user or line.session
        return Exchange(
            id=line.label,
            endpoint=endpoint.name if endpoint else "",
            domain=endpoint.domain if endpoint else "",
            method=line.method,
            target=target,
            client=self._ground.redactor.token(client) if client else "",
            stage=STAGE,
            authoritative=next(iter(observed)).other if len(observed) == 1 else Backend.LEGACY,
            legacy=legacy,
            modern=modern,
            at=at,
        )

    def _compare(self, exchange: Exchange, line: RecordedExchange) -> Comparison:
        rules = self._rules
        if line.volatile and self._of_two_runs:
            rules = rules.with_rules(
                Rule(endpoint="*", path=path, compare=Compare.SHAPE, reason="differed between two runs")
                for path in line.volatile
            )
        return compare(exchange, rules, today=datetime.now(UTC).date(), bounds=self._settings.bounds)

    def _endpoint(self, line: RecordedExchange) -> Endpoint | None:
        return self._ground.endpoint_of(line.method, line.target)

    def _finish(
        self,
        line: RecordedExchange,
        judged: Judged,
        values: Mapping[Backend, Mapping[Reference, object]] | None = None,
        entities: list[Entity] | None = None,
    ) -> None:
        self._ground.journal.finish(line.number, judged, values or {}, entities or ())
        self._count(judged)

    def _count(self, judged: Judged) -> None:
        self._ground.results.add(judged)
        self._ground.advance()

    def _count_bad(self, done: Replayed, line: BadLine) -> None:
        done.bad += 1
        if len(done.bad_lines) < NAMED_BAD_LINES:
            done.bad_lines.append(line)
        self._count(Judged("", "", Outcome.SKIPPED, "bad_line"))


def _skipped(line: RecordedExchange, endpoint: Endpoint | None, reason: str) -> Judged:
    if endpoint is None:
        return Judged("", "", Outcome.SKIPPED, reason, at=line.at_s)
    return Judged(endpoint.name, endpoint.domain, Outcome.SKIPPED, reason, at=line.at_s)


def _with_headers(
    headers: tuple[tuple[str, str], ...], more: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Those of `more` replace the others of their names."""
    names = {name.lower() for name in more}
    return (*(pair for pair in headers if pair[0].lower() not in names), *more.items())
