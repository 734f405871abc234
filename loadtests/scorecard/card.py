"""The scorecard as values: a row a goal with what was found, and what is said of the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loadtests.scorecard.goals import Goal
from parity.load_results import MET, MISSED, UNDECIDED
from parity.report_words import count, moment

SCHEMA = "crossfade.scorecard/1"
NO_EVIDENCE = "no evidence"
JUDGEMENTS = (MET, MISSED, UNDECIDED, NO_EVIDENCE)


@dataclass(frozen=True, slots=True)
class Found:
    """What the evidence says of a goal.

    `measured` is short, `detail` has what it is of; `numbers` are the same for programs. `by` names the run, the file or
    the entries, `at` is when that was (Unix seconds). `remarks` say what speaks against believing it.
    """

    judgement: str = NO_EVIDENCE
    measured: str = ""
    detail: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    by: str = ""
    at: float | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A goal, and what was found of it."""

    goal: Goal
    found: Found

    @property
    def source(self) -> str:
        """By which run and when; without evidence the command that gives it."""
        if self.found.judgement == NO_EVIDENCE:
            return f"no evidence; to have it: {self.goal.command}"
        return f"{self.found.by}, {'now' if self.found.at is None else moment(self.found.at)}"


@dataclass(frozen=True, slots=True)
class Sourced:
    """The rows that one source speaks of; what is remarked of several is said once."""

    source: str
    rows: tuple[Row, ...]

    @property
    def shared(self) -> list[str]:
        """The remarks on several rows, with the names of these where it is not all."""
        return [
            remark if len(names) == len(self.rows) else f"{', '.join(names)}: {remark}"
            for remark, names in self._repeated.items()
        ]

    def remarks(self, row: Row) -> list[str]:
        """Those on that row alone."""
        return [remark for remark in row.found.remarks if remark not in self._repeated]

    @property
    def _repeated(self) -> dict[str, list[str]]:
        names_of: dict[str, list[str]] = {}
        for row in self.rows:
            for remark in row.found.remarks:
                names_of.setdefault(remark, []).append(row.goal.name)
        return {remark: names for remark, names in names_of.items() if len(names) > 1}


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All of it. `left_out` says of the goals that do not apply why; `unread` are the sources that could not be read."""

    generated_at: float
    rows: tuple[Row, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()

    def of(self, judgement: str) -> list[Row]:
        """The rows that are judged so."""
        return [row for row in self.rows if row.found.judgement == judgement]

    @property
    def headline(self) -> str:
        """The whole in one sentence."""
        parts = [f"{len(self.of(word))} {word}" for word in JUDGEMENTS if self.of(word)]
        return f"{count(len(self.rows), 'goal')}: {', '.join(parts)}."

    @property
    def by_source(self) -> list[Sourced]:
        """The rows by what speaks of them, in their order."""
        rows_of: dict[str, list[Row]] = {}
        for row in self.rows:
            rows_of.setdefault(row.source, []).append(row)
        return [Sourced(source, tuple(rows)) for source, rows in rows_of.items()]

    @property
    def left_out_words(self) -> list[str]:
        """What is left out, a line a reason."""
        names_of: dict[str, list[str]] = {}
        for name, why in self.left_out:
            names_of.setdefault(why, []).append(name)
        return [f"left out: {', '.join(names)}: {why}" for why, names in names_of.items()]

    @property
    def is_blind(self) -> bool:
        """Whether nothing could be read at all."""
        return bool(self.unread) and len(self.of(NO_EVIDENCE)) == len(self.rows)

    def to_json(self) -> dict[str, Any]:
        """JSON values; `SCHEMA` is the version of their form. Times are Unix seconds."""
        return {
            "schema": SCHEMA,
            "generated_at": self.generated_at,
            **{word.replace(" ", "_"): len(self.of(word)) for word in JUDGEMENTS},
            "rows": [_row_json(row) for row in self.rows],
            "left_out": dict(self.left_out),
            "unread": list(self.unread),
        }


def _row_json(row: Row) -> dict[str, Any]:
    goal, found = row.goal, row.found
    return {
        "key": goal.key,
        "name": goal.name,
        "baseline": goal.baseline,
        "target": goal.target,
        "limit": goal.limit,
        "judgement": found.judgement,
        "measured": found.measured,
        "detail": found.detail,
        "figures": dict(found.numbers),
        "by": found.by,
        "at": found.at,
        "remarks": list(found.remarks),
        "command": goal.command,
    }


def some(names: Sequence[str], shown: int = 3) -> str:
    """The first of these, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"
