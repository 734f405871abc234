"""The scorecard in the terminal: fits 80 columns, and says everything without colour too."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from loadtests.scorecard.card import NO_EVIDENCE, Scorecard, Sourced
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
    for sourced in card.by_source:
        _evidence(sourced, console)
    for words in card.left_out_words:
        console.print(Text(words, style="dim"))


def _evidence(sourced: Sourced, console: Console) -> None:
    console.print(Text(sourced.source, style="bold"))
    silent = [row for row in sourced.rows if not row.found.detail and not sourced.remarks(row)]
    if silent:
        _print(", ".join(row.goal.name for row in silent), 2, console)
    for row in sourced.rows:
        if row not in silent:
            _print(f"{row.goal.name}: {row.found.detail}".removesuffix(": "), 2, console)
        for remark in sourced.remarks(row):
            _print(remark, 4, console)
    for remark in sourced.shared:
        _print(remark, 2, console)


def _print(text: str, indent: int, console: Console) -> None:
    console.print(Padding(Text(text), (0, 0, 0, indent), expand=False))
