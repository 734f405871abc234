"""Each write is committed once, whatever an operator and the machine do: a real site against a model of it.

hypothesis walks a `crossfade up` with two proxy workers between two backends that note what they commit: flips of the
domain and of one endpoint, shares, rollbacks, writes one after another and during a flip, a modern that refuses to
commit, or commits and then fails or breaks off, and workers that are killed while they forward.
"""

import http.client
import json
import os
import signal
import threading
import time
from asyncio import StreamWriter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from parity.exchange import Backend, Endpoint
from proxy.canary import bucket
from proxy.flags import FlagTable, plan_for
from proxy.stages import Stage
from tests.support.backends import FakeBackend, Seen, answering
from tests.support.site import Site, running_site
from tests.support.threads import in_thread

POST = Endpoint("escrows", "POST", "/v1/escrows")
KEYS = ("escrows", POST.name)
CLIENTS = tuple(f"client-{number}" for number in range(8))
SHARES = (0.5, 0.2)
STAGES = (Stage.CANARY, Stage.LIVE, Stage.COMPLETE)
"""Where an example begins: at those where modern commits."""
WITHIN_S = 30.0


class Mood(StrEnum):
    """What a backend does with a write."""

    COMMITS = "commits"
    REFUSES = "refuses"
    """It says that it committed nothing, which is so."""
    FAILS = "fails"
    """It has committed, and answers 500."""
    BREAKS = "breaks"
    """It has committed, and closes the connection."""


@dataclass
class Noting:
    """A backend that notes each write when it commits it."""

    committed: list[str] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    mood: Mood = Mood.COMMITS
    answers_after_s: float = 0.0

    async def __call__(self, seen: Seen, writer: StreamWriter) -> bool:
        if seen.method != "POST":
            return await answering()(seen, writer)
        self.begun.set()
        if self.mood is Mood.REFUSES:
            refusal = answering(status="503 Service Unavailable", headers=(("X-Committed", "0"),))
            return await refusal(seen, writer)
        self.committed.append(json.loads(seen.body)["id"])
        if self.mood is Mood.BREAKS:
            return False
        status = "500 Internal Server Error" if self.mood is Mood.FAILS else "201 Created"
        return await answering(status=status, after_s=self.answers_after_s)(seen, writer)


MOODS = {500: Mood.FAILS, 502: Mood.BREAKS}
"""Of modern, by the status that tells its client that nobody knows."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A write, and what its client heard: status 0 and nobody when the connection broke."""

    id: str
    client: str
    status: int
    served_by: str


class Clients:
    """They write through the proxy, each on a connection of its own, and know what became of it."""

    def __init__(self, site: Site) -> None:
        self._port = int(site.url.rpartition(":")[2])
        self._numbers = iter(range(10**9))
        self._pool = ThreadPoolExecutor(len(CLIENTS))

    def write_while(self, act: Callable[[], None]) -> list[Wrote]:
        """Two writes of each client at the same time, and something else meanwhile."""
        named = [(f"w{next(self._numbers)}", client) for client in (*CLIENTS, *CLIENTS)]
        under_way = [self._pool.submit(self._write, *one) for one in named]
        act()
        return [one.result(WITHIN_S) for one in under_way]

    def close(self) -> None:
        """No more of them."""
        self._pool.shutdown()

    def _write(self, number: str, client: str) -> Wrote:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=WITHIN_S)
        try:
            connection.request("POST", POST.path, json.dumps({"id": number}), {"X-API-Key": client})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return Wrote(number, client, 0, "")
        else:
            return Wrote(number, client, answer.status, answer.headers.get("X-Served-By", ""))
        finally:
            connection.close()


