"""The contract of every room: the recording, its gaps filled, replayed against modern, and more asked of both.

A room's `test_recording.py` inherits `RecordedRoom` and declares its facts. Only declared deviations are let pass,
and each declaration must be needed.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

import domains.server
import legacy_bridge.app
from domains.routes import ROUTES
from domains.shared import node_json
from domains.shared.events import Event
from legacy_bridge.seed import reset
from loadtests.recording import Credentials, Recorded, endpoint_of, load_recording
from parity.exchange import Backend, Exchange, Observation
from parity.outcome import Outcome
from parity.rules import RuleBook
from tests.domains.described import DESCRIBED, wrong_answer, wrong_request
from tests.support.replay import JWT_SECRET, Before, Replayed, differences, replay
from tests.support.unrecorded import Derived, answered, interleaved
from tests.support.unrecorded.tables import TABLES

ROOMS = Path(domains.server.__file__).parent
UNRECORDED = "unrecorded"
# when the two backends were asked one after the other
_WHEN = (
    "$.**.updated_at",
    "$.**.updatedAt",
    "$.**.created_at",
    "$.**.createdAt",
    "$.**.deleted_at",
    "$.**.lastActivity",
)


class Ear:
    """A sink that keeps the events for a test, as JSON takes them."""

    def __init__(self) -> None:
        self._heard: list[Mapping[str, Any]] = []

    async def publish(self, events: Sequence[Event]) -> None:
        """Keep the events."""
        told = [{"room": one.room, "event": one.event, "data": one.data} for one in events]
        self._heard += json.loads(node_json.dumps(told))

    def heard(self) -> tuple[Mapping[str, Any], ...]:
        """The events since this was last asked."""
        heard, self._heard = tuple(self._heard), []
        return heard


@dataclass(frozen=True, slots=True)
class Question:
    """A request that the recording does not show: asked of both backends, each time from the seeded state."""

    user: str | None
    name: str
    method: str
    target: str
    body: Any = None


class RecordedRoom:
    """One room against the recording of its domain."""

    domain: ClassVar[str]
    questions: ClassVar[Sequence[Question]] = ()

    def before(self, database_url: str) -> Before:
        """What is done to the database before an exchange is replayed, where a deviation left other rows."""
        del database_url
        return lambda _: None

    def deviating_events(self, one: Replayed) -> Sequence[Mapping[str, Any]]:
        """The recorded events of an exchange as modern tells them."""
        return one.recorded.ws_events

    @property
    def book(self) -> RuleBook:
        """What the room declares."""
        return RuleBook.load([ROOMS / self.domain / "parity.toml"])

    @pytest.fixture(scope="class")
    @classmethod
    def replayed(cls, database_url: str, contract: Path) -> list[Replayed]:
        """Every exchange in recorded order, then the questions: made once, judged by many tests."""
        return asyncio.run(_replayed(cls(), database_url, contract))

    def test_modern_differs_from_the_recording_only_where_it_is_declared(
        self, replayed: list[Replayed]
    ) -> None:
        assert differences(replayed, self.book) == []

    def test_every_exchange_matches_or_is_accepted(self, replayed: list[Replayed]) -> None:
        outcomes = {one.comparison(self.book).outcome for one in replayed}

        assert outcomes <= {Outcome.MATCH, Outcome.ACCEPTED}
        assert sum(one.recorded.id != UNRECORDED for one in replayed) > 0

    def test_each_declaration_is_needed(self, replayed: list[Replayed]) -> None:
        book = self.book
        # without a declaration none can differ but those of which something is accepted
        accepted = [one for one in replayed if one.comparison(book).outcome is Outcome.ACCEPTED]

        needless = [
            f"{row.quirk} {row.endpoint} {row.path} {row.legacy_status}-{row.modern_status}"
            for row in book.acceptances
            if not row.path.startswith("$rows")  # those of rows are proven by tests/test_rehearsed_parity.py
            and not differences(
                accepted,
                replace(book, acceptances=tuple(other for other in book.acceptances if other is not row)),
            )
        ]

        assert needless == []

    def test_each_declaration_names_its_quirk_and_is_made_once(self) -> None:
        keys = [
            (row.quirk, row.endpoint, row.path, row.kind, row.legacy_status, row.modern_status)
            for row in self.book.acceptances
        ]

        assert len(set(keys)) == len(keys)
        assert all(row.quirk.startswith("Q-") for row in self.book.acceptances)
        assert all(row.reason.startswith(row.quirk) for row in self.book.acceptances)

    def test_the_recorded_headers_are_all_there(self, replayed: list[Replayed]) -> None:
        recorded = [one for one in replayed if one.recorded.id != UNRECORDED]

        assert {one.label: wrong for one in recorded if (wrong := one.wrong_headers())} == {}

    def test_every_request_that_is_taken_is_one_that_the_document_describes(
        self, replayed: list[Replayed]
    ) -> None:
        taken = [one for one in replayed if one.exchange.modern.status < 400]

        assert {
            one.label: wrong
            for one in taken
            if (wrong := wrong_request(one.exchange.endpoint, one.exchange.target, one.recorded.body))
        } == {}

    def test_every_answer_is_one_that_the_document_describes(self, replayed: list[Replayed]) -> None:
        described = [one for one in replayed if one.exchange.endpoint in DESCRIBED]

        assert {
            one.label: wrong
            for one in described
            for answer in [one.exchange.modern]
            if (
                wrong := wrong_answer(
                    one.exchange.endpoint, answer.status, dict(answer.headers), answer.body or b""
                )
            )
        } == {}

    def test_the_sockets_are_told_what_is_recorded(self, replayed: list[Replayed]) -> None:
        alike = [one for one in replayed if one.recorded.status == one.exchange.modern.status]
        wanted = [
            replace(one, recorded=replace(one.recorded, ws_events=tuple(self.deviating_events(one))))
            for one in alike
            if one.recorded.id != UNRECORDED
        ]
        refused = [one for one in replayed if one.exchange.modern.status >= 400]

        assert {one.label: wrong for one in wanted if (wrong := one.wrong_events())} == {}
        assert {one.label: one.heard for one in refused if one.heard} == {}

    def test_nothing_that_is_answered_alike_needs_more_statements(self, replayed: list[Replayed]) -> None:
        alike = [one for one in replayed if one.recorded.status == one.exchange.modern.status]

        assert {
            one.label: (one.recorded.sql_count, one.query_count)
            for one in alike
            if one.query_count is None or one.query_count > one.recorded.sql_count
        } == {}


async def _replayed(room: RecordedRoom, database_url: str, contract: Path) -> list[Replayed]:
    credentials, ear = Credentials(contract, JWT_SECRET), Ear()
    recording = load_recording(contract, room.domain)
    if more := TABLES.get(room.domain):
        recording = await _with_gaps_filled(recording, more, database_url, contract)
    modern = domains.server.create_app(database_url=database_url, jwt_secret=JWT_SECRET, event_sink=ear)
    endpoints = [(route.method, route.path) for route in ROUTES]  # a room's recording may ask another room
    reset(database_url, contract / "seed")
    async with TestServer(modern) as server:
        replayed = await replay(
            *(str(server.make_url("/")), recording, None, credentials),
            before=room.before(database_url),
            heard=ear.heard,
            templates=endpoints,
        )
    if not room.questions:
        return replayed
    legacy = legacy_bridge.app.create_app(database_url=database_url, jwt_secret=JWT_SECRET)
    modern = domains.server.create_app(database_url=database_url, jwt_secret=JWT_SECRET)
    answers = []
    for app in (legacy, modern):
        reset(database_url, contract / "seed")
        answers.append(await _asked(app, room.questions, credentials))
    for question, old, new in zip(room.questions, *answers, strict=True):
        replayed.append(as_exchange(room.domain, endpoints, question, old, new))
    return replayed


async def _with_gaps_filled(
    recording: Sequence[Recorded], more: Sequence[Derived], database_url: str, contract: Path
) -> list[Recorded]:
    """The recording and what stood in its gaps, as legacy answers it there."""
    legacy = legacy_bridge.app.create_app(database_url=database_url, jwt_secret=JWT_SECRET)
    exchanges = interleaved(recording, [one.recorded for one in more])
    reset(database_url, contract / "seed")
    async with TestServer(legacy) as server:
        base_url = str(server.make_url("/"))
        answers = await replay(base_url, exchanges, None, Credentials(contract, JWT_SECRET))
    given = {one.id for one in recording}
    return [one.recorded if one.recorded.id in given else answered(one) for one in answers]


async def _asked(
    app: web.Application, questions: Sequence[Question], credentials: Credentials
) -> list[Observation]:
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        base_url = str(server.make_url("/"))
        return [await ask(session, base_url, one, credentials) for one in questions]


async def ask(
    session: aiohttp.ClientSession, base_url: str, question: Question, credentials: Credentials
) -> Observation:
    """What one backend does with one question."""
    url = URL(base_url.rstrip("/") + question.target, encoded=True)
    headers = credentials.headers(question.user)
    async with session.request(question.method, url, headers=headers, json=question.body) as answer:
        return Observation(
            answer.status,
            tuple((key.lower(), value) for key, value in answer.headers.items()),
            await answer.read(),
            query_count=int(answer.headers["X-Query-Count"]),
        )


def as_exchange(
    domain: str,
    endpoints: Sequence[tuple[str, str]],
    question: Question,
    legacy: Observation,
    modern: Observation,
) -> Replayed:
    """Two answers to one question, as a replayed exchange."""
    recorded = Recorded(
        id=UNRECORDED,
        name=question.name,
        domain=domain,
        user=question.user,
        method=question.method,
        path=question.target.partition("?")[0],
        query={},
        headers={},
        body=question.body,
        status=legacy.status,
        answer_headers={},
        answer=None,
        sql_count=legacy.query_count or 0,
        volatile=_WHEN,
    )
    exchange = Exchange(
        id=question.name,
        endpoint=" ".join(endpoint_of(recorded, endpoints) or (question.method, recorded.path)),
        domain=domain,
        method=question.method,
        target=question.target,
        client=question.user or "anonymous",
        stage="shadow",
        authoritative=Backend.LEGACY,
        legacy=legacy,
        modern=modern,
        at=0.0,
    )
    return Replayed(recorded, exchange, modern.query_count)
