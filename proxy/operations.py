"""What an operator's commands see and change, wherever the store is: beside them, or behind a console's API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from parity.exchange import Endpoint
from proxy.flag_rows import Change, Worker
from proxy.flags import Flag, FlagTable
from proxy.served import Served
from proxy.stages import Stage
from proxy.steps import Step

if TYPE_CHECKING:  # a rollback must not wait until all that a report needs is imported
    from parity.accepting import Wish
    from parity.holdings import Held
    from parity.outcome import Acceptance
    from parity.report import Report
    from parity.retention import Removed
    from parity.tally import Tally
    from parity.verdict import Verdict
    from proxy.openfeature_states import KeyState
    from proxy.pilot_runs import PilotRun


@dataclass(frozen=True, slots=True)
class StoreUse:
    """How many bytes the store takes, and what was removed from it."""

    taken: int
    removed: tuple["Removed", ...] = ()


@dataclass(frozen=True, slots=True)
class Reported:
    """A report; `without_rules` is why the rules file could not be read that it should show, or empty."""

    report: "Report"
    without_rules: str = ""


@dataclass(frozen=True, slots=True)
class GuardRow:
    """A guard that watches, or has rolled its domain back: where it stands, and why."""

    domain: str
    measure: str
    state: str
    note: str
    is_alarming: bool


@dataclass(frozen=True, slots=True)
class Piloted:
    """The latest run of a domain's pilot; `walked_by` is the process that walks it now, or empty."""

    run: "PilotRun"
    walked_by: str


@dataclass(frozen=True, slots=True)
class AcceptedNow:
    """Acceptances, and the version of the last entry of the ledger about them; None where none was made."""

    version: int | None
    acceptances: tuple["Acceptance", ...]


class Turn(StrEnum):
    """What a person may do with the run of a pilot."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


class Operations(Protocol):
    """One interface, however the store is reached. What refuses is raised, and then nothing was changed.

    Changes are made in the name of whoever asks: here of the actor, by an API of the access token.
    """

    @property
    def pause_s(self) -> float:
        """How long to wait before the same is asked again, by who follows what happens."""
        ...

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every endpoint that the flags are about."""
        ...

    def table(self) -> FlagTable:
        """The present flag table."""
        ...

    def version(self) -> int:
        """That of the present flag table."""
        ...

    def workers(self) -> list[Worker]:
        """The proxy workers that run."""
        ...

    def history(self, limit: int = 50, *, before: int | None = None) -> list[Change]:
        """The latest entries of the ledger, or the latest before a version, newest first."""
        ...

    def store_use(self) -> StoreUse:
        """How large the store is."""
        ...

    def alarming_keys(self) -> "list[KeyState]":
        """The flags that follow an OpenFeature provider and want a person."""
        ...

    def guards(self) -> list[GuardRow]:
        """The guards that are not idle."""
        ...

    def tallies(self, minute: int = 0) -> "dict[str, Tally]":
        """What was counted by domain, from a minute (Unix time divided by 60) on."""
        ...

    def report(
        self, domain: str | None = None, since_s: float | None = None, *, whole: bool = False
    ) -> Reported:
        """The parity report; `whole` with the samples of its groups, and the verdicts on what is mirrored."""
        ...

    def verdicts(self, names: Sequence[str], *, since_s: float | None = None) -> "list[Verdict]":
        """The verdicts on these domains, over the last `since_s` seconds or since each was changed."""
        ...

    def held(self) -> "tuple[Held, ...]":
        """Everything that is accepted, the expired and withdrawn ones too."""
        ...

    def accept(
        self, wishes: "Sequence[Wish]", *, dry_run: bool, since_version: int | None = None
    ) -> AcceptedNow:
        """Accept all of these groups, or none; with `since_version` what was accepted so since then is it."""
        ...

    def unaccept(self, ids: Sequence[str], reason: str, *, since_version: int | None = None) -> AcceptedNow:
        """Withdraw all of these acceptances, or none; with `since_version` as `accept`."""
        ...

    def advance(
        self, key: str, *, share: float | None, reason: str, force: bool, expected_version: int | None
    ) -> Served:
        """One step forward."""
        ...

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
        """Exactly this stage, with these shares."""
        ...

    def plan(self, wanted: Mapping[str, Flag]) -> tuple[FlagTable, list[Step]]:
        """What would change if these rows were applied, and the table that this was found on."""
        ...

    def apply(
        self, wanted: Mapping[str, Flag], *, reason: str, force: bool, expected_version: int | None
    ) -> Served:
        """Several rows at once, all or none."""
        ...

    def roll_back(self, key: str | None, *, to: Stage, reason: str, told: Callable[[Served], None]) -> None:
        """A domain, an endpoint or (None) everything back; `told` hears as soon as that is served."""
        ...

    def pilots(self) -> list[Piloted]:
        """The latest run of each domain that had one."""
        ...

    def pilot(self, domain: str) -> Piloted:
        """That of one domain; raises PilotError where there was none."""
        ...

    def turn_pilot(self, piloted: Piloted, turn: Turn, reason: str) -> Piloted:
        """Pause, resume or stop the run that was seen, unless it has changed since."""
        ...