@dataclass
class World:
    """What the examples share."""

    site: Site
    legacy: Noting
    modern: Noting
    clients: Clients

    def side(self, table: FlagTable, client: str) -> Backend:
        """Who commits a write of that client by that table, if anybody does."""
        place = bucket(f"header:{client}", POST.domain)
        flag = table.flag_for(POST)
        side = plan_for(flag, POST, place).authoritative
        # refused without a commit, and legacy still in the game
        falls_back = self.modern.mood is Mood.REFUSES and flag.stage is not Stage.COMPLETE
        return Backend.LEGACY if side is Backend.MODERN and falls_back else side

    def check(self, wrote: Wrote, *tables: FlagTable) -> None:
        """It was committed as often as its client may believe, and by the side that one of these tables says."""
        commits = [
            backend
            for backend, noting in ((Backend.LEGACY, self.legacy), (Backend.MODERN, self.modern))
            for number in noting.committed
            if number == wrote.id
        ]
        sides = {self.side(table, wrote.client) for table in tables}
        assert set(commits) <= sides
        match wrote.status:
            case 201:
                assert [one.value for one in commits] == [wrote.served_by]
            case 500 | 502:
                assert (commits, self.modern.mood) == ([Backend.MODERN], MOODS[wrote.status])
            case 503:
                assert (commits, self.modern.mood) == ([], Mood.REFUSES)
                assert sides == {Backend.MODERN}
            case _:
                assert wrote.status == 0, f"{wrote}: nothing else may come of it"
                assert len(commits) <= 1, f"{wrote} was committed by {commits}"

    def kill(self, numbers: tuple[int, ...]) -> None:
        """End proxy workers without a word as soon as a backend has got something, before that has answered."""
        sides = (self.legacy, self.modern)
        workers = self.site.context.flags.workers()
        until(lambda: any(noting.begun.is_set() for noting in sides))
        for number in numbers:
            os.kill(workers[number].pid, signal.SIGKILL)

    def slow(self, seconds: float) -> None:
        """From now on the backends answer so much later than they commit."""
        for noting in (self.legacy, self.modern):
            noting.answers_after_s = seconds
            noting.begun.clear()

    def mended(self) -> None:
        """Wait until a worker that was killed has a successor that serves."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            self.site.running.look()
            workers = self.site.context.flags.workers()
            if self.site.running.is_settled and [worker.version >= 0 for worker in workers] == [True, True]:
                return
            assert time.monotonic() < deadline, f"not mended: {workers}"
            time.sleep(0.02)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    legacy, modern = Noting(), Noting()

    @asynccontextmanager
    async def backends() -> AsyncIterator[tuple[str, str]]:
        async with FakeBackend(legacy) as one, FakeBackend(modern) as other:
            yield one.url, other.url

    workers = {"CROSSFADE_PROXY__WORKERS": "2", "CROSSFADE_WRITE_CHECKS__CHECK": "none"}
    with (
        in_thread(backends) as (legacy_url, modern_url),
        running_site(monkeypatch, tmp_path, legacy=legacy_url, modern=modern_url, **workers) as site,
    ):
        made = World(site, legacy, modern, Clients(site))
        yield made
        made.clients.close()


class SingleWriter(RuleBasedStateMachine):
    """One site for all examples; each begins at some stage of the domain."""

    world: ClassVar[World]

    @initialize(stage=st.sampled_from(STAGES), share=st.sampled_from(SHARES))
    def begin(self, stage: Stage, share: float) -> None:
        self.world.modern.mood = Mood.COMMITS
        self.world.site.roll_back()
        self.read()
        for _ in range(stage.position):
            self.advance("escrows", share)

    def read(self) -> None:
        """The flags as all workers serve them."""
        self.table = self.world.site.context.flags.table()

    def go(self, key: str, share: float) -> None:
        """One step forward; at the end of the way, nothing."""
        flag = self.table.flag_for(POST) if key == POST.name else self.table.rows.get(key)
        stage = Stage.SHADOW if flag is None else flag.stage.next
        if stage is not None:
            self.world.site.flip(stage, key=key, canary_share=share)

    def back(self, key: str) -> None:
        """One stage back, so that the walk stays where both backends commit."""
        flag = self.table.flag_for(POST) if key == POST.name else self.table.rows.get(key)
        if flag is not None and flag.stage is not Stage.OFF:
            self.world.site.roll_back(key, to=list(Stage)[flag.stage.position - 1])

    @rule(key=st.sampled_from(KEYS), share=st.sampled_from(SHARES))
    def advance(self, key: str, share: float) -> None:
        self.go(key, share)
        self.read()

    @rule(mood=st.sampled_from(Mood))
    def write(self, mood: Mood) -> None:
        self.world.modern.mood = mood
        wrote = self.world.clients.write_while(lambda: None)

        for one in wrote:
            self.world.check(one, self.table)
            assert one.status != 0

    @rule(
        key=st.sampled_from(KEYS),
        share=st.sampled_from(SHARES),
        forward=st.booleans(),
        mood=st.sampled_from(Mood),
    )
    def write_during_a_change(self, key: str, share: float, *, forward: bool, mood: Mood) -> None:
        self.world.modern.mood = mood

        def change() -> None:
            if forward:
                self.go(key, share)
            else:
                self.back(key)

        wrote = self.world.clients.write_while(change)
        before = self.table
        self.read()

        for one in wrote:
            self.world.check(one, before, self.table)
            assert one.status != 0


class KilledWorkers(SingleWriter):
    """The same, and a proxy worker is killed in the middle."""

    is_killed = False

    @precondition(lambda self: not self.is_killed)
    @rule(numbers=st.sampled_from(((0,), (1,), (0, 1))))
    def kill_workers_that_forward(self, numbers: tuple[int, ...]) -> None:
        self.is_killed = True
        self.world.modern.mood = Mood.COMMITS
        self.world.slow(0.2)
        wrote = self.world.clients.write_while(lambda: self.world.kill(numbers))
        self.world.slow(0.0)
        self.world.mended()

        for one in wrote:
            self.world.check(one, self.table)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.002)


def play(machine: type[SingleWriter], world: World, *, examples: int, steps: int) -> None:
    """The same examples each time; none is made smaller, for the site goes on from where it was."""
    run_state_machine_as_test(
        type("OfThisSite", (machine,), {"world": world}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_write_is_committed_once_by_the_side_of_its_client(world: World) -> None:
    play(SingleWriter, world, examples=16, steps=8)
    play(KilledWorkers, world, examples=2, steps=4)

    assert world.legacy.committed
    assert world.modern.committed
