"""The rounds against a small site: what is sent in which order, how often, and when a round waits."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from loadtests.errors import BenchError
from loadtests.ready_runs import Play, ReadyRuns, ReadySite, in_turns
from loadtests.recording import Credentials, Recorded
from parity.exchange import Endpoint
from parity.outcome import Outcome
from parity.tally import Tally
from tests.loadtests.stub_backend import SECRET

ENDPOINTS = (
    Endpoint("leads", "GET", "/v1/leads"),
    Endpoint("leads", "POST", "/v1/leads"),
    Endpoint("leads", "GET", "/v1/leads/{id}"),
    Endpoint("leads", "POST", "/v1/leads/login", mirrorable=False),
    Endpoint("clients", "GET", "/v1/clients"),
)


def recorded(name: str, method: str, path: str, *, domain: str = "leads", status: int = 200) -> Recorded:
    return Recorded(
        *(f"{domain}-1", name, domain, None, method, path, {}, {}, None, status, {}, None, 0, ()),
    )


LIST = recorded("list", "GET", "/v1/leads")
CREATE = recorded("create", "POST", "/v1/leads")
MADE = recorded("made", "GET", "/v1/leads/{{create.data.id}}")
LEADS = (LIST, CREATE, MADE, recorded("again", "POST", "/v1/leads"))
CLIENTS = (recorded("clients", "GET", "/v1/clients", domain="clients"),)


@dataclass
class Stub:
    """A proxy whose requests are counted when the report is asked for the `late`-th time after them."""

    late: int = 0
    loses: int = 0
    lacks: dict[str, int] = field(default_factory=dict)
    compares: int = 1
    """How many comparisons each read is."""
    log: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    asked: int = 0
    made: int = 0
    drops: bool = False

    async def answer(self, request: web.Request) -> web.Response:
        """Note it; a creation has an id."""
        self.log.append(f"{request.method} {request.path}")
        domain = request.path.split("/")[2]
        self.sent.append(domain if domain in self.lacks else "")
        self.asked = 0
        if request.method == "GET" and domain in self.lacks:
            self.lacks[domain] = max(0, self.lacks[domain] - self.compares)
        if self.drops and request.transport is not None:
            request.transport.abort()
        self.made += request.method == "POST"
        return web.json_response({"data": {"id": f"made-{self.made}"}})

    def tallies(self) -> Mapping[str, Tally]:
        """The books."""
        self.asked += 1
        self.log.append("settled" if self.asked > self.late else "waits")
        return {name: self._tally(name) for name in ("", "leads", "clients")}

    def _tally(self, domain: str) -> Tally:
        n = self.sent.count(domain)
        ended = n if self.asked > self.late else 0
        return Tally(requests=n - self.loses, mirrored=n, outcomes={Outcome.MATCH: ended})

    def missing(self) -> Mapping[str, int]:
        """What the verdicts lack."""
        return {domain: n for domain, n in self.lacks.items() if n}

    def reset(self) -> None:
        """Back to the seed."""
        self.log.append("reset")


@asynccontextmanager
async def running(stub: Stub, contract: Path, *plays: Play, **changes: Any) -> AsyncIterator[ReadyRuns]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", stub.answer)
    async with TestServer(app) as proxy:
        site = ReadySite(
            proxy=str(proxy.make_url("")).rstrip("/"),
            endpoints=ENDPOINTS,
            tallies=stub.tallies,
            missing=stub.missing,
            reset=stub.reset,
            kept_s=0.0,
            credentials=Credentials(contract, SECRET),
        )
        async with ReadyRuns(site, plays, **changes) as runs:
            yield runs


async def test_a_recording_is_played_in_its_order_and_a_write_waits_for_what_was_sent_before_it(
    contract: Path,
) -> None:
    stub = Stub(late=2, lacks={"leads": 0})
    async with running(stub, contract, Play("leads", LEADS)) as runs:
        await runs.round(10)

    assert [line for line in stub.log if line != "waits"] == [
        "GET /v1/leads",
        "settled",
        "POST /v1/leads",
        "GET /v1/leads/made-1",
        "settled",
        "POST /v1/leads",
        "settled",
        "settled",
    ]
    assert stub.log.count("waits") == 6


async def test_what_is_at_no_endpoint_comes_when_nothing_is_being_compared(contract: Path) -> None:
    nowhere = recorded("nowhere", "PATCH", "/v1/leads/1/status", status=404)
    stub = Stub(late=1, lacks={"leads": 0, "clients": 0})
    plays = Play("leads", [nowhere, LIST], shows=frozenset()), Play("clients", CLIENTS, shows=frozenset())
    async with running(stub, contract, *plays) as runs:
        await runs.round(1)

    assert sorted(stub.log[:2]) == ["GET /v1/clients", "GET /v1/leads"]
    assert stub.log[2:] == ["waits", "settled", "PATCH /v1/leads/1/status", "waits", "settled"]


async def test_reads_are_sent_until_nothing_is_missing_and_no_more_than_a_round_is_for(
    contract: Path,
) -> None:
    stub = Stub(lacks={"leads": 12, "clients": 4})
    async with running(stub, contract, Play("leads", LEADS), Play("clients", CLIENTS)) as runs:
        await runs.round(6)
        after_one = dict(stub.lacks)
        await runs.round(6)

    assert after_one == {"leads": 4, "clients": 0}
    assert stub.lacks == {"leads": 0, "clients": 0}
    assert {line for line in stub.log if line.startswith("GET /v1/leads/")} == {
        "GET /v1/leads/made-1",
        "GET /v1/leads/made-3",
    }
    assert runs.played.rounds == 2
    assert runs.played.writes == 4
    assert runs.played.requests == len(stub.sent)


async def test_reads_that_come_to_no_comparison_are_not_sent_for_ever(contract: Path) -> None:
    stub = Stub(lacks={"leads": 5}, compares=0)
    async with running(stub, contract, Play("leads", LEADS)) as runs:
        await runs.round(2)

    assert runs.played.requests == len(LEADS) + 3 * 2


async def test_every_round_but_the_first_begins_with_a_reset(contract: Path) -> None:
    stub = Stub(lacks={"leads": 0})
    async with running(stub, contract, Play("leads", LEADS)) as runs:
        await runs.round(1)
        first = list(stub.log)
        await runs.round(1)

    assert "reset" not in first
    assert stub.log.count("reset") == 1
    assert stub.log[len(first)] == "reset"


async def test_what_wants_a_value_that_no_answer_has_is_told_and_not_sent(contract: Path) -> None:
    lost = recorded("lost", "GET", "/v1/leads/{{create.data.number}}")
    stub = Stub(lacks={"leads": 0})
    async with running(stub, contract, Play("leads", [CREATE, lost])) as runs:
        await runs.round(1)

    assert runs.played.unsendable == {"leads-1 lost": 1}
    assert runs.played.requests == 1


async def test_requests_that_are_not_counted_are_told(contract: Path) -> None:
    stub = Stub(lacks={"leads": 0}, loses=1)
    async with running(stub, contract, Play("leads", [LIST]), settled_within_s=0.05) as runs:
        with pytest.raises(BenchError, match=r"not settled within 0 s: 1 requests sent, -2 counted, 1 ended"):
            await runs.round(1)


async def test_an_answer_that_does_not_come_is_told(contract: Path) -> None:
    stub = Stub(lacks={"leads": 0}, drops=True)
    async with running(stub, contract, Play("leads", [LIST])) as runs:
        with pytest.raises(BenchError, match="GET /v1/leads: ServerDisconnectedError"):
            await runs.round(1)


def test_recordings_are_played_at_once_where_neither_shows_what_the_other_writes() -> None:
    plays = [
        Play("escrows", [], shows=frozenset({"clients"})),
        Play("clients", [], shows=frozenset()),
        Play("listings", [], shows=frozenset({"users"})),
        Play("unsaid", []),
        Play("leads", [], shows=frozenset({"clients"})),
    ]

    turns = [[play.domain for play in turn] for turn in in_turns(plays)]

    assert turns == [["escrows", "listings", "leads"], ["clients"], ["unsaid"]]
