"""`crossfade parity report`: what differs between the two backends, in the terminal and in files of several kinds."""

from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.files import write_whole
from cli.output import console, json_option, print_json, warn
from cli.parity_accept import accept
from cli.parity_acceptances import acceptances
from cli.parity_gate import gate
from cli.parity_record import record
from cli.parity_recordings import diff, export, import_
from cli.parity_replay import replay
from cli.parity_rules import rules
from cli.parity_selftest import selftest
from cli.parity_unaccept import unaccept
from cli.parity_verdict import verdict
from cli.spans import Span
from parity.report_html import render_html
from parity.report_junit import render_junit
from parity.report_markdown import render_markdown
from parity.report_text import render_text


@click.group()
def parity() -> None:
    """What differs between the two backends, and whether a domain may advance."""


for command in (verdict, gate, rules, selftest, accept, acceptances, unaccept):
    parity.add_command(command)
for command in (record, replay, import_, export, diff):
    parity.add_command(command)


@parity.command()
@click.option("--domain", help="Only this domain.")
@click.option("--since", type=Span(), help="Only what happened in the last 90s, 15m, 2h, 7d.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained HTML file."
)
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML.")
@click.option(
    "--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write Markdown for a pull request."
)
@json_option
@pass_context
def report(
    context: Context,
    domain: str | None,
    since: float | None,
    html: Path | None,
    junit: Path | None,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Show outcomes with their sum, and the differences grouped by endpoint and path.

    Exit code 0 when nothing differs beyond what was accepted, 1 when something does.
    """
    if domain is not None:
        context.require_domain(domain)
    reported = context.operations.report(domain, since, whole=True)
    if reported.without_rules:
        warn(f"the report shows no rules: {reported.without_rules}")
    found = reported.report
    files = ((html, render_html), (junit, render_junit), (markdown, render_markdown))
    for file, render in files:
        if file is not None:
            write_whole(file, render(found))
    if as_json:
        values = found.to_json()
        print_json(values.pop("schema"), values)
    elif html is None and junit is None and markdown is None:
        render_text(found, console())
    if found.differs:
        raise click.exceptions.Exit(1)
