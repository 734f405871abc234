"""The verdict on one exchange: its outcome, and the differences that led to it."""

from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Any

import msgspec

from parity.paths import Steps, fold, render


class Outcome(StrEnum):
    """What became of one mirrored request; it has exactly one of these."""

    MATCH = "match"
    """The answers are the same, as far as the rules ask."""
    ACCEPTED = "accepted"
    """The answers differ, and each difference has been accepted by a person."""
    MISMATCH = "mismatch"
    """The answers differ."""
    TRANSIENT = "transient"
    """The answers differed, and did not when asked again: the data moved."""
    SHED = "shed"
    """The copy was not sent, or its exchange not handed over, because a bound was reached."""
    TIMEOUT = "timeout"
    """The shadow backend gave no answer in time."""
    ERROR = "error"
    """A backend gave no whole answer."""
    SKIPPED = "skipped"
    """The answers could not be compared; the reason says why."""


class Aside(StrEnum):
    """What is counted beside the outcomes, each with a reason: what asking again brought, and rows of rehearsals."""

    CONFIRMATIONS = "confirmations"
    """A read that differed was asked again: it `persisted`, the data had `moved`, or the answers `agreed`."""
    UNCONFIRMED = "unconfirmed"
    """A mismatch that could not be asked again; the reason says why."""
    NOISE_CHECKS = "noise_checks"
    """A read that matched was asked again: legacy answered the `same`, or `differed` from itself."""
    REHEARSALS = "rehearsals"
    """A rehearsed write was compared: by its `answers` alone, or by its answers and `rows`."""
    ROWS = "rows"
    """A row that modern would have written was `compared`, or was not; the reason says why."""


class Kind(StrEnum):
    """How two observations differ at one path."""

    STATUS = "status"
    HEADER = "header"
    MISSING = "missing"
    """Legacy has it, modern has not."""
    EXTRA = "extra"
    """Modern has it, legacy has not."""
    TYPE = "type"
    """Another JSON type; 1, 1.0 and true are three types."""
    VALUE = "value"
    ORDER = "order"
    """The same list items in another order."""
    LENGTH = "length"


class Absent(Enum):
    """Stands for a value that is not there, which is not null."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of an object or list of `size` members, of which a difference keeps no more."""

    beginning: dict[str, Any] | list[Any]
    size: int

    def __len__(self) -> int:
        return self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A difference that a person has accepted, until `expires` (the last day on which it holds).

    `endpoint` and `path` are globs; an empty `kind`, a status of None and no `shapes` hold for any. `shapes` are
    pairs of (legacy's, modern's) as `parity.value_shapes` writes them. One of the store has an `id`.
    """

    endpoint: str
    path: str
    reason: str
    owner: str
    expires: date
    kind: Kind | None = None
    legacy_status: int | None = None
    modern_status: int | None = None
    quirk: str = ""
    ticket: str = ""
    shapes: tuple[tuple[str, str], ...] = ()
    id: str = ""

    @property
    def label(self) -> str:
        """The reason, with the quirk's number in front."""
        if not self.quirk or self.reason.startswith(self.quirk):
            return self.reason
        return f"{self.quirk}: {self.reason}"


# no dataclass, whose members are set one by one through `object` where it is frozen: half a microsecond for each
class Difference(msgspec.Struct, frozen=True):
    """One path where the two observations differ; a value that is not there is `ABSENT`, of a large one there is an `Excerpt`."""

    steps: Steps
    kind: Kind
    legacy: Any
    modern: Any
    acceptance: Acceptance | None = None

    @property
    def path(self) -> str:
        """The path with its indices, `$.data.escrows[0].id`."""
        return render(self.steps)

    @property
    def folded(self) -> str:
        """The path with its indices folded, `$.data.escrows[*].id`: what differences are grouped by."""
        return fold(self.steps)

    @property
    def accepted_by(self) -> str:
        """The label of the acceptance, or an empty text."""
        return self.acceptance.label if self.acceptance else ""


class Comparison(msgspec.Struct, frozen=True):
    """The verdict on one exchange; `reason` is one word for `transient`, `timeout`, `error`, `skipped`, else empty."""

    outcome: Outcome
    reason: str = ""
    differences: tuple[Difference, ...] = ()

    @property
    def mismatches(self) -> tuple[Difference, ...]:
        """The differences that nobody has accepted."""
        return tuple(difference for difference in self.differences if difference.acceptance is None)
