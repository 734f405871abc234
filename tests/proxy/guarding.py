"""A scene for guards: a real store with a domain at a stage, a worker that tells what a test says, a clock that it moves."""

import copy
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from msgspec.structs import asdict

from parity.database import complete_tables, open_database
from parity.exchange import Endpoint
from parity.figures import Compared
from parity.tables import FIGURES
from parity.tables import METADATA as PARITY
from proxy.courier import Courier
from proxy.errors import NotSentError
from proxy.figures import Figures, FiguresTeller, Served
from proxy.flag_rows import FLAG_CHANGES, PROXY_FIGURES, PROXY_WORKERS, Change, Registration
from proxy.flag_store import FlagStore
from proxy.guard import GuardSettings
from proxy.guard_states import LEASE
from proxy.guard_survey import Surveyor
from proxy.guards import GuardWatch, RollsBack
from proxy.lease import LEASES, Lease
from proxy.notification import Notification
from proxy.notification_queue import NotificationQueue
from proxy.stages import Stage

ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("escrows", "GET", "/v1/escrows/{id}"),
    Endpoint("clients", "GET", "/v1/clients"),
)
SETTINGS = GuardSettings()


class Keeps:
    """A channel that keeps what it gets; with a `problem` it takes nothing."""

    def __init__(self, name: str = "kept", problem: str = "") -> None:
        self.name = name
        self.problem = problem
        self.got: list[Notification] = []

    async def send(self, notification: Notification) -> None:
        """Take it, or say why not."""
        if self.problem:
            raise NotSentError(self.problem)
        self.got.append(notification)


class Scene:
    """The store and all who stand around it."""

    def __init__(self, tmp_path: Path, url: str = "") -> None:
        self.file = tmp_path / "store.db"
        self.url = url or f"sqlite:///{self.file}"
        self.engine = open_database(self.url)
        self.flags = FlagStore(self.engine, ENDPOINTS)
        self.now = time.time()
        self.channel = Keeps()
        self._dated = 0
        self._served: dict[str, Served] = {}
        self._teller = FiguresTeller("run-1", clock=self.clock)
        self.flags.prepare()
        complete_tables(self.engine, PARITY)
        self.flags.register(Registration("run-1", "proxy-1", socket.gethostname(), os.getpid()))
        self.flags.acknowledge("run-1", 1_000)  # whatever comes is served at once

    def copy(self, file: Path) -> "Scene":
        """The same once more, from a scene that is closed."""
        shutil.copy(self.file, file)
        other = copy.copy(self)
        other.file, other.url = file, f"sqlite:///{file}"
        other.engine = open_database(other.url)
        other.flags = FlagStore(other.engine, ENDPOINTS)
        other.channel = Keeps()
        other._served, other._teller = dict(self._served), copy.copy(self._teller)
        return other

    def clock(self) -> float:
        """The moment, for all."""
        return self.now

    def go_to(self, stage: Stage, key: str = "escrows") -> None:
        """Walk there, which takes a while."""
        for step in list(Stage)[1 : stage.position + 1]:
            self.flags.flip(key, step, actor="ada", reason="test")
        self.now = max(self.now, time.time()) + 1
        self.date_ledger()
        self.tell()

    def date_ledger(self) -> None:
        """What was changed just now was changed now: the ledger has a clock of its own, which no test moves."""
        table = FLAG_CHANGES
        new = table.c.version > self._dated
        with self.engine.begin() as connection:
            # a moment before, for the ledger keeps microseconds and no more
            connection.execute(sa.update(table).where(new).values(changed_at=self.now - 0.001))
        self._dated = self.flags.version()

    def rewind(self, seconds: float) -> None:
        """Everything so far was that long ago by the real clock, and nothing was served."""
        self.now = time.time() - seconds
        self._dated = 0
        self.date_ledger()
        with self.engine.begin() as connection:
            connection.execute(sa.delete(PROXY_FIGURES))
        self._served, self._teller = {}, FiguresTeller("run-1", clock=self.clock)

    def stand_still(self, holder: str = "one") -> None:
        """Whoever looks by the real clock within minutes finds a worker that just told, and somebody who watches."""
        with self.engine.begin() as connection:
            connection.execute(sa.update(PROXY_WORKERS).values(told_at=time.time() + 600))
            connection.execute(sa.delete(LEASES))
        Lease(self.engine, LEASE, holder, 600.0).hold()

    def tell(self, **domains: Served) -> None:
        """A second passes in which that was served."""
        for domain, served in domains.items():
            self._served[domain] = self._served.get(domain, Served()) + served
        self.now += 1
        figures = Figures(self.now, dict(self._served))
        with self.engine.begin() as connection:
            self._teller.tell(figures, connection)
        self._teller.told(figures)

    def compare(self, compared: Compared, domain: str = "escrows") -> None:
        """So much was compared now."""
        row = {"second": int(self.now), "domain": domain, **asdict(compared)}
        with self.engine.begin() as connection:
            connection.execute(sa.insert(FIGURES).values(row))

    def watch(
        self,
        settings: GuardSettings = SETTINGS,
        *,
        holder: str = "one",
        control: RollsBack | None = None,
        engine: sa.Engine | None = None,
    ) -> GuardWatch:
        """Guards of one process."""
        own = engine or self.engine
        flags = self.flags if engine is None else FlagStore(engine, ENDPOINTS)
        queue = NotificationQueue(own, [self.channel.name], clock=self.clock)
        courier = Courier(queue, [self.channel])
        return GuardWatch(
            own, flags, control or flags, settings, queue, courier, holder=holder, clock=self.clock
        )

    def surveyor(self, settings: GuardSettings = SETTINGS) -> Surveyor:
        """Eyes alone."""
        return Surveyor(self.engine, self.flags, settings, clock=self.clock)

    @property
    def queue(self) -> NotificationQueue:
        """What waits."""
        return NotificationQueue(self.engine, [self.channel.name], clock=self.clock)

    async def delivered(self) -> Sequence[Notification]:
        """What the channel has, once everything was sent."""
        await Courier(self.queue, [self.channel]).deliver()
        return self.channel.got

    def rollbacks(self) -> list[Change]:
        """What guards have in the ledger, the first first."""
        return [one for one in reversed(self.flags.history()) if one.actor.startswith("guard:")]

    def stage(self, domain: str = "escrows") -> Stage:
        """Where it is."""
        flag = self.flags.table().rows.get(domain)
        return Stage.OFF if flag is None else flag.stage

    def close(self) -> None:
        """Let go of the store; one that is shared is left as it was."""
        if self.engine.dialect.name == "postgresql":
            with self.engine.begin() as connection:
                found = sa.MetaData()
                found.reflect(connection)
                found.drop_all(connection)
        self.engine.dispose()


