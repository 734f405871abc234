"""An operator's commands beside the store: everything is read there, and changed there through control."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from cli.control import control_of
from parity.exchange import Endpoint
from proxy.flag_changes import FlagChanges
from proxy.flag_follow import PAUSE_S
from proxy.flag_rows import Change, Worker
from proxy.flags import Flag, FlagTable
from proxy.operations import AcceptedNow, GuardRow, Piloted, Reported, StoreUse, Turn
from proxy.served import Served
from proxy.stages import Stage
from proxy.steps import Step

if TYPE_CHECKING:
    from cli.context import Context
    from parity.accepting import Wish
    from parity.holdings import Declared, Held
    from parity.tally import Tally
    from parity.verdict import Verdict
    from proxy.guard_survey import Surveyor
    from proxy.openfeature_states import KeyState
    from proxy.pilot import Pilot


class StoreOperations:
    """`Operations` in the store of a configuration, in the name of an actor. What they need is imported when it is used."""

    pause_s = PAUSE_S

    def __init__(self, context: "Context", actor: str) -> None:
        self._context = context
        self._actor = actor
        self._flags = context.flags
        self._engine = context.engine

    @cached_property
    def _changes(self) -> FlagChanges:
        return FlagChanges(self._flags, control_of(self._context), self._actor)

    @cached_property
    def _surveyor(self) -> "Surveyor":
        from proxy.guard_survey import Surveyor

        return Surveyor(self._engine, self._flags, self._context.settings.guards.settings())

    @cached_property
    def _pilot(self) -> "Pilot":
        from cli.piloting import pilot_of

        return pilot_of(self._context)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Those of the configuration."""
        return self._context.endpoints

    def table(self) -> FlagTable:
        """Raises FlagStoreError, as everything of the flags does."""
        return self._flags.table()

    def version(self) -> int:
        """That of the table."""
        return self._flags.version()

    def workers(self) -> list[Worker]:
        """The proxy workers that run."""
        return self._flags.workers()

    def history(self, limit: int = 50, *, before: int | None = None) -> list[Change]:
        """The ledger, newest first."""
        return self._flags.history(limit, before=before)

    def store_use(self) -> StoreUse:
        """Raises StoreError."""
        from parity.database import complete_tables, storing
        from parity.retention import read_removed, used_bytes
        from parity.tables import METADATA

        complete_tables(self._engine, METADATA)
        with storing("measure the store"), self._engine.connect() as connection:
            return StoreUse(used_bytes(connection, is_quick=True), tuple(read_removed(connection)))

    def alarming_keys(self) -> "list[KeyState]":
        """Raises StoreError."""
        from cli.openfeature_words import followed

        return [state for state in followed(self._context) if state.state.is_alarming]

    def guards(self) -> list[GuardRow]:
        """Raises FlagStoreError or StoreError."""
        from cli.guarding import state_words
        from proxy.guard_overview import Shown, overview
        from proxy.notification_queue import NotificationQueue

        seen = overview(self._engine, self._surveyor, NotificationQueue(self._engine, ()))
        return [
            GuardRow(
                line.seen.domain,
                line.seen.guard.measure.value,
                state_words(line),
                line.note or ("" if line.seen.look is None else line.seen.look.words),
                line.is_alarming,
            )
            for line in seen.lines
            if line.state is not Shown.IDLE
        ]

    def tallies(self, minute: int = 0) -> "dict[str, Tally]":
        """Raises StoreError."""
        from parity.counted import read_tallies

        return read_tallies(self._engine, self._context.endpoints, minute=minute)

    def report(
        self, domain: str | None = None, since_s: float | None = None, *, whole: bool = False
    ) -> Reported:
        """Raises StoreError, or UsageError where verdicts are configured wrong."""
        from parity.report import build_report

        declared, fault = self._declared()
        report = build_report(
            self._engine,
            since_s=since_s,
            domain=domain,
            endpoints=self._context.endpoints,
            declared=declared,
            max_fleeting_share=self._context.settings.parity.max_fleeting_share,
        )
        if not whole:
            groups = tuple(replace(group, samples=()) for group in report.groups)
            return Reported(replace(report, groups=groups), fault)
        mirrored = sorted({row.domain for row in report.endpoints if row.tally.mirrored and row.domain})
        found = self.verdicts(mirrored)
        return Reported(replace(report, verdicts=tuple(one.summary for one in found)), fault)

    def _declared(self) -> "tuple[Declared, str]":
        """The rules that groups are shown with: what was counted can be read without them."""
        from parity.errors import RulesError
        from parity.holdings import Declared

        try:
            return self._context.declared(), ""
        except RulesError as error:
            return Declared(), str(error)

    def verdicts(self, names: Sequence[str], *, since_s: float | None = None) -> "list[Verdict]":
        """Raises StoreError, or UsageError where they are configured wrong."""
        from cli.parity_verdict import verdicts_on

        return verdicts_on(self._context, names, since=since_s)

    def held(self) -> "tuple[Held, ...]":
        """Raises StoreError or RulesError."""
        from datetime import UTC, datetime

        from parity.database import complete_tables, storing
        from parity.holdings import read_holdings
        from parity.tables import METADATA

        complete_tables(self._engine, METADATA)
        with storing("read the acceptances"), self._engine.connect() as connection:
            return read_holdings(connection, self._context.declared(), datetime.now(UTC).date()).held

    def accept(
        self, wishes: "Sequence[Wish]", *, dry_run: bool, since_version: int | None = None
    ) -> AcceptedNow:
        """Raises AcceptanceError, StoreError or FlagStoreError."""
        from cli.accepting import accept_all

        return accept_all(self._context, self._actor, wishes, dry_run=dry_run, since_version=since_version)

    def unaccept(self, ids: Sequence[str], reason: str, *, since_version: int | None = None) -> AcceptedNow:
        """Raises AcceptanceError, StoreError or FlagStoreError."""
        from cli.accepting import withdraw_all

        return withdraw_all(self._context, self._actor, ids, reason, since_version=since_version)

    def advance(
        self, key: str, *, share: float | None, reason: str, force: bool, expected_version: int | None
    ) -> Served:
        """Raises as `Control.advance`."""
        return self._changes.advance(
            key, share=share, reason=reason, force=force, expected_version=expected_version
        )

    def set_stage(
        self,
        key: str,
        stage: Stage,
        *,
        share: float | None,
        sample_rate: float | None,
        reason: str,
        force: bool,
        expected_version: int | None,
    ) -> Served:
        """Raises as `Control.set_stage`."""
        return self._changes.set_stage(
            key,
            stage,
            share=share,
            sample_rate=sample_rate,
            reason=reason,
            force=force,
            expected_version=expected_version,
        )

    def plan(self, wanted: Mapping[str, Flag]) -> tuple[FlagTable, list[Step]]:
        """Raises FlagStoreError or StoreError."""
        return self._changes.plan(wanted)

    def apply(
        self, wanted: Mapping[str, Flag], *, reason: str, force: bool, expected_version: int | None
    ) -> Served:
        """Raises as `Control.apply`."""
        return self._changes.apply(wanted, reason=reason, force=force, expected_version=expected_version)

    def roll_back(self, key: str | None, *, to: Stage, reason: str, told: Callable[[Served], None]) -> None:
        """Raises UnknownKeyError or FlagStoreError."""
        self._changes.roll_back(key, to=to, reason=reason, told=told)

    def pilots(self) -> list[Piloted]:
        """Raises StoreError."""
        return [Piloted(run, self._pilot.holder(run.domain)) for run in self._pilot.runs.all()]

    def pilot(self, domain: str) -> Piloted:
        """Raises PilotError or StoreError."""
        return Piloted(self._pilot.runs.get(domain), self._pilot.holder(domain))

    def turn_pilot(self, piloted: Piloted, turn: Turn, reason: str) -> Piloted:
        """Raises PilotError, ConflictError or StoreError."""
        run, runs = piloted.run, self._pilot.runs
        match turn:
            case Turn.PAUSE:
                turned = runs.pause(run, reason or f"by {self._actor}", actor=self._actor)
            case Turn.RESUME:
                turned = runs.resume(run, actor=self._actor, now=time.time())
            case Turn.STOP:
                turned = runs.stop(run, actor=self._actor, reason=reason)
        return Piloted(turned, self._pilot.holder(run.domain))
