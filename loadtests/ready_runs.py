"""The traffic that a verdict asks for: each recording in its order, writes included, then its reads again and again.

A round begins with the seed, of which the proxy knows nothing. Within a recording a write waits until what was sent
before it is compared, so that no read and no check of a write races the write after it. Recordings are played at the
same time only where neither shows what the other writes. Reads are sent by several clients once all writes are done.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from yarl import URL

from loadtests.errors import BenchError, RecordingError
from loadtests.recording import Credentials, Recorded, Sendable, depends_on, endpoint_of, sendable
from parity.exchange import Endpoint
from parity.tally import Tally

READERS = 2
SETTLED_WITHIN_S = 30.0
PASSES = 3
"""How often reads are sent at most until a round has the comparisons that it is for: some come to none."""
_POLL_S = 0.015


@dataclass(frozen=True, slots=True)
class Play:
    """A domain: its recording, requests that the recording lacks, and the other domains that its answers show.

    `shows` is None where nobody says: it is then played alone.
    """

    domain: str
    exchanges: Sequence[Recorded]
    more: Sequence[Recorded] = ()
    shows: frozenset[str] | None = None

    def is_apart_from(self, other: "Play") -> bool:
        """Whether neither shows what the other writes."""
        return (
            self.shows is not None
            and other.shows is not None
            and other.domain not in self.shows
            and self.domain not in other.shows
        )


@dataclass(frozen=True, slots=True)
class ReadySite:
    """Where the proxy is, with every domain at stage `shadow`, and what its operator knows.

    `tallies` are the books by domain, `missing` the clean comparisons that each domain lacks. `reset` brings the database back to the seed, past the
    proxy, so that modern may answer as before for `kept_s` seconds.
    """

    proxy: str
    endpoints: Sequence[Endpoint]
    tallies: Callable[[], Mapping[str, Tally]]
    missing: Callable[[], Mapping[str, int]]
    reset: Callable[[], None]
    kept_s: float
    credentials: Credentials


@dataclass
class Played:
    """What was sent so far: requests, writes among them, different reads, and recorded requests that could not be sent."""

    rounds: int = 0
    requests: int = 0
    writes: int = 0
    reads: set[tuple[str, str]] = field(default_factory=set)
    unsendable: Counter[str] = field(default_factory=Counter)


def in_turns(plays: Iterable[Play]) -> list[list[Play]]:
    """The plays in groups, each of plays that may be played at the same time."""
    turns: list[list[Play]] = []
    for play in plays:
        for turn in turns:
            if all(play.is_apart_from(other) for other in turn):
                turn.append(play)
                break
        else:
            turns.append([play])
    return turns


class ReadyRuns:
    """Plays rounds. `async with` it; raises BenchError where an answer is missing or the books do not close."""

    def __init__(
        self, site: ReadySite, plays: Sequence[Play], *, settled_within_s: float = SETTLED_WITHIN_S
    ) -> None:
        self.played = Played()
        self._site = site
        self._plays = plays
        self._settled_within_s = settled_within_s
        self._listed = [(one.method, one.path) for one in site.endpoints]
        self._domains = {(one.method, one.path): one.domain for one in site.endpoints}
        self._mirrored = [(one.method, one.path) for one in site.endpoints if one.mirrorable]
        self._sent: Counter[str] = Counter()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=15), cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def round(self, most: int) -> None:
        """From the seed: every recording once, then reads until `most` comparisons fewer are missing of each domain.

        The first round finds the seed as it is.
        """
        if self.played.rounds:
            await asyncio.to_thread(self._site.reset)
            # nobody has counted these writes: what modern keeps is of before them
            await asyncio.sleep(self._site.kept_s)
        answers: dict[str, dict[str, Any]] = {}
        for turn in in_turns(self._plays):
            played = await asyncio.gather(*map(self._play, turn))
            answers |= {play.domain: given for play, given in zip(turn, played, strict=True)}
            await self.settled()
            # a write at no endpoint races every domain
            for recorded in (one for play in turn for one in play.exchanges if not self._is_listed(one)):
                await self._send_recorded(recorded, answers[recorded.domain])
        await self.settled()
        await self._read_until_none_is_missing(answers, most)
        self.played.rounds += 1

    async def _play(self, play: Play) -> dict[str, Any]:
        """What is at endpoints, in its order, then what is not recorded; returns the JSON answers by name."""
        answers: dict[str, Any] = {}
        waits = False
        for recorded in filter(self._is_listed, (*play.exchanges, *play.more)):
            is_read = recorded.method == "GET"
            if waits and not is_read:
                await self.settled(play.domain)
                waits = False
            status, answers[recorded.name] = await self._send_recorded(recorded, answers)
            # what was refused has written nothing, and nothing is read for it
            waits = waits or is_read or not 400 <= status < 500
        return answers

    def _is_listed(self, recorded: Recorded) -> bool:
        return endpoint_of(recorded, self._listed) is not None

    async def _read_until_none_is_missing(self, answers: Mapping[str, Mapping[str, Any]], most: int) -> None:
        reads = {play.domain: self._reads_of(play, answers[play.domain]) for play in self._plays}
        place: Counter[str] = Counter()
        enough: Mapping[str, int] | None = None
        for _ in range(PASSES):
            missing = await asyncio.to_thread(self._site.missing)
            if enough is None:
                enough = {domain: max(0, n - most) for domain, n in missing.items()}
            work = []
            for domain, own in reads.items():
                wanted = max(0, missing.get(domain, 0) - enough.get(domain, 0)) if own else 0
                turn = [own[(place[domain] + number) % len(own)] for number in range(wanted)]
                place[domain] += wanted
                work += [((number + 0.5) / wanted, domain, one) for number, one in enumerate(turn)]
            if not work:
                return
            # the domains take turns, each with the whole of its reads
            work.sort(key=lambda item: item[:2])
            await self._read([(one, answers[domain]) for _, domain, one in work])
            await self.settled()

    def _reads_of(self, play: Play, answers: Mapping[str, Any]) -> list[Recorded]:
        """The reads of the play that are mirrored, each once."""
        found: dict[tuple[Any, ...], Recorded] = {}
        for one in (*play.exchanges, *play.more):
            endpoint = endpoint_of(one, self._mirrored) if one.method == "GET" else None
            if endpoint and self._domains[endpoint] == play.domain and depends_on(one) <= answers.keys():
                found.setdefault((one.user, one.path, str(one.query), str(one.headers)), one)
        return list(found.values())

    async def _read(self, reads: Sequence[tuple[Recorded, Mapping[str, Any]]]) -> None:
        left = iter(reads)

        async def reader() -> None:
            for recorded, answers in left:
                await self._send_recorded(recorded, answers)

        async with asyncio.TaskGroup() as readers:
            for _ in range(READERS):
                readers.create_task(reader())

    async def _send_recorded(self, recorded: Recorded, answers: Mapping[str, Any]) -> tuple[int, Any]:
        try:
            request = sendable(recorded, self._site.credentials, answers)
        except RecordingError:
            self.played.unsendable[f"{recorded.id} {recorded.name}"] += 1
            return 0, None
        endpoint = endpoint_of(recorded, self._listed)
        if recorded.method == "GET":
            self.played.reads.add((recorded.user or "", request.target))
        return await self._send(request, self._domains[endpoint] if endpoint else "")

    async def _send(self, request: Sendable, domain: str) -> tuple[int, Any]:
        if self._session is None:
            raise BenchError("the rounds have not begun")
        self._sent[domain] += 1
        self.played.requests += 1
        self.played.writes += request.method != "GET"
        try:
            async with self._session.request(
                request.method,
                URL(self._site.proxy + request.target, encoded=True),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
            ) as answer:
                return answer.status, _json_of(await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise BenchError(f"{request.method} {request.target}: {type(error).__name__}") from error

    async def settled(self, domain: str | None = None) -> None:
        """Return when all that was sent (to a domain) is counted, and each copy has its outcome."""
        deadline_s = time.monotonic() + self._settled_within_s
        while True:
            tallies = await asyncio.to_thread(self._site.tallies)
            not_closed = _not_closed(tallies, self._sent, domain)
            if not not_closed:
                return
            if time.monotonic() > deadline_s:
                raise BenchError(f"not settled within {self._settled_within_s:.0f} s: {not_closed}")
            await asyncio.sleep(_POLL_S)


def _not_closed(tallies: Mapping[str, Tally], sent: Mapping[str, int], domain: str | None) -> str:
    """What is not counted yet; empty: nothing."""
    asked = [*tallies.values()] if domain is None else [tallies.get(domain, Tally())]
    counted = sum(tally.requests for tally in asked)
    ended = sum(tally.total + sum(tally.not_mirrored.values()) for tally in asked)
    wanted = sum(sent.values()) if domain is None else sent.get(domain, 0)
    if counted == ended == wanted:
        return ""
    return f"{wanted:,} requests sent, {counted:,} counted, {ended:,} ended"


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