FAILING = Served(modern=50, modern_errors=50)
WELL = Served(modern=50)


def breach(scene: Scene, watch: GuardWatch, seconds: int = 3, served: Served = FAILING) -> None:
    """So many seconds of that, with a look after each."""
    for _ in range(seconds):
        scene.tell(escrows=served)
        watch.look()


def dry(settings: GuardSettings = SETTINGS) -> GuardSettings:
    """The same in a dry run."""
    return replace(settings, dry_run=True)


class Meanwhile:
    """A control before whose rollback something happens."""

    def __init__(self, flags: FlagStore, happens: Callable[[], object]) -> None:
        self._flags = flags
        self._happens = happens

    def roll_back(self, key: str | None = None, **options: Any) -> Change | None:
        """Roll back, after it happened."""
        happens, self._happens = self._happens, lambda: None
        happens()
        return self._flags.roll_back(key, **options)


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """The engine of a process that is killed before that step; what it has not committed is lost."""

    def __init__(self, url: str, step: int) -> None:
        self.engine = open_database(url)
        self._step = step
        self._steps: Iterator[int] = iter(())

    def begin(self) -> None:
        """Count from here on."""
        self._steps = count(1)
        sa.event.listen(self.engine, "before_cursor_execute", self._before)
        sa.event.listen(self.engine, "commit", lambda _: self._take())

    def _before(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(
            ("SELECT", "PRAGMA")
        ):  # killed while it reads, or just after, is the same
            self._take()

    def _take(self) -> None:
        if next(self._steps) == self._step:
            raise Killed


class Hidden:
    """A store that can be taken away and given back."""

    def __init__(self, directory: Path) -> None:
        self._store = directory / "store.db"
        self._places = {file: file.with_name(f"hidden-{file.name}") for file in directory.glob("store.db*")}

    def hide(self) -> None:
        """Nothing can be opened there."""
        for file, place in self._places.items():
            file.rename(place)
        self._store.mkdir()

    def give_back(self) -> None:
        """As it was."""
        self._store.rmdir()
        for file, place in self._places.items():
            place.rename(file)


def go_silent(scene: Scene) -> None:
    """The worker is there and tells nothing."""
    scene.now += 10
