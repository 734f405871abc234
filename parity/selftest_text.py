"""The results of the self-test for a terminal: every endpoint with what was tried, and what passed with its reason."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from parity.edits import MutationKind
from parity.selftest_results import ShapeShareRow, TrialRow, added_up


def render_selftest(rows: Sequence[TrialRow], shares: Sequence[ShapeShareRow], console: Console) -> None:
    """Print it, without anything that is wider than the terminal."""
    share_of = {share.endpoint: share for share in shares}
    for endpoint in sorted({row.endpoint for row in rows}):
        mine = [row for row in rows if row.endpoint == endpoint]
        console.print(f"[bold]{escape(endpoint)}[/]{_share(share_of.get(endpoint))}")
        _indented(console, ", ".join(_kind(kind, mine) for kind in MutationKind if _tried(kind, mine)))
        for row in mine:
            if row.by_rule:
                _indented(console, f"passed by rule {row.by_rule}: {escape(row.blame)}")
            if row.missed:
                _indented(console, f"[red]not caught {row.missed}[/]: {escape(row.example)}")
                _indented(console, f"to blame: {escape(row.blame)}", by=4)
    state = added_up(rows)
    console.print()
    console.print(
        f"{state.tried} mutations tried: {state.caught} caught, {state.by_rule} passed by rule, "
        + (f"[red]{state.missed} not caught[/]" if state.missed else "none missed")
    )


def _indented(console: Console, text: str, *, by: int = 2) -> None:
    console.print(Padding(text, (0, 0, 0, by), expand=False))


def _tried(kind: MutationKind, rows: Sequence[TrialRow]) -> int:
    return sum(row.tried for row in rows if row.kind == kind.value)


def _kind(kind: MutationKind, rows: Sequence[TrialRow]) -> str:
    caught = sum(row.caught for row in rows if row.kind == kind.value)
    tried = _tried(kind, rows)
    return f"{kind.value} {tried}" if caught == tried else f"{kind.value} {caught} of {tried}"


def _share(of: ShapeShareRow | None) -> str:
    if of is None or not of.leaves:
        return ""
    pairs = f"{of.pairs} pair" if of.pairs == 1 else f"{of.pairs} pairs"
    return f"  {pairs}, {of.by_shape / of.leaves:.0%} of {of.leaves} values by shape alone"
