"""Replays a recording against a running backend and hands back exchanges: recorded answer against actual one.

The recorded side always stands as `legacy`, the backend under test as `modern`, whichever backend it is. What
depends on the day of the recording is moved to the day of the replay, so that it is compared by value.
"""

import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
from yarl import URL

from loadtests.recording import Credentials, Recorded, endpoint_of, of_endpoints, sendable
from parity.compare import compare
from parity.exchange import Backend, Exchange, Observation
from parity.outcome import Comparison
from parity.rules import Compare, Rule, RuleBook
from tests.support.masks import masked, masked_headers

JWT_SECRET = "synthetic-jwt-secret-for-local-tests-only"
RECORDED_YEAR = 2026
_TIMEOUT_S = 20.0
_RECORDER = "crm-recorder/1"  # the user agent of the recording, which answers show
_DAY = timedelta(days=1)
_CREATED_DISPLAY_ID = re.compile(rf"ESC-{RECORDED_YEAR}-(\d{{4}})")
_RECORDED_TODAY = f"{RECORDED_YEAR}-11-23T00:00:00.000Z"  # no seeded row and no request has that date
_LATEST_YEAR_BUILT = f"between 1800 and {RECORDED_YEAR + 2}"
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)T00:00:00\.000Z")

Endpoints = Iterable[tuple[str, str]]
Before = Callable[[Recorded], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recorded exchange and what the backend did with it; `query_count` is its X-Query-Count.

    `heard` are the events that it told its sockets: `{room, event, data}`, as the recording has them.
    """

    recorded: Recorded
    exchange: Exchange
    query_count: int | None
    heard: tuple[Mapping[str, Any], ...] = ()

    @property
    def label(self) -> str:
        """The recording's id and name, for messages."""
        return f"{self.recorded.id} {self.recorded.name}"

    def comparison(self, rules: RuleBook) -> Comparison:
        """The verdict, with the recording's volatile paths compared by shape."""
        book = rules.for_recording().with_rules(volatile_rules(self.recorded, self.exchange.endpoint))
        return compare(self.exchange, book, today=datetime.now(UTC).date())

    def wrong_headers(self) -> dict[str, tuple[str, str | None]]:
        """Each recorded header that came otherwise: recorded and actual value."""
        pairs = {
            name: (value, self.exchange.modern.header(name)) for name, value in self.exchange.legacy.headers
        }
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def wrong_events(self) -> tuple[list[Any], list[Any]] | None:
        """The recorded and the actual events where they differ, in the order of their rooms.

        A value that this run made anew in its answer (an id, say) is expected anew in the event.
        """
        made = made_anew(json_of(self.exchange.legacy.body), json_of(self.exchange.modern.body))
        expected = sorted((_timeless(_replaced(one, made)) for one in self.recorded.ws_events), key=_room)
        actual = sorted(map(_timeless, self.heard), key=_room)
        return None if actual == expected else (expected, actual)

    def problems(self, rules: RuleBook) -> list[str]:
        """Whatever is not as recorded (answer, headers, statements, events), one readable line each."""
        lines = differences([self], rules)
        lines += [
            f"{self.label}: header {name}: recorded {was!r}, now {now!r}"
            for name, (was, now) in self.wrong_headers().items()
        ]
        if self.query_count != self.recorded.sql_count:
            lines.append(
                f"{self.label}: statements: recorded {self.recorded.sql_count}, now {self.query_count}"
            )
        if wrong := self.wrong_events():
            lines.append(f"{self.label}: events: recorded {wrong[0]!r}, now {wrong[1]!r}")
        return lines


async def replay(
    base_url: str,
    recording: Sequence[Recorded],
    endpoints: Endpoints | None,
    credentials: Credentials,
    *,
    before: Before = lambda _: None,
    heard: Callable[[], tuple[Mapping[str, Any], ...]] = tuple,
    templates: Endpoints = (),
) -> list[Replayed]:
    """Send the exchanges of `endpoints` in recorded order; `before` runs before each of them.

    `recording` is the whole recording of a domain, in its order; without `endpoints` all of it is sent. `heard`
    hands over the events that the backend told its sockets since it was last asked. An exchange is called after
    its endpoint, one of `endpoints` or else of `templates`.
    """
    chosen = recording if endpoints is None else of_endpoints(recording, tuple(endpoints))
    named = tuple(templates if endpoints is None else endpoints)
    answers: dict[str, Any] = {}
    replayed: list[Replayed] = []
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(
        timeout=timeout, auto_decompress=False, headers={"User-Agent": _RECORDER}
    ) as session:
        for recorded in chosen:
            if (pending := before(recorded)) is not None:
                await pending
            request = sendable(recorded, credentials, answers)
            actual = await _observe(
                session, base_url, request.method, request.target, request.headers, request.body
            )
            answers[recorded.name] = json_of(actual.body)
            counted = actual.header("x-query-count")
            exchange = Exchange(
                id=recorded.id,
                endpoint=_endpoint_of(recorded, named),
                domain=recorded.domain,
                method=request.method,
                target=request.target,
                client=recorded.user or "anonymous",
                stage="shadow",
                authoritative=Backend.LEGACY,
                legacy=_recorded_observation(recorded),
                modern=masked(actual, recorded.answer, datetime.now(UTC)),
                at=time.time(),
            )
            replayed.append(Replayed(recorded, exchange, int(counted) if counted else None, heard()))
    return replayed


def differences(replayed: Iterable[Replayed], rules: RuleBook) -> list[str]:
    """Every difference that is not accepted, one readable line each."""
    return [
        f"{one.label}: {found.path} {found.kind}: recorded {found.legacy!r}, now {found.modern!r}"
        for one in replayed
        for found in one.comparison(rules).mismatches
    ]


def volatile_rules(recorded: Recorded, endpoint: str) -> list[Rule]:
    """The paths of one exchange that differed between two runs of the recorded server, by shape."""
    return [
        Rule(endpoint=endpoint, path=path, compare=Compare.SHAPE, reason="differed between two runs")
        for path in recorded.volatile
    ]


def redated(value: Any, now: datetime) -> Any:
    """A recorded answer as the same server would have given it at `now`."""
    match value:
        case dict():
            moved = {key: redated(item, now) for key, item in value.items()}
            return moved | _day_dependent(moved, now)
        case list():
            return [redated(item, now) for item in value]
        case str():
            if value == _RECORDED_TODAY:
                return f"{now.date()}T00:00:00.000Z"
            value = value.replace(_LATEST_YEAR_BUILT, f"between 1800 and {now.year + 2}")
            return _CREATED_DISPLAY_ID.sub(rf"ESC-{now.year}-\1", value)
        case _:
            return value


def _day_dependent(item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    today = now.date()
    if {"daysToClose", "closing_date", "acceptance_date"} <= item.keys():  # a row of the list
        return {
            "daysToClose": int(_until(item["closing_date"], now) / _DAY) if item["closing_date"] else 0,
            "acceptanceDate": item["acceptanceDate"] if item["acceptance_date"] else str(today),
            "scheduledCoeDate": item["scheduledCoeDate"] if item["closing_date"] else str(today + 30 * _DAY),
        }
    if {"daysToClose", "scheduledCoeDate"} <= item.keys():  # the details of one escrow
        closing = item["scheduledCoeDate"]
        return {"daysToClose": _until(closing, now) // _DAY if closing else 0}
    computed = item.keys() == {"label", "date", "completed"} and _MIDNIGHT.fullmatch(item["date"])
    if (
        computed and item["label"] != "Close of Escrow"
    ):  # that one follows a date which the answer does not show
        return {"completed": _until(item["date"], now) < timedelta(0)}
    return {}


def _until(midnight: str, now: datetime) -> timedelta:
    return datetime.combine(date.fromisoformat(midnight[:10]), datetime.min.time(), UTC) - now


async def _observe(
    session: aiohttp.ClientSession,
    base_url: str,
    method: str,
    target: str,
    headers: dict[str, str],
    body: bytes | None,
) -> Observation:
    url = URL(base_url.rstrip("/") + target, encoded=True)
    started = time.perf_counter()
    async with session.request(
        method, url, headers=headers | {"Accept-Encoding": "identity"}, data=body, allow_redirects=False
    ) as answer:
        content = await answer.read()
        return Observation(
            status=answer.status,
            headers=tuple((name.lower(), value) for name, value in answer.headers.items()),
            body=content,
            duration_s=time.perf_counter() - started,
        )


def _recorded_observation(recorded: Recorded) -> Observation:
    body = json.dumps(redated(recorded.answer, datetime.now(UTC))).encode()
    headers = [(name.lower(), value) for name, value in recorded.answer_headers.items()]
    return Observation(
        status=recorded.status, headers=masked_headers(headers), body=body, query_count=recorded.sql_count
    )


def _endpoint_of(recorded: Recorded, templates: Endpoints) -> str:
    method, path = endpoint_of(recorded, templates) or (recorded.method, recorded.path)
    return f"{method} {path}"


def json_of(body: bytes | None) -> Any:
    """The JSON of a body; None where there is none, or another kind of text."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def made_anew(recorded: Any, actual: Any) -> dict[str, str]:
    """Recorded text → actual text, wherever two answers have different texts at the same place."""
    match recorded, actual:
        case str(), str() if recorded != actual:
            return {recorded: actual}
        case dict(), dict():
            pairs = [(recorded[key], actual[key]) for key in recorded.keys() & actual.keys()]
        case list(), list():
            pairs = list(zip(recorded, actual, strict=False))
        case _:
            return {}
    return {was: now for pair in pairs for was, now in made_anew(*pair).items()}


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:
    match value:
        case str():
            return texts.get(value, value)
        case dict():
            return {key: _replaced(item, texts) for key, item in value.items()}
        case list():
            return [_replaced(item, texts) for item in value]
        case _:
            return value


def _timeless(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without the moment at which it was sent, which must be one."""
    data = dict(event["data"])
    if "timestamp" in data:
        data["timestamp"] = datetime.fromisoformat(data["timestamp"]).tzinfo is not None
    return dict(event) | {"data": data}


def _room(event: Mapping[str, Any]) -> str:
    return str(event["room"])
