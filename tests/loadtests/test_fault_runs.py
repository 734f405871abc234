"""The traffic that shows planted faults, against a small site: what is told of each run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from domains.shared.faults import FAULTS
from loadtests.errors import BenchError
from loadtests.fault_judge import FoundGroup
from loadtests.fault_runs import ROUNDS, WRITES, FaultRuns, Site, reads_of
from loadtests.recording import Credentials, Recorded, load_recording
from parity.outcome import Outcome
from parity.report import GroupRow, Report
from parity.rules import RuleBook
from parity.tally import Balance, Tally
from tests.loadtests.stub_backend import SECRET
from tests.parity.reports import group, report

FAULT = {fault.name: fault for fault in FAULTS}
READ = FAULT["field-dropped"]


@dataclass
class Stub:
    """A proxy, a legacy and a modern in one; what was sent through the proxy is in the books at once."""

    sheds: int = 0
    loses: int = 0
    on: set[str] = field(default_factory=set)
    requests: int = 0
    shed: int = 0
    found: dict[str, int] = field(default_factory=dict)
    resets: int = 0
    written: list[str] = field(default_factory=list)

    def app(self, name: str) -> web.Application:
        """The server of that name."""

        async def answer(request: web.Request) -> web.Response:
            if request.path.startswith("/__faults/"):
                return self._switch(request)
            if name == "proxy":
                self._count(request)
            elif request.method != "GET":
                self.written.append(f"{name} {request.method} {request.path}")
            is_wrong = name == "modern" and "status-200-for-201" in self.on
            created = request.method == "POST" and request.path == "/v1/contacts"
            status = (200 if is_wrong else 201) if created else 200
            return web.json_response({"data": {"id": name}}, status=status)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", answer)
        return app

    def _switch(self, request: web.Request) -> web.Response:
        fault = request.path.rpartition("/")[2]
        if fault == "drop-answer":
            return web.Response(status=404)
        (self.on.add if request.method == "PUT" else self.on.discard)(fault)
        return web.json_response({})

    def _count(self, request: web.Request) -> None:
        self.requests += 1
        if self.sheds and request.method == "GET":
            self.sheds -= 1
            self.shed += 1
        for fault in self.on:
            self.found[fault] = self.found.get(fault, 0) + 1

    def report(self) -> Report:
        """What a parity worker would have found."""
        counted = self.requests - self.loses
        outcomes = dict.fromkeys(Outcome, 0) | {Outcome.MATCH: counted - self.shed, Outcome.SHED: self.shed}
        groups: tuple[GroupRow, ...] = tuple(
            group(id=name, endpoint=FAULT[name].endpoint, path=FAULT[name].path, kind=FAULT[name].kind, n=n)
            for name, n in self.found.items()
        )
        tally = Tally(requests=counted, mirrored=counted, outcomes=outcomes)
        return report(tally=tally, balance=Balance(counted, counted), groups=groups)


@asynccontextmanager
async def running(stub: Stub, contract: Path, **changes: Any) -> AsyncIterator[FaultRuns]:
    async with (
        TestServer(stub.app("proxy")) as proxy,
        TestServer(stub.app("legacy")) as legacy,
        TestServer(stub.app("modern")) as modern,
    ):

        def reset() -> None:
            stub.resets += 1

        site = Site(
            proxy=str(proxy.make_url("")).rstrip("/"),
            legacy=str(legacy.make_url("")).rstrip("/"),
            modern=str(modern.make_url("")).rstrip("/"),
            report=stub.report,
            reset=reset,
            rules=RuleBook(),
            credentials=Credentials(contract, SECRET),
        )
        reads = reads_of([load_recording(contract, "contacts")], lambda _: True)[:4]
        async with FaultRuns(site, reads, **changes) as runs:
            yield runs


async def test_a_run_tells_what_was_found_while_its_fault_was_on(contract: Path) -> None:
    stub = Stub()
    async with running(stub, contract) as runs:
        without = await runs.reads(None)
        first = await runs.reads(READ)
        second = await runs.reads(READ)

    found = {FoundGroup(READ.endpoint, READ.path, READ.kind): 6}
    assert (without.compared, dict(without.groups)) == (6, {})
    assert (first.compared, first.groups, second.groups) == (6, found, found)
    assert stub.on == set()


async def test_reads_are_sent_again_until_each_copy_was_compared(contract: Path) -> None:
    once, always = Stub(sheds=2), Stub(sheds=1_000)
    async with running(once, contract) as runs:
        found = await runs.reads(None)
    async with running(always, contract) as runs:
        await runs.reads(None)

    assert (once.requests, found.compared) == (1 + 2 * 4 + 2, 8)
    assert always.requests == 1 + ROUNDS * 4 + 2


async def test_each_write_is_done_on_both_sides_from_the_seed_and_the_answers_compared(
    contract: Path,
) -> None:
    stub, fault = Stub(), FAULT["status-200-for-201"]
    async with running(stub, contract) as runs:
        without = await runs.writes(None)
        run = await runs.writes(fault)

    assert stub.resets == 3 * len(WRITES)
    assert [one for one in stub.written if one.startswith("legacy")] == [
        f"legacy {write.method} {write.path}" for write in WRITES
    ]
    assert run.compared == 5
    assert set(run.groups) - set(without.groups) == {FoundGroup("POST /v1/contacts", "$status", "status")}
    assert run.right == 1


async def test_books_that_do_not_settle_are_an_error_that_says_how_they_stand(contract: Path) -> None:
    async with running(Stub(loses=1), contract, settled_within_s=0.1) as runs:
        with pytest.raises(BenchError, match="not settled: 0 of 1 requests counted"):
            await runs.reads(None)


async def test_a_fault_that_cannot_be_switched_is_an_error(contract: Path) -> None:
    async with running(Stub(), contract) as runs:
        with pytest.raises(BenchError, match="drop-answer cannot be switched: modern answers 404"):
            await runs.reads(FAULT["drop-answer"])


async def test_a_side_that_does_not_answer_is_an_error(contract: Path) -> None:
    async with running(Stub(), contract) as runs:
        runs._site = replace(runs._site, modern="http://127.0.0.1:1")

        with pytest.raises(BenchError, match="PUT /__faults/field-dropped: ClientConnectorError"):
            await runs.reads(READ)


def test_only_reads_that_need_nothing_and_have_copies_are_sent_each_once(contract: Path) -> None:
    recording = load_recording(contract, "users")

    def has_copies(recorded: Recorded) -> bool:
        return "auth" not in recorded.path

    found = reads_of([recording, recording], has_copies)

    assert {one.method for one in found} == {"GET"}
    assert len({(one.user, one.path, str(one.query)) for one in found}) == len(found) > 10
    assert not any("auth" in one.path or "{{" in one.path for one in found)
