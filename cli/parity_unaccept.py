"""`crossfade parity unaccept`: what a person accepted does not hold any more."""

import time
from collections.abc import Callable

import click
import sqlalchemy as sa
from rich.text import Text

from cli.context import Context, pass_context
from cli.output import console, json_option, print_json
from cli.parity_accept import words
from cli.parity_acceptances import acceptance_json, scope
from parity.acceptances import withdraw
from parity.database import complete_tables
from parity.outcome import Acceptance
from parity.tables import METADATA
from proxy.flag_rows import Note


@click.command()
@click.argument("acceptance_ids", metavar="ACCEPTANCE...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it goes to the ledger.")
@json_option
@pass_context
def unaccept(context: Context, acceptance_ids: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Withdraw acceptances of the store, all of them or none: their differences count as mismatches from now on."""
    why = words("--reason", reason)
    complete_tables(context.engine, METADATA)
    withdrawn: list[Acceptance] = []

    def withdrawing(acceptance_id: str) -> Callable[[sa.Connection], None]:
        return lambda connection: withdrawn.append(withdraw(connection, acceptance_id, at=time.time()))

    notes = [Note(one[:100], why, withdrawing(one)) for one in dict.fromkeys(acceptance_ids)]
    version = context.flags.note_all("unaccept", notes, actor=context.actor)[-1].version
    if as_json:
        values = [acceptance_json(one) for one in withdrawn]
        print_json(
            "crossfade.unaccept/1", {"version": version, "acceptance": values[0], "acceptances": values}
        )
        return
    out = console()
    for one in withdrawn:
        out.print(Text(f"withdrawn {one.id}: these count as mismatches again"))
        out.print(Text(f"  {scope(one)}"))
