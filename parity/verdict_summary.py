"""A verdict in short, as a report and the overview of all domains show it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Lack:
    """A condition that does not hold: its name, and the sentence with its numbers."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class VerdictSummary:
    """The verdict on a domain in a word, with what is missing and what is wrong.

    It stands on the comparisons since `since` (Unix seconds; None: ever).
    """

    domain: str
    verdict: str
    since: float | None = None
    missing: tuple[Lack, ...] = ()
    wrong: tuple[Lack, ...] = ()

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """What is wrong, then what is missing."""
        return (*self.wrong, *self.missing)

    @property
    def names(self) -> str:
        """What lacks by its names, `groups; missing: coverage, self-test`; empty when nothing does."""
        parts = [_named(self.wrong)] if self.wrong else []
        if self.missing:
            parts.append(f"missing: {_named(self.missing)}" if parts else _named(self.missing))
        return "; ".join(parts)

    @property
    def line(self) -> str:
        """For example `not yet: coverage, self-test`; the word alone when nothing lacks."""
        return f"{self.verdict}: {self.names}" if self.names else self.verdict

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def _named(lacks: Sequence[Lack]) -> str:
    return ", ".join(lack.name for lack in lacks)
