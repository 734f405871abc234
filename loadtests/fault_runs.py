"""The traffic that shows planted faults, one at a time: recorded reads through the proxy, and writes on either side.

A read that differs is found by Crossfade itself, in its report. What a write of modern leaves is seen where each
backend does the same write on the same rows and is then read: both share one database, so after a write of one of them
both read the same.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp
from yarl import URL

from domains.shared.faults import Fault
from loadtests.errors import BenchError
from loadtests.fault_judge import FaultRun, FoundGroup
from loadtests.recording import Credentials, Recorded, Sendable, depends_on, sendable
from parity.compare import compare
from parity.exchange import Backend, Exchange, Observation
from parity.outcome import Outcome
from parity.report import Report
from parity.rules import Compare, Rule, RuleBook

CONCURRENCY = 2
ROUNDS = 3
"""How often the reads are sent at most until each of them was compared."""
SETTLED_WITHIN_S = 20.0
_POLL_S = 0.03
_CONTACT = "/v1/contacts/0c000000-0000-4000-8000-000000000003"
_OWNER = "agent_ann"
_JSON = {"Content-Type": "application/json"}

_ACCENTED = {"city": "Łódź", "company": "Café Crème"}
"""The seed is all ASCII."""
_MADE_ANEW = ("$.data[*].id", "$.data[*].created_at", "$.data[*].updated_at", "$.data.updated_at")


@dataclass(frozen=True, slots=True)
class Write:
    """A write, and the read that shows what it left; `endpoint` and `shown_at` are their names."""

    endpoint: str
    path: str
    user: str
    body: dict[str, Any]
    shown_at: str = ""
    read: str = ""

    @property
    def method(self) -> str:
        """The method of the write."""
        return self.endpoint.partition(" ")[0]


WRITES = (
    Write(
        "POST /v1/contacts",
        "/v1/contacts",
        _OWNER,
        {"first_name": "Wren", "last_name": "Twicewell", "contact_type": "lender", "phone": "555-093-0009"},
        "GET /v1/contacts",
        "/v1/contacts?search=Twicewell",
    ),
    Write(
        "PUT /v1/contacts/{id}",
        _CONTACT,
        _OWNER,
        {"phone": "555-093-0001", "phone_secondary": "555-093-0002"},
        "GET /v1/contacts/{id}",
        _CONTACT,
    ),
    Write("POST /v1/clients", "/v1/clients", "admin_ada", {"lastName": "Alone"}),
)
"""What is written on both sides, each time from the seed."""


_Written = tuple[Observation, Observation | None]
"""The answer to a write, and to the read after it."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything is: the proxy at stage `shadow`, both backends, and what the parity worker has found."""

    proxy: str
    legacy: str
    modern: str
    report: Callable[[], Report]
    reset: Callable[[], None]
    rules: RuleBook
    credentials: Credentials


def reads_of(
    recordings: Iterable[Sequence[Recorded]], mirrored: Callable[[Recorded], bool]
) -> list[Recorded]:
    """The recorded reads that can be sent again at any time, each once."""
    found: dict[tuple[Any, ...], Recorded] = {}
    for recording in recordings:
        for one in recording:
            if one.method == "GET" and not depends_on(one) and mirrored(one):
                found.setdefault((one.user, one.path, str(one.query), str(one.headers)), one)
    return list(found.values())


