"""The rows of a rehearsed write, compared: what modern would have left against what legacy left, by the rules of `$rows`."""

from collections import Counter
from collections.abc import Iterable

from parity.exchange import RowPair
from parity.outcome import ABSENT, Difference, Kind
from parity.paths import ROWS, Steps
from parity.rule_tree import NO_RULES, RuleTree
from parity.walk import MAX_DIFFERENCES, walk


def row_differences(rows: Iterable[RowPair], rules: RuleTree = NO_RULES) -> list[Difference]:
    """What differs, at paths such as `$rows.escrows[0].city`. Raises BodyError for rows that cannot be walked."""
    found: list[Difference] = []
    places: Counter[str] = Counter()
    for pair in rows:
        steps = (*ROWS, pair.table, places[pair.table])
        places[pair.table] += 1
        found += _differences(pair, steps, rules)
        if len(found) >= MAX_DIFFERENCES:
            break
    return found[:MAX_DIFFERENCES]


def _differences(pair: RowPair, steps: Steps, rules: RuleTree) -> list[Difference]:
    if pair.is_again:
        other = walk(pair.legacy, pair.modern, steps, rules)
        return [] if other else [Difference(steps, Kind.EXTRA, ABSENT, pair.modern)]
    if pair.modern is None:
        return [] if pair.legacy is None else [Difference(steps, Kind.MISSING, pair.legacy, ABSENT)]
    if pair.legacy is None:
        return [Difference(steps, Kind.EXTRA, ABSENT, pair.modern)]
    return walk(pair.legacy, pair.modern, steps, rules)
