"""Changes of flags that are done when they are served, and that may be asked for again when an answer was lost.

Who gives `since_version` means one change, however often it is asked for: one like it in the ledger since that version
is it. What looked and found none acts on the version at which it looked, so of two that ask at once one is refused by
that version, looks again, and finds the other's.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Mapping

from proxy.control import Control
from proxy.errors import ConflictError, FlagStoreError
from proxy.flag_rows import Change
from proxy.flag_store import FlagStore
from proxy.flags import Flag, FlagTable
from proxy.served import ACKNOWLEDGE_WITHIN_S, Served, wait_served
from proxy.stages import Stage
from proxy.steps import Step

Act = Callable[[int | None], Change | None]
"""Makes a change on the version that it is given; None: on whatever is there."""
Fits = Callable[[Change], bool]
"""Whether a change of the ledger is what was asked for."""

_ATTEMPTS = 3
_PAGE = 1_000


class FlagChanges:
    """Through `Control` alone, in the name of an actor. Every method raises ProxyError with what refuses."""

    def __init__(
        self, flags: FlagStore, control: Control, actor: str, *, within_s: float = ACKNOWLEDGE_WITHIN_S
    ) -> None:
        self._flags = flags
        self._control = control
        self._actor = actor
        self._within_s = within_s

    def advance(
        self,
        key: str,
        *,
        share: float | None,
        reason: str,
        force: bool,
        expected_version: int | None,
        since_version: int | None = None,
    ) -> Served:
        """One step forward, as `Control.advance`."""

        def act(version: int | None) -> Change:
            return self._control.advance(
                key, share=share, actor=self._actor, reason=reason, force=force, expected_version=version
            )

        def fits(change: Change) -> bool:
            return share in (None, change.rows[0].after.canary_share)

        like = self._like("advance", key, reason, fits)
        return self._forward(act, like, expected_version, since_version)

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
        since_version: int | None = None,
    ) -> Served:
        """Exactly this stage, as `Control.set_stage`."""

        def act(version: int | None) -> Change:
            return self._control.set_stage(
                key,
                stage,
                canary_share=share,
                sample_rate=sample_rate,
                actor=self._actor,
                reason=reason,
                force=force,
                expected_version=version,
            )

        def fits(change: Change) -> bool:
            after = change.rows[0].after
            are_so = share in (None, after.canary_share), sample_rate in (None, after.sample_rate)
            return after.stage is stage and all(are_so)

        like = self._like("flip", key, reason, fits)
        return self._forward(act, like, expected_version, since_version)

    def plan(self, wanted: Mapping[str, Flag]) -> tuple[FlagTable, list[Step]]:
        """What would change if these rows were applied, as `Control.plan`."""
        return self._control.plan(wanted)

    def apply(
        self,
        wanted: Mapping[str, Flag],
        *,
        reason: str,
        force: bool,
        expected_version: int | None,
        since_version: int | None = None,
    ) -> Served:
        """Several rows at once, as `Control.apply`."""

        def act(version: int | None) -> Change | None:
            return self._control.apply(
                wanted, actor=self._actor, reason=reason, force=force, expected_version=version
            )

        def fits(change: Change) -> bool:
            return all(wanted.get(row.key) == row.after for row in change.rows)

        like = self._like("apply", "", reason, fits)
        return self._forward(act, like, expected_version, since_version)

    def roll_back(
        self,
        key: str | None,
        *,
        to: Stage,
        reason: str,
        told: Callable[[Served], None],
        since_version: int | None = None,
    ) -> None:
        """Back at once; `told` hears when that is served, before the verdict of that moment is looked for."""
        started = time.monotonic()

        def changed(change: Change) -> None:
            served = self._served(change, started)
            told(served)
            if served.workers and not served.missing:
                # the rollback is in force, whether the store keeps its time or not
                with contextlib.suppress(FlagStoreError):
                    self._flags.add_served(change.version, served.ms)

        def act(version: int | None) -> Change | None:
            return self._control.roll_back(
                key, to=to, actor=self._actor, reason=reason, expected_version=version, changed=changed
            )

        def fits(change: Change) -> bool:
            return all(row.after.stage is to for row in change.rows)

        # refused to nobody: whoever was quicker, there is another turn
        like = self._like("rollback", key or "", reason or "rollback", fits)
        change, is_new = self._once(act, like, None, since_version, itertools.count())
        if change is None:
            told(Served(self._flags.version()))
        elif not is_new:
            told(self._served(change, started))

    def _forward(self, act: Act, fits: Fits, expected: int | None, since: int | None) -> Served:
        started = time.monotonic()
        change, _ = self._once(act, fits, expected, since, range(_ATTEMPTS))
        return Served(self._flags.version()) if change is None else self._served(change, started)

    def _once(
        self, act: Act, fits: Fits, expected: int | None, since: int | None, attempts: Iterable[int]
    ) -> tuple[Change | None, bool]:
        """The change, and whether it was made now."""
        if since is None:
            return act(expected), True
        refused: ConflictError | None = None
        for _ in attempts:
            version = self._flags.version()
            if made := next(filter(fits, self._changes(since, version)), None):
                return made, False
            if refused is not None and expected is not None:
                break
            try:
                return act(version if expected is None else expected), True
            except ConflictError as error:
                refused = error
        raise refused or AssertionError("there is a first attempt")

    def _changes(self, since: int, version: int) -> list[Change]:
        """Those of the ledger since a version, up to another, newest first."""
        found: list[Change] = []
        before = version + 1
        while before > since + 1 and (page := self._flags.history(_PAGE, before=before)):
            found += [one for one in page if one.version > since]
            before = page[-1].version
        return found

    def _like(self, action: str, key: str, reason: str, fits: Fits) -> Fits:
        wanted = (action, key, self._actor, reason)
        return lambda one: (one.action, one.key, one.actor, one.reason) == wanted and fits(one)

    def _served(self, change: Change, started: float) -> Served:
        return wait_served(self._flags, change, started, within_s=self._within_s)
