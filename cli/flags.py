"""`crossfade flags`: the flag table, and what else can be done with all of it."""

from typing import Any

import click
from rich.table import Table

from cli.context import Context, pass_context
from cli.flag_files import apply, export, plan
from cli.flag_watching import watch
from cli.flag_words import flag_json
from cli.output import console, json_option, print_json
from proxy.flags import DEFAULT_FLAG, FlagTable
from proxy.stages import Stage


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def flags(click_context: click.Context, as_json: bool) -> None:
    """Show the flag table: every domain, and the endpoints that have a row of their own."""
    if click_context.invoked_subcommand is None:
        click_context.invoke(_show, as_json=as_json)


@click.command()
@json_option
@pass_context
def _show(context: Context, as_json: bool) -> None:
    table = context.operations.table()
    rows = [(key, table.rows.get(key, DEFAULT_FLAG)) for key in _keys(context, table)]
    if as_json:
        listed: list[dict[str, Any]] = [{"key": key, **flag_json(flag)} for key, flag in rows]
        print_json("crossfade.flags/1", {"version": table.version, "flags": listed})
        return
    out = Table(box=None, pad_edge=False, title=f"flag table, version {table.version}", title_justify="left")
    for heading, justify in (
        ("domain or endpoint", "left"),
        ("stage", "left"),
        ("canary", "right"),
        ("sample", "right"),
    ):
        out.add_column(heading, justify="right" if justify == "right" else "left")
    for key, flag in rows:
        share = f"{flag.canary_share:.0%}" if flag.stage is Stage.CANARY else "-"
        out.add_row(key, flag.stage.value, share, f"{flag.sample_rate:.0%}")
    console().print(out)


def _keys(context: Context, table: FlagTable) -> list[str]:
    own = [key for key in table.rows if key not in context.domain_names()]
    return [*context.domain_names(), *sorted(own)]


for command in (export, plan, apply, watch):
    flags.add_command(command)
