"""How many rules of each kind hold for how many endpoints: what a rule book looks like from afar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from parity.paths import TextGlob
from parity.rule import Compare
from parity.rules import RuleBook


@dataclass(frozen=True, slots=True)
class KindOfRule:
    """Rows of rules files that compare in one way, and how many endpoints they hold for.

    `recording` of the rows hold only where answers of two runs are compared.
    """

    compare: str
    rules: int
    recording: int
    endpoints: int


@dataclass(frozen=True, slots=True)
class RulesSummary:
    """What a rule book holds. `expired` acceptances accept nothing any more."""

    kinds: list[KindOfRule]
    acceptances: int
    expired: int
    accepted_endpoints: int
    endpoints: int

    @property
    def rules(self) -> int:
        """All rows of rules."""
        return sum(kind.rules for kind in self.kinds)


def summarize(book: RuleBook, endpoints: Sequence[str], today: date) -> RulesSummary:
    """Count a rule book that was read from files: rows of rules, and acceptances once for each glob of their group."""
    kinds = []
    for compare in Compare:
        held = [rule for rule in book.rules if rule.compare is compare]
        sources = {rule.source for rule in held}
        recording = {rule.source for rule in held if rule.recording_only}
        reached = _reached([rule.endpoint for rule in held], endpoints)
        kinds.append(KindOfRule(compare.value, len(sources), len(recording), reached))
    return RulesSummary(
        kinds=kinds,
        acceptances=len(book.acceptances),
        expired=sum(acceptance.expires < today for acceptance in book.acceptances),
        accepted_endpoints=_reached([acceptance.endpoint for acceptance in book.acceptances], endpoints),
        endpoints=len(endpoints),
    )


def _reached(globs: Sequence[str], endpoints: Sequence[str]) -> int:
    compiled = [TextGlob.of(glob) for glob in set(globs)]
    return sum(any(glob.matches(name) for glob in compiled) for name in endpoints)
