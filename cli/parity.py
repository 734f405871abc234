"""`crossfade parity`, and its `report`: what differs between the two backends, in the terminal, as JSON, as one HTML file."""

from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.output import console, json_option, message, print_json
from cli.parity_record import record
from cli.parity_recordings import diff, export, import_
from cli.parity_replay import replay
from cli.spans import Span
from parity.report import build_report
from parity.report_html import render_html
from parity.report_text import render_text


@click.group()
def parity() -> None:
    """What differs between the two backends."""


@parity.command()
@click.option("--domain", help="Only this domain.")
@click.option("--since", type=Span(), help="Only what happened in the last 90s, 15m, 2h, 7d.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained HTML file."
)
@json_option
@pass_context
def report(
    context: Context, domain: str | None, since: float | None, html: Path | None, as_json: bool
) -> None:
    """Show outcomes with their sum, and the differences grouped by endpoint and path.

    Exit code 0 when nothing differs beyond what was accepted, 1 when something does.
    """
    if domain is not None:
        context.require_domain(domain)
    found = build_report(context.engine, since_s=since, domain=domain, endpoints=context.endpoints)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render_html(found))
        message(f"wrote {html}")
    if as_json:
        values = found.to_json()
        print_json(values.pop("schema"), values)
    elif html is None:
        render_text(found, console())
    if found.differs:
        raise click.exceptions.Exit(1)


for _command in (record, replay, import_, export, diff):
    parity.add_command(_command)
