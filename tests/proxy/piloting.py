"""A pilot on a real store, with a verdict and a clock that a test sets."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from parity.exchange import Endpoint
from proxy.control import Control, ControlSettings
from proxy.flag_rows import Judged
from proxy.flag_store import FlagStore
from proxy.flags import DEFAULT_FLAG, Flag
from proxy.freeze import FreezeWindow
from proxy.pilot import Pilot, PilotSettings
from proxy.pilot_runs import PilotRun, PilotRuns
from proxy.stages import Stage

ENDPOINTS = (
    Endpoint("escrows", "GET", "/v1/escrows"),
    Endpoint("leads", "GET", "/v1/leads"),
)
READY = Judged("ready", (), {"comparisons": 4_000, "mismatches": 0})
NO = Judged("no", ("groups: 1 open difference group",))
QUICK = """
[[steps]]
stage = "shadow"
hold = "1m"
[[steps]]
stage = "canary"
share = 0.05
[[steps]]
stage = "canary"
share = 0.5
verdict = ["queries"]
[[steps]]
stage = "live"
[[steps]]
stage = "complete"
"""
STEPS = [f"step {n} of 5 to complete" for n in (1, 2, 3)] + [
    "step 4 of 5 to complete, without asking for: queries",
    "step 5 of 5 to complete",
]
"""Why the ledger says that the steps of `QUICK` were made."""
BEGIN = 1_800_000_000.0


@dataclass
class Bridge:
    """Where a pilot stands: what the verdict says, what the clock shows, and when nobody goes forward."""

    engine: sa.Engine
    verdict: Judged = READY
    now: float = BEGIN
    freezes: tuple[FreezeWindow, ...] = ()
    judged: list[str] = field(default_factory=list)

    @property
    def flags(self) -> FlagStore:
        """The flag table."""
        return FlagStore(self.engine, ENDPOINTS)

    @property
    def runs(self) -> PilotRuns:
        """The runs."""
        return PilotRuns(self.engine, self.flags)

    def pilot(self, holder: str = "here", settings: PilotSettings | None = None) -> Pilot:
        """A pilot as a process would make it."""
        control = Control(self.flags, self.judge, ControlSettings(self.freezes), clock=self.clock)
        return Pilot(self.engine, self.flags, control, self.judge, holder, settings, clock=self.clock)

    def start(
        self, *, policy: str = QUICK, target: Stage = Stage.COMPLETE, domain: str = "escrows"
    ) -> PilotRun:
        """A run that begins now."""
        return self.runs.start(domain, policy, "quick", target, actor="ada", now=self.now)

    def clock(self) -> float:
        """What the clock shows."""
        return self.now

    def judge(self, key: str) -> Judged:
        """What the verdict says."""
        self.judged.append(key)
        return self.verdict

    def flag(self, domain: str = "escrows") -> Flag:
        """The flag of a domain."""
        return self.flags.table().rows.get(domain, DEFAULT_FLAG)

    def steps(self) -> list[str]:
        """The reasons of the pilot's steps in the ledger, oldest first."""
        return [
            change.reason
            for change in reversed(self.flags.history())
            if change.actor == "pilot:quick" and change.rows
        ]
