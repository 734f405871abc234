"""What the console shows of pilots, and does with them; their runs are in the store (`proxy/pilot_runs.py`)."""

import time
from collections.abc import Callable, Sequence
from functools import cache

import msgspec

from proxy.console import answers, bodies
from proxy.console.callers import Caller
from proxy.console.errors import FieldFault, ForbiddenError, NotFoundError
from proxy.console.seams import Sources
from proxy.console.tokens import Role
from proxy.console.views import change_row, concerns, moment
from proxy.errors import PilotError, PolicyError
from proxy.flag_rows import Change
from proxy.pilot import walker_of
from proxy.pilot_policy import DEFAULT_POLICY, name_of, parse_policy
from proxy.pilot_runs import ACTION, ACTOR, PilotRun, PilotRuns, RunState
from proxy.stages import Stage

CHANGES_SHOWN = 20
_LEDGER = 1_000


class PilotStep(msgspec.Struct, frozen=True):
    """A step of a policy; `needed` is what must hold there before the next one, empty at the last."""

    words: str
    needed: str
    made: bool


class Pilot(msgspec.Struct, frozen=True):
    """The latest pilot of a domain: `step` of its steps are made, the last at `since`, when it was started or resumed.

    `reason` is why it waits or is paused, `hours` when it makes steps (empty: at any time), `walked_by` the process that
    walks it (empty: none), `changes` its entries of the ledger, newest first.
    """

    domain: str
    state: str
    reason: str
    target: str
    policy: str
    policy_text: str
    step: int
    steps: list[PilotStep]
    hours: str
    since: str
    version: int
    actor: str
    started_at: str
    walked_by: str
    changes: list[answers.Change]


class Pilots(msgspec.Struct, frozen=True):
    """The latest pilot of each domain that had one; `version` is that of the flag table."""

    version: int
    pilots: list[Pilot]


class Piloting:
    """Reads them, and starts, pauses, resumes and stops them. Everything may wait for the store and raises what it raises."""

    def __init__(self, sources: Sources, *, clock: Callable[[], float] = time.time) -> None:
        self._sources = sources
        self._runs = PilotRuns(sources.engine, sources.flags)
        self._clock = clock

    def all(self) -> Pilots:
        """Every domain's; one that is configured no more has no page to lead to."""
        version = self._sources.flags.version()
        ledger = self._sources.flags.history(_LEDGER)
        runs = [run for run in self._runs.all() if run.domain in self._sources.domains]
        return Pilots(version, [self._shown(run, ledger) for run in runs])

    def latest(self, domain: str) -> Pilot | None:
        """That of a domain; None: it had none."""
        run = next((one for one in self._runs.all() if one.domain == domain), None)
        return None if run is None else self._shown(run, self._sources.flags.history(_LEDGER))

    def get(self, domain: str) -> Pilot:
        """That of a domain; raises NotFoundError."""
        found = self.latest(domain)
        if found is None:
            raise NotFoundError(f"no pilot was started for {domain}")
        return found

    def start(self, domain: str, wish: bodies.PilotStart, caller: Caller) -> Pilot:
        """Start one; raises PilotError where there is nothing to pilot, or one that is not over.

        A policy by which it goes on without conditions of the verdict is for who may override that.
        """
        text, name = _policy_of(wish, caller)
        self._runs.start(domain, text, name, wish.to, actor=caller.name, now=self._clock())
        return self.get(domain)

    def pause(self, domain: str, reason: str, actor: str) -> Pilot:
        """Until somebody resumes it; raises PilotError."""
        self._runs.pause(self._run(domain), reason or f"by {actor}", actor=actor)
        return self.get(domain)

    def resume(self, domain: str, actor: str) -> Pilot:
        """Go on from where the domain is now; raises PilotError."""
        self._runs.resume(self._run(domain), actor=actor, now=self._clock())
        return self.get(domain)

    def stop(self, domain: str, reason: str, actor: str) -> Pilot:
        """End it, the domain stays where it is; raises PilotError."""
        self._runs.stop(self._run(domain), actor=actor, reason=reason)
        return self.get(domain)

    def _run(self, domain: str) -> PilotRun:
        try:
            return self._runs.get(domain)
        except PilotError:
            raise NotFoundError(f"no pilot was started for {domain}") from None

    def _shown(self, run: PilotRun, ledger: Sequence[Change]) -> Pilot:
        steps = run.steps()
        hours = run.read_policy().working_hours if steps else None
        own = [one for one in ledger if _is_of(one, run.domain)]
        return Pilot(
            domain=run.domain,
            state=run.state.value,
            reason=run.reason,
            target=run.target.value,
            policy=run.policy_name,
            policy_text=run.policy,
            step=run.step,
            steps=[
                PilotStep(one.words, one.needed if number < len(steps) else "", number <= run.step)
                for number, one in enumerate(steps, 1)
            ],
            hours="" if hours is None else hours.words,
            since=moment(run.since),
            version=run.version,
            actor=run.actor,
            started_at=moment(run.started_at),
            walked_by=walker_of(self._sources.engine, run.domain) if run.state is RunState.RUNNING else "",
            changes=[change_row(one) for one in own[:CHANGES_SHOWN]],
        )


@cache
def policy_in_the_box() -> str:
    """Its text, which a page begins with."""
    return DEFAULT_POLICY.read_text(encoding="utf-8")


def _is_of(change: Change, domain: str) -> bool:
    if change.action == ACTION:
        return change.key == domain
    return change.actor.startswith(ACTOR) and concerns(change, {domain})


def _policy_of(wish: bodies.PilotStart, caller: Caller) -> tuple[str, str]:
    """The text and the name of the policy that is wished for; raises InvalidError or ForbiddenError."""
    default, own = name_of(DEFAULT_POLICY), wish.policy.replace("\r\n", "\n").strip()
    text = policy_in_the_box() if not own or own == policy_in_the_box().strip() else f"{own}\n"
    name = default if text == policy_in_the_box() else wish.policy_name
    faults = []
    if wish.to is Stage.OFF:
        faults.append(FieldFault("to", "'off': expected a stage to walk to"))
    if text != policy_in_the_box() and name in {"", default}:
        faults.append(FieldFault("policy_name", f"{name!r}: expected a name of its own for another policy"))
    try:
        lacks = sorted({lack for step in parse_policy(text, "").steps for lack in step.may_be_missing})
    except PolicyError as error:
        faults.append(FieldFault("policy", "; ".join(error.problems)))
    if faults:
        raise bodies.invalid(faults)
    if lacks and not caller.token.role.may(Role.ADMIN):
        raise ForbiddenError(
            f"by this policy it goes on without {', '.join(lacks)}: {caller.name} is {caller.token.role}; this is for admin"
        )
    return text, name
