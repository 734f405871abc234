"""What the API answers to an operator's commands, beside what it answers to everybody (`answers.py`)."""

from typing import Any

import msgspec

from parity.exchange import Endpoint
from parity.retention import Removed
from parity.tally import Tally
from proxy.console.answers import Acknowledgement, Change, Flag, Judged
from proxy.openfeature_states import KeyState
from proxy.operations import GuardRow
from proxy.pilot_runs import PilotRun


class Endpoints(msgspec.Struct, frozen=True):
    """Every endpoint that the flags are about."""

    endpoints: list[Endpoint]


class StoreUsed(msgspec.Struct, frozen=True):
    """How many bytes the store takes, what was removed from it, and the flags that follow a provider and want a person."""

    taken: int
    removed: list[Removed]
    alarming: list[KeyState]


class Tallies(msgspec.Struct, frozen=True):
    """What was counted, by domain; of what is of none the name is empty."""

    tallies: dict[str, Tally]


class Guards(msgspec.Struct, frozen=True):
    """The guards that are not idle."""

    guards: list[GuardRow]


class Values(msgspec.Struct, frozen=True):
    """Values that the command line makes its text of; what is in them is as this version of Crossfade has it.

    `note` is what could not be shown with them, or empty.
    """

    values: list[dict[str, Any]]
    note: str = ""


class LastByModern(msgspec.Struct, frozen=True):
    """The last answer of modern where something was rolled back: which worker gave it, and when it ended (Unix seconds)."""

    worker: str
    endpoint: str
    at_s: float


class FlagChanged(msgspec.Struct, frozen=True):
    """A change that is in force, `ms` after it was asked for; the `missing` workers may still serve what was before.

    `change` is null where nothing had to be changed at `version`.
    """

    version: int
    change: Change | None
    ms: float
    workers: list[Acknowledgement]
    missing: list[str]
    last_by_modern: LastByModern | None


class Step(msgspec.Struct, frozen=True):
    """What a row would become, and what is in the way: `forbidden` cannot be forced, `refused` can."""

    key: str
    before: Flag
    after: Flag
    verdict: Judged | None
    refused: list[str]
    forbidden: str


class Plan(msgspec.Struct, frozen=True):
    """The steps to the rows that are wanted, from the flag table at `version`."""

    version: int
    steps: list[Step]


class PilotedRun(msgspec.Struct, frozen=True):
    """The latest run of a domain's pilot; `walked_by` is empty where nobody walks it now. Times are Unix seconds."""

    run: PilotRun
    walked_by: str


class PilotedRuns(msgspec.Struct, frozen=True):
    """The latest run of each domain that had one."""

    runs: list[PilotedRun]


class AcceptedAll(msgspec.Struct, frozen=True):
    """Acceptances that were made or withdrawn, with the version of the last entry of the ledger; null: none was made."""

    version: int | None
    acceptances: list[dict[str, Any]]
