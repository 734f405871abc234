"""The runs of pilots in the store: one row a domain, that of its latest run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from parity.database import complete_tables, storing
from proxy.errors import ConflictError, PilotError, PolicyError
from proxy.flag_rows import Change, RowChange
from proxy.flag_store import VERSION, FlagStore
from proxy.flags import DEFAULT_FLAG, Flag
from proxy.last_changes import flips_since
from proxy.pilot_policy import Policy, PolicyStep, parse_policy
from proxy.stages import Stage

METADATA = sa.MetaData()

PILOT_RUNS = sa.Table(
    "pilot_runs",
    METADATA,
    sa.Column("domain", sa.String(300), primary_key=True),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("policy_name", sa.String(100), nullable=False),
    sa.Column("target", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("began_at", sa.Double, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
)
"""Times in Unix seconds. `policy` is the text of the file as it was read; each change but of a wait raises `revision`."""

ACTION = "pilot"
"""How the ledger calls what becomes of a run beside its steps."""
ACTOR = "pilot:"
"""What the actor of a step begins with in the ledger; the name of its policy follows."""


class RunState(StrEnum):
    """What becomes of a run."""

    RUNNING = "running"
    PAUSED = "paused"
    """Until somebody resumes it; the reason says why."""
    DONE = "done"
    STOPPED = "stopped"

    @property
    def is_over(self) -> bool:
        """Whether another run of the domain may start."""
        return self in {RunState.DONE, RunState.STOPPED}


@dataclass(frozen=True, slots=True)
class PilotRun:
    """One run: `step` of the policy's steps are made, the last at `since`; `version` is the flag version it goes by.

    `reason` is why it waits or is paused; `began_at` is when it was started or resumed last.
    """

    domain: str
    policy: str
    policy_name: str
    target: Stage
    state: RunState
    step: int
    since: float
    reason: str
    version: int
    actor: str
    started_at: float
    began_at: float
    revision: int = 0

    @property
    def pilot(self) -> str:
        """Whom the ledger names."""
        return f"{ACTOR}{self.policy_name}"

    def read_policy(self) -> Policy:
        """The policy as it was read; raises PolicyError if this version of Crossfade cannot."""
        return parse_policy(self.policy, f"the policy {self.policy_name} of {self.domain}")

    def steps(self) -> tuple[PolicyStep, ...]:
        """The steps to its target; none of a policy that this version of Crossfade cannot read, of which the pilot tells."""
        try:
            return self.read_policy().steps_to(self.target)
        except PolicyError:
            return ()


class PilotRuns:
    """Starts, pauses, resumes and stops runs; each with its entry in the ledger, in one transaction.

    Methods raise StoreError or FlagStoreError when the store refuses, ConflictError when somebody was quicker.
    """

    def __init__(self, engine: sa.Engine, flags: FlagStore) -> None:
        self._engine = engine
        self._flags = flags
        self._prepared = False

    def all(self) -> list[PilotRun]:
        """The latest run of each domain that had one."""
        with storing("read the pilot's runs"):
            self._prepare()
            with self._engine.connect() as connection:
                rows = connection.execute(sa.select(PILOT_RUNS).order_by(PILOT_RUNS.c.domain)).mappings()
                return [_run_of(row) for row in rows]

    def get(self, domain: str) -> PilotRun:
        """The latest run of a domain; raises PilotError where there was none."""
        return run_of(self.all(), domain)

    def start(
        self, domain: str, text: str, policy_name: str, target: Stage, *, actor: str, now: float
    ) -> PilotRun:
        """Begin where the domain is; raises PilotError where that is the target, or where a run is not over."""
        steps = parse_policy(text, policy_name).steps_to(target)
        before = next((one for one in self.all() if one.domain == domain), None)
        if before is not None and not before.state.is_over:
            raise PilotError(
                f"a pilot of {domain} is {before.state} already: crossfade pilot stop {domain} ends it"
            )
        table = self._flags.table()
        flag = table.rows.get(domain, DEFAULT_FLAG)
        step = passed(steps, flag)
        if step == len(steps):
            raise PilotError(f"{domain} is at {flag.stage} already: there is nothing to pilot to {target}")
        revision = 0 if before is None else before.revision + 1
        run = PilotRun(
            domain, text, policy_name, target, RunState.RUNNING, step, now, "", 0, actor, now, now, revision
        )

        def insert(connection: sa.Connection) -> None:
            values = {**asdict(run), "version": _next_to(connection, table.version)}
            if before is None:
                # two that start at once: the second one's row is there already, and that is a conflict
                connection.execute(sa.insert(PILOT_RUNS).values(values))
            else:
                _change(connection, before, **values)

        self._flags.note(
            ACTION, domain, actor=actor, reason=f"started to {target} by policy {policy_name}", apply=insert
        )
        return self.get(domain)

    def pause(self, run: PilotRun, reason: str, *, actor: str) -> PilotRun:
        """Until somebody resumes it; raises PilotError where it does not run."""
        if run.state is not RunState.RUNNING:
            raise PilotError(f"the pilot of {run.domain} is {run.state}: there is nothing to pause")
        return self._turn(run, f"paused: {reason}", actor, RunState.PAUSED, reason)

    def resume(self, run: PilotRun, *, actor: str, now: float) -> PilotRun:
        """Go on from where the domain is now, whoever brought it there; raises PilotError where it is not paused.

        A hold begins anew only where the domain is at another step than before.
        """
        if run.state is not RunState.PAUSED:
            raise PilotError(
                f"the pilot of {run.domain} is {run.state}: only one that is paused can be resumed"
            )
        steps = run.read_policy().steps_to(run.target)
        table = self._flags.table()
        step = passed(steps, table.rows.get(run.domain, DEFAULT_FLAG))
        values = {"step": step, "since": run.since if step == run.step else now, "began_at": now}

        def turn(connection: sa.Connection) -> None:
            version = _next_to(connection, table.version)
            _change(connection, run, version=version, state=RunState.RUNNING, reason="", **values)

        self._flags.note(ACTION, run.domain, actor=actor, reason="resumed", apply=turn)
        return self.get(run.domain)

    def stop(self, run: PilotRun, *, actor: str, reason: str = "") -> PilotRun:
        """End it; the domain stays where it is. Raises PilotError where it is over."""
        if run.state.is_over:
            raise PilotError(f"the pilot of {run.domain} is {run.state} already")
        what = f"stopped: {reason}" if reason else "stopped"
        return self._turn(run, what, actor, RunState.STOPPED, reason)

    def finish(self, run: PilotRun) -> PilotRun:
        """The target is reached without a step of its own."""
        return self._turn(run, f"done: {run.domain} is at {run.target}", run.pilot, RunState.DONE)

    def wait(self, run: PilotRun, reason: str) -> None:
        """Say why nothing happens yet, if the run is still what it was."""
        if run.reason == reason:
            return
        with storing("note why a pilot waits"), self._engine.begin() as connection:
            connection.execute(sa.update(PILOT_RUNS).where(_of(run)).values(reason=reason))

    def stepping(self, run: PilotRun, *, now: float, is_last: bool) -> Callable[[sa.Connection], None]:
        """What is done in the transaction of a step: the run has made it, or (ConflictError) nothing is changed."""
        state = RunState.DONE if is_last else RunState.RUNNING

        def stepped(connection: sa.Connection) -> None:
            version = connection.scalar(VERSION)
            _change(connection, run, step=run.step + 1, since=now, reason="", version=version, state=state)

        return stepped

    def changed_since(self, run: PilotRun) -> tuple[Change, RowChange] | None:
        """The first change of the domain, or of an endpoint of it, since the version that the run goes by."""
        return next(reversed(list(flips_since(self._flags, {run.domain}, run.version))), None)

    def _turn(self, run: PilotRun, entry: str, actor: str, state: RunState, reason: str = "") -> PilotRun:
        self._flags.note(
            ACTION,
            run.domain,
            actor=actor,
            reason=entry,
            apply=lambda connection: _change(connection, run, state=state, reason=reason),
        )
        return self.get(run.domain)

    def _prepare(self) -> None:
        if not self._prepared:
            complete_tables(self._engine, METADATA)
            self._prepared = True


def run_of(runs: Iterable[PilotRun], domain: str) -> PilotRun:
    """That of a domain; raises PilotError where there was none."""
    for run in runs:
        if run.domain == domain:
            return run
    raise PilotError(f"no pilot was started for {domain}: crossfade pilot start {domain}")


def passed(steps: Sequence[PolicyStep], flag: Flag) -> int:
    """How many of the first steps a flag is at or beyond."""
    return sum(step.is_passed(flag) for step in steps)


def _next_to(connection: sa.Connection, seen: int) -> int:
    """The version of this transaction; raises ConflictError if anybody changed a flag since the table was `seen`."""
    version = connection.scalar(VERSION) or 0
    if version - 1 != seen:
        raise ConflictError("somebody else changed the flag table at the same moment; look again")
    return version


def _of(run: PilotRun) -> sa.ColumnElement[bool]:
    """The row, if the run is still what it was."""
    return (PILOT_RUNS.c.domain == run.domain) & (PILOT_RUNS.c.revision == run.revision)


def _change(connection: sa.Connection, run: PilotRun, **values: Any) -> None:
    """Raises ConflictError, and so undoes the transaction, if the run is not what it was."""
    changed = connection.execute(
        sa.update(PILOT_RUNS).where(_of(run)).values({**values, "revision": run.revision + 1})
    )
    if changed.rowcount != 1:
        raise ConflictError(f"somebody else changed the pilot of {run.domain} at the same moment; look again")


def _run_of(row: Mapping[Any, Any]) -> PilotRun:
    return msgspec.convert({str(name): value for name, value in row.items()}, PilotRun, strict=False)
