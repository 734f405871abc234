"""`crossfade parity unaccept`: what a person accepted does not hold any more."""

import click
from rich.text import Text

from cli.context import Context, pass_context
from cli.output import console, json_option, print_json
from cli.parity_accept import words
from cli.parity_acceptances import acceptance_json, scope


@click.command()
@click.argument("acceptance_ids", metavar="ACCEPTANCE...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it goes to the ledger.")
@json_option
@pass_context
def unaccept(context: Context, acceptance_ids: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Withdraw acceptances of the store, all of them or none: their differences count as mismatches from now on."""
    why = words("--reason", reason)
    done = context.operations.unaccept(acceptance_ids, why)
    if as_json:
        values = [acceptance_json(one) for one in done.acceptances]
        print_json(
            "crossfade.unaccept/1", {"version": done.version, "acceptance": values[0], "acceptances": values}
        )
        return
    out = console()
    for one in done.acceptances:
        out.print(Text(f"withdrawn {one.id}: these count as mismatches again"))
        out.print(Text(f"  {scope(one)}"))
