"""The one way by which anybody changes a flag: a step forward asks the verdict and the calendar, a rollback nobody."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import sqlalchemy as sa

from proxy.errors import ConflictError, RefusedError, StageError
from proxy.flag_rows import Change, Judged
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable, check_share, check_version
from proxy.freeze import FreezeWindow, frozen
from proxy.last_changes import flips_since
from proxy.stages import Stage
from proxy.steps import Step, following, refusal_of, together, weigh

Judge = Callable[[str], Judged]
"""What the verdict on a domain (or one of its endpoints) is now."""
JudgeBefore = Callable[[str, int], Judged]
"""What it was before a version of the flag table."""

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ControlSettings:
    """When nobody goes forward."""

    freezes: tuple[FreezeWindow, ...] = ()


class Control:
    """What operators, console, guards and pilot change flags through.

    Every step forward beyond `shadow` needs a ready verdict, and every one is refused in a freeze window; `force`
    overrides both, and the ledger says so. `judge_before` gives rollbacks their verdict, which nobody waits for.

    Who gives `expected_version`, the version that the decision was made on, changes nothing if the flags of the domain
    were changed since; what else is in the ledger since then is no conflict.
    """

    def __init__(
        self,
        flags: FlagStore,
        judge: Judge,
        settings: ControlSettings,
        *,
        judge_before: JudgeBefore | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._flags = flags
        self._judge = judge
        self._judge_before = judge_before
        self._settings = settings
        self._clock = clock

    def advance(
        self,
        key: str,
        *,
        actor: str,
        reason: str,
        share: float | None = None,
        force: bool = False,
        expected_version: int | None = None,
        may_be_missing: Collection[str] = (),
        also: Callable[[sa.Connection], None] | None = None,
    ) -> Change:
        """One step forward; with `share` into `canary`, or to a larger share of it.

        Without a share `canary` begins with that of a new flag. Raises RefusedError with what is missing but for the
        conditions that `may_be_missing`, StageError where there is no further step, ConflictError when somebody else
        was quicker. `also` is done in the transaction of the change.
        """

        def decide(table: FlagTable) -> tuple[Stage, float | None]:
            return following(key, self._flag(table, key), share)

        return self._set(
            decide,
            key,
            "advance",
            actor,
            reason,
            force=force,
            expected=expected_version,
            may_be_missing=may_be_missing,
            also=also,
        )

    def set_share(
        self,
        key: str,
        share: float,
        *,
        actor: str,
        reason: str,
        force: bool = False,
        expected_version: int | None = None,
    ) -> Change:
        """Another canary share, at stage `canary`; a larger one is a step forward. Raises as `advance`."""

        def decide(table: FlagTable) -> tuple[Stage, float | None]:
            flag = self._flag(table, key)
            if flag.stage is not Stage.CANARY:
                raise StageError(f"{key} is at {flag.stage}: only at canary there is a share to set")
            return flag.stage, share

        return self._set(decide, key, "share", actor, reason, force=force, expected=expected_version)

    def set_stage(
        self,
        key: str,
        stage: Stage,
        *,
        actor: str,
        reason: str,
        canary_share: float | None = None,
        sample_rate: float | None = None,
        force: bool = False,
        expected_version: int | None = None,
    ) -> Change:
        """Exactly this stage with these shares: the next one, the same, or any earlier. Raises as `advance`."""

        def decide(_table: FlagTable) -> tuple[Stage, float | None]:
            return stage, canary_share

        return self._set(
            decide,
            key,
            "flip",
            actor,
            reason,
            force=force,
            expected=expected_version,
            sample_rate=sample_rate,
        )

    def roll_back(
        self,
        key: str | None = None,
        *,
        to: Stage = Stage.OFF,
        actor: str,
        reason: str = "",
        expected_version: int | None = None,
        changed: Callable[[Change], None] = lambda _change: None,
    ) -> Change | None:
        """Take a domain, an endpoint or everything back; None: nothing is further. Refused by no verdict, no window.

        Raises ConflictError only for who gives `expected_version` and was overtaken, as a guard may be. `changed` is
        called as soon as the flags are, before the verdict of that moment is looked for.
        """
        change = self._flags.roll_back(
            key, to=to, actor=actor, reason=reason or "rollback", expected_version=expected_version
        )
        if change is None:
            return None
        try:
            changed(change)
        finally:
            change = self._with_verdict(change)
        return change

    def plan(self, wanted: Mapping[str, Flag]) -> tuple[FlagTable, list[Step]]:
        """What would change if these rows were applied, and the table that this was found on."""
        table = self._flags.table()
        steps = [
            self._weighed(Step(key, self._flag(table, key), after))
            for key, after in wanted.items()
            if after != self._flag(table, key)
        ]
        return table, steps

    def apply(
        self,
        wanted: Mapping[str, Flag],
        *,
        actor: str,
        reason: str,
        force: bool = False,
        expected_version: int | None = None,
    ) -> Change | None:
        """Set several rows at once, all or none; None: they are so already. Raises as `advance`, with every fault."""
        table, steps = self.plan(wanted)
        self._check_unchanged(wanted, table, expected_version)
        forbidden = [step.forbidden for step in steps if step.forbidden]
        refused = [f"{step.key}: {line}" for step in steps for line in step.refused]
        if forbidden or (refused and not force):
            raise RefusedError("nothing was applied", [*forbidden, *([] if force else refused)])
        return self._flags.apply(
            wanted,
            actor=actor,
            reason=reason,
            expected_version=table.version,
            verdict=together(steps),
            forced=bool(refused),
        )

    def _set(
        self,
        decide: Callable[[FlagTable], tuple[Stage, float | None]],
        key: str,
        action: str,
        actor: str,
        reason: str,
        *,
        force: bool,
        expected: int | None,
        sample_rate: float | None = None,
        may_be_missing: Collection[str] = (),
        also: Callable[[sa.Connection], None] | None = None,
    ) -> Change:
        # What was judged is what is changed: another change in between, and it is judged anew.
        for attempt in range(_ATTEMPTS):
            table = self._flags.table()
            self._check_unchanged([key], table, expected)
            stage, share = decide(table)
            if share is not None:
                check_share("the canary share", share)
            if sample_rate is not None:
                check_share("the sample rate", sample_rate)
            before = self._flag(table, key)
            after = replace(before, stage=stage, canary_share=before.canary_share if share is None else share)
            step = self._weighed(Step(key, before, after), may_be_missing)
            if step.forbidden:
                raise StageError(step.forbidden)
            if step.refused and not force:
                raise RefusedError(refusal_of(step), step.refused)
            try:
                return self._flags.flip(
                    key,
                    stage,
                    canary_share=share,
                    sample_rate=sample_rate,
                    actor=actor,
                    reason=reason,
                    expected_version=table.version,
                    action=action,
                    verdict=step.verdict,
                    forced=bool(step.refused),
                    also=also,
                )
            except ConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("every attempt returns or raises")

    def freeze(self) -> str:
        """Why nobody goes forward now, and until when; empty where nothing is in the way."""
        return frozen(self._settings.freezes, datetime.fromtimestamp(self._clock(), UTC))

    def _check_unchanged(self, keys: Collection[str], table: FlagTable, expected: int | None) -> None:
        """Raises ConflictError where the flags of these domains are not as they were at the version that was expected."""
        if expected is None or expected == table.version:
            return
        if expected > table.version:  # of another store
            check_version(table.version, expected)
        domains = {self._flags.domain_of(key) for key in keys}
        if found := next(flips_since(self._flags, domains, expected), None):
            change, row = found
            raise ConflictError(
                f"the flag of {row.key} was changed since version {expected}, by {change.actor} (version"
                f" {change.version}): {change.reason}; look again"
            )

    def _weighed(self, step: Step, may_be_missing: Collection[str] = ()) -> Step:
        """The step with the verdict of now, and with what is in its way."""
        return weigh(step, self._judge(step.key), self.freeze(), may_be_missing)

    def _with_verdict(self, change: Change) -> Change:
        domains = {self._flags.domain_of(row.key) for row in change.rows}
        if self._judge_before is None or (not change.key and len(domains) > 1):
            return change
        try:
            verdict = self._judge_before(change.key or domains.pop(), change.version)
            self._flags.add_verdict(change.version, verdict)
        except Exception:  # noqa: BLE001 -- the rollback is in force, and whoever asked for it has nothing to repair
            return change
        return replace(change, verdict=verdict)

    def _flag(self, table: FlagTable, key: str) -> Flag:
        return table.rows.get(key) or table.rows.get(self._flags.domain_of(key)) or DEFAULT_FLAG
