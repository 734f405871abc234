"""The scorecard in the terminal: fits 80 columns, and says everything without colour too."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadtests.scorecard.card import NO_EVIDENCE, Row, Scorecard
from parity.load_results import MET, MISSED, UNDECIDED
from parity.report_words import moment

STYLES = {MET: "green", MISSED: "bold red", UNDECIDED: "yellow", NO_EVIDENCE: "dim"}


def render_scorecard(card: Scorecard, console: Console) -> None:
    """The goals as a table, then by which run each was measured, and what speaks against it."""
    console.print(Text(f"Scorecard · {moment(card.generated_at)}", style="dim"))
    console.print(Text(card.headline, style="bold red" if card.of(MISSED) else "bold"))
    for problem in card.unread:
        console.print(Text(f"could not be read: {problem}", style="bold red"))
    console.print()
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("goal", width=22)
    table.add_column("baseline", width=12)
    table.add_column("target", width=13)
    table.add_column("measured")
    for row in card.rows:
        goal, found = row.goal, row.found
        word = Text(found.judgement, style=STYLES[found.judgement])
        table.add_row(
            word, Text(goal.name), Text(goal.baseline), Text(goal.target), Text(found.measured or "-")
        )
    console.print(table)
    console.print()
    console.print(Text("Evidence", style="bold"))
    for row in card.rows:
        _evidence(row, console)
    for name, why in card.left_out:
        console.print(Text(f"{name}: left out, {why}", style="dim"))


def _evidence(row: Row, console: Console) -> None:
    console.print(Text(row.goal.name))
    detail = f"{row.found.detail}; {row.source}" if row.found.detail else row.source
    for line in (detail, *row.found.remarks):
        console.print(Padding(Text(line, style="dim"), (0, 0, 0, 2), expand=False))
