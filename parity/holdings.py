"""What holds at the place of a group: how its values are compared and by which rule, what accepts it, and who uses that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from parity.acceptances import stored_acceptances
from parity.accepting import is_taken, takes_path
from parity.outcome import Acceptance
from parity.rules import Compare, RuleBook
from parity.stretches import counted_since, kept_stretches
from parity.tables import ACCEPTANCES, GROUP_COUNTS, GROUPS

STORE = "store"
"""Where an acceptance comes from that was made by `crossfade parity accept`."""


@dataclass(frozen=True, slots=True)
class Held:
    """An acceptance with where it comes from (a rules file and its row, or `store`); times are Unix seconds.

    `n` exchanges used it among those that the store still counts, the last at `last_used_at`.
    """

    acceptance: Acceptance
    source: str
    accepted_at: float | None = None
    accepted_by: str = ""
    withdrawn_at: float | None = None
    n: int = 0
    last_used_at: float | None = None

    def is_expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.acceptance.expires < today

    def holds(self, today: date) -> bool:
        """Whether it accepts anything today."""
        return self.withdrawn_at is None and not self.is_expired(today)

    @property
    def name(self) -> str:
        """What a person finds it by: its id, or file and row."""
        return self.acceptance.id or self.source


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds at one place: `compare` by `rule` (its reason and where it says so; empty: none), and acceptances.

    `accepts` are those that take the place today, `accepted_by` the one that made the group.
    """

    compare: str
    rule: str
    accepts: tuple[Held, ...]
    accepted_by: Held | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """All rules and acceptances that there are, the withdrawn ones of the store too."""

    rules: RuleBook
    held: tuple[Held, ...]
    today: date

    @property
    def present(self) -> list[Acceptance]:
        """The acceptances that hold today."""
        return [held.acceptance for held in self.held if held.holds(self.today)]

    def at(self, endpoint: str, folded: str, kind: str, label: str = "") -> Holding:
        """What holds at the place of a group that is accepted by `label` (empty: by nobody)."""
        taking = [held for held in self.held if is_taken(endpoint, folded, kind, held.acceptance)]
        maker = [held for held in taking if label and held.acceptance.label == label]
        compare, rule = self._rule_at(endpoint, folded)
        return Holding(
            compare,
            rule,
            tuple(held for held in taking if held.holds(self.today)),
            min(maker, key=lambda held: not held.holds(self.today), default=None),
        )

    def _rule_at(self, endpoint: str, folded: str) -> tuple[str, str]:
        above = list(_upwards(folded))
        for rule in reversed(self.rules.rules_of(endpoint)):
            if rule.recording_only or rule.of_lists:
                continue
            if any(takes_path(rule.path, place) for place in above):
                return rule.compare.value, f"{rule.reason} ({rule.endpoint} {rule.path})"
        return Compare.VALUE.value, ""


def _upwards(folded: str) -> Iterable[str]:
    """The place and all that it is in, nearest first: a rule holds for everything below its path."""
    yield folded
    while (cut := max(folded.rfind("."), folded.rfind("["))) > 0:
        folded = folded[:cut]
        yield folded


@dataclass(frozen=True, slots=True)
class Declared:
    """The rule book, and the acceptances of each rules file that it was read from."""

    rules: RuleBook = field(default_factory=RuleBook)
    files: Mapping[Path, Sequence[Acceptance]] = field(default_factory=dict)

    @classmethod
    def load(cls, paths: Sequence[Path]) -> "Declared":
        """Read rules files; raises RulesError with every fault of every file."""
        rules = RuleBook.load(paths)
        return cls(rules, {path: RuleBook.load([path]).acceptances for path in paths})


def read_holdings(connection: sa.Connection, declared: Declared, today: date) -> Holdings:
    """What was declared and what was accepted in the store, with its use; a store without tables accepts nothing."""
    held = [
        Held(acceptance, f"{path}, acceptance {row}")
        for path, acceptances in declared.files.items()
        for row, acceptance in enumerate(acceptances, start=1)
    ]
    if sa.inspect(connection).has_table(ACCEPTANCES.name):
        held.extend(
            Held(row.acceptance, STORE, row.accepted_at, row.accepted_by, row.withdrawn_at)
            for row in stored_acceptances(connection)
        )
        held = _used(connection, held)
    return Holdings(declared.rules, tuple(held), today)


def _used(connection: sa.Connection, held: Sequence[Held]) -> list[Held]:
    counted = counted_since(GROUP_COUNTS, 0, kept_stretches(connection))
    sums = sa.select(counted.c.group_id, sa.func.sum(counted.c.n).label("n")).group_by(counted.c.group_id)
    used = sums.subquery()
    columns = (GROUPS.c.endpoint, GROUPS.c.path, GROUPS.c.kind, GROUPS.c.accepted_by, GROUPS.c.last_seen_at)
    chosen = (
        sa.select(*columns, used.c.n)
        .join(used, used.c.group_id == GROUPS.c.id)
        .where(GROUPS.c.accepted_by != "")
    )
    by_label: dict[str, list[Any]] = {}
    for row in connection.execute(chosen):
        by_label.setdefault(row.accepted_by, []).append(row)
    found = []
    for one in held:
        uses = [
            row
            for row in by_label.get(one.acceptance.label, ())
            if is_taken(row.endpoint, row.path, row.kind, one.acceptance)
        ]
        last = max((row.last_seen_at for row in uses), default=None)
        found.append(replace(one, n=sum(int(row.n) for row in uses), last_used_at=last))
    return found
