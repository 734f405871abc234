"""When the rules changed: comparisons made by other rules are no evidence for what the present ones let pass."""

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from parity.database import storing, upsert
from parity.outcome import Acceptance
from parity.paths import takes_any
from parity.rules import Rule, RuleBook
from parity.tables import RULE_CHANGES


def fingerprints(rules: RuleBook) -> dict[str, str]:
    """For each glob over endpoints, one for all that the book says of it: the same for the same files."""
    said: dict[str, list[str]] = {}
    rows: list[Rule | Acceptance] = [*rules.rules, *rules.acceptances]
    for one in rows:
        said.setdefault(one.endpoint, []).append(repr(one))
    return {glob: hashlib.sha256("\n".join(lines).encode()).hexdigest() for glob, lines in said.items()}


def note_rules(connection: sa.Connection, rules: RuleBook, at: float) -> None:
    """Keep what changed since the rules were noted last; those that are noted first have been so from the start."""
    before = {row.endpoint: row.fingerprint for row in connection.execute(sa.select(RULE_CHANGES))}
    now = {"*": "", **dict.fromkeys(before, ""), **fingerprints(rules)}
    rows = [
        {"endpoint": glob, "fingerprint": fingerprint, "changed_at": at if before else 0.0}
        for glob, fingerprint in sorted(now.items())
        if before.get(glob) != fingerprint
    ]
    upsert(connection, RULE_CHANGES, rows, fingerprint="new", changed_at="new")


def rules_changed_at(engine: sa.Engine, endpoints: Iterable[str]) -> float | None:
    """When what the book says of any of these endpoints changed last (Unix seconds); None: never, that is known.

    Raises StoreError when the database refuses.
    """
    names = list(endpoints)
    with storing("read the store"), engine.connect() as connection:
        if not sa.inspect(connection).has_table(RULE_CHANGES.name):
            return None
        changed = [
            row.changed_at
            for row in connection.execute(sa.select(RULE_CHANGES))
            if takes_any(row.endpoint, names)
        ]
    return max(changed, default=0.0) or None
