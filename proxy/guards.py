"""The guards at work: each second a look, by one process at a time; a breach rolls its domain back, once, and is told.

What makes it once, whoever is killed at whatever moment: the ledger is the truth. A rollback is one transaction that
counts only on the flag version that was judged; afterwards the domain is where no guard acts. Who is to be told of it
is read from the ledger, so that a rollback whose guard was killed is told by the next one.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import sqlalchemy as sa
import structlog

from parity.database import complete_tables, storing, writing
from parity.errors import StoreError
from proxy.courier import Courier
from proxy.errors import ConflictError, NotAcknowledgedError
from proxy.flag_rows import FLAG_CHANGES, Change, change_of
from proxy.flag_store import FlagStore
from proxy.guard import ACTOR, GuardSettings
from proxy.guard_events import blind, breached, rolled_back, unacknowledged
from proxy.guard_judge import Deed, step
from proxy.guard_states import LEASE, METADATA, Kept, Key, read_states, save_states
from proxy.guard_survey import Seen, Survey, Surveyor
from proxy.lease import Lease
from proxy.notification import Notification
from proxy.notification_queue import NotificationQueue
from proxy.stages import Stage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_TTL_S = 5.0
_TRIES = 5
_TOLD_WITHIN_S = 86_400.0
ACKNOWLEDGED_WITHIN_S = 5.0


class RollsBack(Protocol):
    """What can take a domain back: the flag store, or whoever adds the verdict of the moment to the ledger."""

    def roll_back(
        self,
        key: str | None = None,
        *,
        to: Stage = Stage.OFF,
        actor: str,
        reason: str,
        expected_version: int | None = None,
    ) -> Change | None:
        """As `FlagStore.roll_back`."""
        ...


class GuardWatch:
    """Looks, judges and acts while it holds the lease; `run` ends when it is cancelled. `holder` names this process."""

    def __init__(
        self,
        engine: sa.Engine,
        flags: FlagStore,
        control: RollsBack,
        settings: GuardSettings,
        queue: NotificationQueue,
        courier: Courier,
        *,
        holder: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._flags = flags
        self._control = control
        self._settings = settings
        self._queue = queue
        self._courier = courier
        self._clock = clock
        self._lease = Lease(engine, LEASE, holder, max(_TTL_S, 3 * settings.every_s), clock=clock)
        self._surveyor = Surveyor(engine, flags, settings, clock=clock)
        self._told_version = -1
        self._awaited: list[tuple[Change, float]] = []
        self._prepared = False
        self._lost_since: float | None = None
        self._is_told_lost = False

    async def run(self) -> None:
        """Watch, and send what there is to tell, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._courier.run())
                group.create_task(self._watch())
        finally:
            with suppress(StoreError):
                await asyncio.to_thread(self._lease.release)

    async def _watch(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.look)
                if self._lost_since is not None:
                    log.info("guards_see_again")
                self._lost_since, self._is_told_lost = None, False
            except Exception as error:  # noqa: BLE001 -- a guard that ends guards nothing: it says so and looks again
                await self._lost(error)
            await asyncio.sleep(self._settings.every_s)

    async def _lost(self, error: Exception) -> None:
        now = self._clock()
        problem = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if self._lost_since is None:
            self._lost_since = now
            log.error("guards_cannot_look", error=problem)
        if not self._is_told_lost and now - self._lost_since >= self._settings.blind_s:
            self._is_told_lost = True
            # past the queue, which is in the store
            told = await self._courier.tell(blind(problem, (), now, now - self._lost_since))
            log.error("guards_are_blind", error=problem, told=sorted(one for one in told if not told[one]))

    def look(self) -> bool:
        """One look, with everything that follows from it; False if another process holds the lease.

        Raises StoreError or `ProxyError` when the store refuses: nothing is half done, the next look goes on.
        """
        self._prepare()
        if not self._lease.hold():
            return False
        survey = self._surveyor.survey()
        for breach in self._judge(survey):
            if change := self._roll_back(breach, survey.version):
                self._awaited.append((change, self._clock() + ACKNOWLEDGED_WITHIN_S))
        self._tell_ledger()
        self._check_acknowledged()
        return True

    def _prepare(self) -> None:
        if not self._prepared:
            self._flags.prepare()
            self._queue.prepare()
            with storing("make the tables of guards"):
                complete_tables(self._engine, METADATA)
            self._prepared = True

    def _judge(self, survey: Survey) -> list[tuple[Seen, str]]:
        """Keep where the guards stand, with what is to be told of it; returns what is to be rolled back, and why."""
        breaches: list[tuple[Seen, str]] = []
        notifications: list[Notification] = []
        blinded: dict[str, list[Seen]] = {}
        with storing("keep the states of guards"), writing(self._engine) as connection:
            before = read_states(connection)
            after: dict[Key, Kept] = {}
            for seen in survey.seen:
                if seen.look is None:
                    continue
                key = (seen.domain, seen.guard.measure)
                was = before.get(key)
                # what was seen before the flags changed says nothing of how it is now
                known = (
                    was.watched if was is not None and was.changed_version == seen.changed_version else None
                )
                watched, deed = step(seen.guard, seen.action, seen.look, known, survey.at, self._settings)
                after[key] = Kept(watched, seen.changed_version, seen.consequence)
                match deed:
                    case Deed.ROLL_BACK:
                        breaches.append((seen, seen.look.words))
                    case Deed.ROLL_BACK_BLIND:
                        blind_s = survey.at - watched.since
                        breaches.append((seen, f"cannot tell for {blind_s:.0f} s: {seen.look.blind}"))
                    case Deed.NOTIFY:
                        notifications.append(breached(seen, seen.look, survey.at))
                    case Deed.NOTIFY_BLIND:
                        blinded.setdefault(seen.look.blind, []).append(seen)
            save_states(connection, before, after)
            notifications += [
                blind(problem, found, survey.at, self._settings.blind_s) for problem, found in blinded.items()
            ]
            for notification in notifications:
                self._queue.put(connection, notification)
        for notification in notifications:
            log.warning("guard", event_kind=notification.kind.value, text=notification.text)
        return breaches

    def _roll_back(self, breach: tuple[Seen, str], version: int) -> Change | None:
        """On the version that was judged, or a later one that left this domain as it was. None: it was changed."""
        seen, reason = breach
        for _ in range(_TRIES):
            try:
                change = self._control.roll_back(
                    seen.domain,
                    to=seen.guard.to,
                    actor=seen.guard.actor,
                    reason=reason,
                    expected_version=version,
                )
            except ConflictError:
                now = self._surveyor.survey()
                changed = {one.domain: one.changed_version for one in now.seen}
                if changed.get(seen.domain) != seen.changed_version:
                    return None
                version = now.version
                continue
            if change is not None:
                log.warning("guard_rolled_back", domain=seen.domain, actor=seen.guard.actor, reason=reason)
            return change
        return None

    def _tell_ledger(self) -> None:
        """Put what guards have done into the queue, whoever of them did it, unless it is there already."""
        version = self._flags.version()
        if version == self._told_version:
            return
        table = FLAG_CHANGES
        chosen = (
            sa.select(table)
            .where(table.c.actor.startswith(ACTOR), table.c.changed_at > self._clock() - _TOLD_WITHIN_S)
            .order_by(table.c.version)
        )
        with storing("tell of the ledger"), writing(self._engine) as connection:
            for row in connection.execute(chosen).mappings():
                self._queue.put(connection, rolled_back(change_of(row)))
        self._told_version = version

    def _check_acknowledged(self) -> None:
        """Tell of rollbacks that some worker does not serve in time; nothing waits for it meanwhile."""
        if not self._awaited:
            return
        workers = self._flags.workers()
        for change, until in list(self._awaited):
            missing = [worker.name for worker in workers if worker.version < change.version]
            if missing and self._clock() < until:
                continue
            self._awaited.remove((change, until))
            if missing:
                error = NotAcknowledgedError(change.version, missing, ACKNOWLEDGED_WITHIN_S)
                log.error("guard_not_acknowledged", version=change.version, workers=missing)
                with storing("tell of a rollback"), writing(self._engine) as connection:
                    self._queue.put(connection, unacknowledged(change, error, self._clock()))


def holder_name(host: str, pid: int) -> str:
    """How a process is called that holds the lease."""
    return f"{host}/{pid}/{secrets.token_hex(4)}"


def holding(engine: sa.Engine, *, clock: Callable[[], float] = time.time) -> str:
    """Who watches now; empty: nobody. Raises StoreError."""
    return Lease(engine, LEASE, "", _TTL_S, clock=clock).holder()
