"""`crossfade parity acceptances`: what is accepted, by whom, until when, and who uses it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import click
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.context import Context, pass_context
from cli.output import console, json_option, message, print_json
from parity.acceptance_words import acceptance_json, held_json, scope
from parity.holdings import Held
from parity.report_words import count, moment

__all__ = ["acceptance_json", "acceptances", "scope"]


@click.command()
@json_option
@pass_context
def acceptances(context: Context, as_json: bool) -> None:
    """List what is accepted, by the rules files and in the store, with its use; expired ones are marked."""
    today = datetime.now(UTC).date()
    held = context.operations.held()
    if as_json:
        print_json("crossfade.acceptances/1", {"acceptances": [held_json(one, today) for one in held]})
        return
    if not held:
        message("nothing is accepted")
        return
    _print_all(held, today)


def _print_all(everything: Sequence[Held], today: date) -> None:
    out = console()
    for held in everything:
        state, style = _state(held, today)
        out.print(Text(held.acceptance.label, style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        until = Text(f"{held.acceptance.owner}, until {held.acceptance.expires}: ")
        rows = [("takes", Text(scope(held.acceptance))), ("owner", until.append(state, style=style))]
        rows.append(("used", Text(_use(held))))
        if held.acceptance.ticket:
            rows.append(("ticket", Text(held.acceptance.ticket)))
        made = f" by {held.accepted_by}, {moment(held.accepted_at)}" if held.accepted_at else ""
        rows.append(("from", Text(f"{held.source} {held.acceptance.id}{made}".replace("  ", " ").strip())))
        for name, value in rows:
            table.add_row(Text(name, style="dim"), value)
        out.print(Padding(table, (0, 0, 0, 2), expand=False))
    expired = sum(held.is_expired(today) and held.withdrawn_at is None for held in everything)
    unused = sum(not held.n and held.holds(today) for held in everything)
    out.print(f"{count(len(everything), 'acceptance')}, {expired} expired, {unused} unused")


def _state(held: Held, today: date) -> tuple[str, str]:
    if held.withdrawn_at is not None:
        return f"withdrawn {moment(held.withdrawn_at)}", "dim"
    if held.is_expired(today):
        return "EXPIRED: counts as a mismatch again", "bold red"
    return "holds", ""


def _use(held: Held) -> str:
    if held.last_used_at is not None:
        return f"by {count(held.n, 'exchange')}, last {moment(held.last_used_at)}"
    return f"never since {moment(held.accepted_at)}" if held.accepted_at else "never"