class FaultRuns:
    """Runs the same traffic once for each fault. `async with` it; the faults are off at the end."""

    def __init__(
        self, site: Site, reads: Sequence[Recorded], *, settled_within_s: float = SETTLED_WITHIN_S
    ) -> None:
        self._settled_within_s = settled_within_s
        self._site = site
        self._reads = reads
        self._session: aiohttp.ClientSession | None = None
        self._sent = 0
        self._runs = 0
        self._wrote: list[_Written] = []

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=15), cookie_jar=aiohttp.DummyCookieJar()
        )
        await self._through_proxy("PUT", _CONTACT, _OWNER, _ACCENTED)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def reads(self, fault: Fault | None) -> FaultRun:
        """The recorded reads, and a read after a write; raises BenchError where it cannot be told what is found."""
        async with self._planted(fault):
            return await self._read_through_proxy(fault)

    async def writes(self, fault: Fault | None) -> FaultRun:
        """The same writes on both sides; what was sent through the proxy before does not matter any more."""
        async with self._planted(fault):
            return await self._write_on_both(fault)

    @asynccontextmanager
    async def _planted(self, fault: Fault | None) -> AsyncIterator[None]:
        await self._switch(fault, on=True)
        try:
            yield
        finally:
            await self._switch(fault, on=False)

    async def _read_through_proxy(self, fault: Fault | None) -> FaultRun:
        before = await self._settled()
        turn = asyncio.Semaphore(CONCURRENCY)

        async def one(recorded: Recorded) -> None:
            async with turn:
                await self._send(self._site.proxy, sendable(recorded, self._site.credentials, {}))

        shed = before.tally.outcomes[Outcome.SHED]
        for _ in range(ROUNDS):
            await asyncio.gather(*map(one, self._reads))
            self._sent += len(self._reads)
            shed, earlier = (await self._settled()).tally.outcomes[Outcome.SHED], shed
            if shed == earlier:
                break  # else a copy was spared a shadow that strained, and the read proves nothing
        self._runs += 1
        await self._through_proxy("PUT", _CONTACT, _OWNER, {"notes": f"written in run {self._runs}"})
        await self._through_proxy("GET", _CONTACT, _OWNER)
        after = await self._settled()
        return FaultRun(fault, after.tally.compared - before.tally.compared, _new_groups(before, after))

    async def _write_on_both(self, fault: Fault | None) -> FaultRun:
        if not self._wrote:
            self._wrote = [await self._written(self._site.legacy, write) for write in WRITES]
        rules = self._site.rules.for_recording().with_rules(
            Rule(
                endpoint="* /v1/contacts*", path=path, compare=Compare.SHAPE, reason="made anew by each side"
            )
            for path in _MADE_ANEW
        )
        groups: dict[FoundGroup, int] = {}
        compared = 0
        for write, legacy in zip(WRITES, self._wrote, strict=True):
            modern = await self._written(self._site.modern, write)
            for endpoint, one, other in zip((write.endpoint, write.shown_at), legacy, modern, strict=True):
                if one is None or other is None:
                    continue
                compared += 1
                exchange = _exchange(endpoint, one, other)
                for found in compare(exchange, rules, today=datetime.now(UTC).date()).mismatches:
                    group = FoundGroup(endpoint, found.folded, found.kind.value)
                    groups[group] = groups.get(group, 0) + 1
        return FaultRun(fault, compared, groups)

    async def _written(self, backend: str, write: Write) -> _Written:
        await asyncio.to_thread(self._site.reset)
        answer = await self._send(backend, self._request(write.method, write.path, write.user, write.body))
        if not write.read:
            return answer, None
        return answer, await self._send(backend, self._request("GET", write.read, write.user, None))

    async def _through_proxy(self, method: str, target: str, user: str, body: Any = None) -> None:
        self._sent += 1
        answer = await self._send(self._site.proxy, self._request(method, target, user, body))
        if answer.status >= 400:
            raise BenchError(f"{method} {target} of {user} was answered {answer.status} through the proxy")

    def _request(self, method: str, target: str, user: str, body: Any) -> Sendable:
        headers = self._site.credentials.headers(user) | (_JSON if body is not None else {})
        content = None if body is None else json.dumps(body).encode()
        return Sendable(method, target, headers, content)

    async def _send(self, base: str, request: Sendable) -> Observation:
        if self._session is None:
            raise BenchError("the runs have not begun")
        try:
            async with self._session.request(
                request.method,
                URL(base + request.target, encoded=True),
                headers=request.headers | {"Accept-Encoding": "identity"},
                data=request.body,
                allow_redirects=False,
            ) as answer:
                headers = tuple((name.lower(), value) for name, value in answer.headers.items())
                return Observation(answer.status, headers, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise BenchError(f"{request.method} {request.target}: {type(error).__name__}") from error

    async def _switch(self, fault: Fault | None, *, on: bool) -> None:
        if fault is not None:
            method = "PUT" if on else "DELETE"
            answer = await self._send(
                self._site.modern, Sendable(method, f"/__faults/{fault.name}", {}, None)
            )
            if answer.status != 200:
                raise BenchError(f"{fault.name} cannot be switched: modern answers {answer.status}")

    async def _settled(self) -> Report:
        """The report, once all that was sent was counted and each copy has its outcome."""
        deadline_s = time.monotonic() + self._settled_within_s
        while True:
            report = await asyncio.to_thread(self._site.report)
            ended = report.tally.mirrored + sum(report.tally.not_mirrored.values())
            if report.tally.requests == self._sent == ended and report.balance.in_flight == 0:
                return report
            if time.monotonic() > deadline_s:
                raise BenchError(
                    f"not settled: {report.tally.requests} of {self._sent} requests counted, {ended} ended, "
                    f"{report.balance.in_flight} in flight"
                )
            await asyncio.sleep(_POLL_S)


def _new_groups(before: Report, after: Report) -> dict[FoundGroup, int]:
    known = {group.id: group.n for group in before.open_groups}
    return {
        FoundGroup(group.endpoint, group.path, group.kind): group.n - known.get(group.id, 0)
        for group in after.open_groups
        if group.n > known.get(group.id, 0)
    }


def _exchange(endpoint: str, legacy: Observation, modern: Observation) -> Exchange:
    method, _, path = endpoint.partition(" ")
    return Exchange(
        id="write",
        endpoint=endpoint,
        domain=path.split("/")[2],
        method=method,
        target=path,
        client="",
        stage="shadow",
        authoritative=Backend.LEGACY,
        legacy=legacy,
        modern=modern,
        at=time.time(),
    )
