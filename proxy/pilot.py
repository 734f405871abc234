"""The pilot: walks domains through the stages by their policies, one step at a time, each only once."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog

from parity.errors import StoreError
from proxy.control import Control, Judge
from proxy.errors import ConflictError, FlagStoreError, PolicyError, ProxyError, RefusedError
from proxy.flag_rows import Change, Judged
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG
from proxy.lease import Lease
from proxy.pilot_decision import Decision, Done, Go, Pause, Seen, Wait, decide, told
from proxy.pilot_policy import Policy
from proxy.pilot_runs import PilotRun, PilotRuns, RunState
from proxy.stages import Stage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_LEASE_NAME = 60


@dataclass(frozen=True, slots=True)
class PilotSettings:
    """How often a pilot decides, how long its lease outlives it, and how long the store may be away unnoticed."""

    every_s: float = 5.0
    lease_s: float = 30.0
    away_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Walked:
    """What a pilot decided about a run, and the change that came of it."""

    run: PilotRun
    decision: Decision
    change: Change | None = None


class Pilot:
    """Decides about runs that it has the lease of. What it decides on is what it changes, or it changes nothing.

    Methods raise StoreError or FlagStoreError while the store is away.
    """

    def __init__(
        self,
        engine: sa.Engine,
        flags: FlagStore,
        control: Control,
        judge: Judge,
        holder: str,
        settings: PilotSettings | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.runs = PilotRuns(engine, flags)
        self.settings = settings or PilotSettings()
        self._engine = engine
        self._flags = flags
        self._control = control
        self._judge = judge
        self._holder = holder
        self._clock = clock
        self._leases: dict[str, Lease] = {}
        self._away_since: float | None = None

    async def run(self) -> None:
        """Walk every run that is running, until it is cancelled; then the leases are free at once."""
        try:
            while True:
                await asyncio.to_thread(self._walk_all)
                await asyncio.sleep(self.settings.every_s)
        finally:
            await asyncio.to_thread(self._release_all)

    def hold(self, domain: str) -> bool:
        """Have or take the lease of a domain; False while another process walks it."""
        return self._lease(domain).hold()

    def release(self, domain: str) -> None:
        """Let another process walk it."""
        self._lease(domain).release()
        del self._leases[domain]

    def holder(self, domain: str) -> str:
        """Who walks it; empty: nobody."""
        return walker_of(self._engine, domain)

    def walk(self, domain: str) -> Walked:
        """Decide about a run, and do that; raises PilotError where there is none."""
        run = self.runs.get(domain)
        if run.state is not RunState.RUNNING:
            return Walked(run, Done() if run.state.is_over else Pause(run.reason))
        # what is decided on stands at this version: whoever changes anything later makes the step fail
        version = self._flags.version()
        try:
            policy = run.read_policy()
            decision = decide(run, policy, self._seen(run))
        except PolicyError as error:
            return self._did(run, Pause(str(error)))
        if not isinstance(decision, Go):
            return self._did(run, decision)
        try:
            return self._step(run, policy, decision, version)
        except RefusedError as error:  # the verdict, or the calendar, has just changed
            return self._did(run, Wait("verdict", "; ".join(error.lines)))

    def _step(self, run: PilotRun, policy: Policy, go: Go, version: int) -> Walked:
        steps = policy.steps_to(run.target)
        reason = f"step {run.step + 1} of {len(steps)} to {run.target}"
        if go.may_be_missing:
            reason += f", without asking for: {', '.join(sorted(go.may_be_missing))}"
        change = self._control.advance(
            run.domain,
            share=go.step.share,
            actor=run.pilot,
            reason=reason,
            expected_version=version,
            may_be_missing=go.may_be_missing,
            also=self.runs.stepping(run, now=self._clock(), is_last=run.step + 1 == len(steps)),
        )
        return Walked(self.runs.get(run.domain), go, change)

    def _did(self, run: PilotRun, decision: Wait | Pause | Done) -> Walked:
        match decision:
            case Pause(reason):
                run = self.runs.pause(run, reason, actor=run.pilot)
            case Wait(_, reason):
                self.runs.wait(run, reason)
                run = replace(run, reason=reason)
            case Done():
                run = self.runs.finish(run)
        return Walked(run, decision)

    def _seen(self, run: PilotRun) -> Seen:
        flag = self._flags.table().rows.get(run.domain, DEFAULT_FLAG)
        changed = self.runs.changed_since(run)
        return Seen(
            datetime.fromtimestamp(self._clock(), UTC),
            flag,
            # into shadow none is needed: nothing is compared at off
            Judged("not yet") if flag.stage is Stage.OFF else self._judge(run.domain),
            self._control.freeze(),
            self._away_words() or ("" if changed is None else told(*changed)),
        )

    def _walk_all(self) -> None:
        try:
            for run in self.runs.all():
                if run.state is RunState.RUNNING:
                    self._walk_one(run.domain)
                elif run.domain in self._leases:
                    self.release(run.domain)
        except (StoreError, FlagStoreError) as error:
            if self._away_since is None:
                self._away_since = time.monotonic()
                log.warning("pilot_store_away", error=str(error))
        else:
            self._away_since = None

    def _walk_one(self, domain: str) -> None:
        try:
            if self.hold(domain):
                _tell(self.walk(domain))
        except FlagStoreError:
            raise
        except ConflictError:  # somebody was quicker; what to do now is for the next time
            pass
        except ProxyError as error:
            log.warning("pilot_failed", domain=domain, error=str(error))

    def _away_words(self) -> str:
        if self._away_since is None:
            return ""
        away_s = time.monotonic() - self._away_since
        return "" if away_s < self.settings.away_s else f"the store was away for {away_s:.0f} s"

    def _release_all(self) -> None:
        for domain in list(self._leases):
            try:
                self.release(domain)
            except StoreError as error:  # it ends by itself
                log.warning("pilot_lease_not_released", domain=domain, error=str(error))

    def _lease(self, domain: str) -> Lease:
        if domain not in self._leases:
            self._leases[domain] = Lease(
                self._engine, _lease_name(domain), self._holder, self.settings.lease_s
            )
        return self._leases[domain]


def walker_of(engine: sa.Engine, domain: str) -> str:
    """The process that walks a domain now; empty: nobody. Raises StoreError."""
    return Lease(engine, _lease_name(domain), "", 0.0).holder()


def _lease_name(domain: str) -> str:
    return f"pilot:{domain}"[:_LEASE_NAME]


def _tell(walked: Walked) -> None:
    run = walked.run
    match walked.decision:
        case Go(step):
            log.info("pilot_stepped", domain=run.domain, policy=run.policy_name, to=step.words)
        case Pause(reason):
            log.warning("pilot_paused", domain=run.domain, policy=run.policy_name, reason=reason)
        case Done():
            log.info("pilot_done", domain=run.domain, policy=run.policy_name)
        case Wait():
            pass  # the run says so
