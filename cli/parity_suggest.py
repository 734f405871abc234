"""`crossfade parity rules suggest`: rules that what was seen gives reason to propose."""

import click

from cli.context import Context, pass_context
from cli.output import json_option, print_json
from parity.report import build_report
from parity.suggest import suggest as suggestions_of
from parity.suggest_toml import suggestions_toml


@click.command()
@click.option("--domain", help="Only this domain.")
@json_option
@pass_context
def suggest(context: Context, domain: str | None, as_json: bool) -> None:
    """Propose rules as TOML that can be pasted, each with its evidence.

    From noise (legacy differed from itself) and from groups that differ in value and never in shape. What is not
    proposed is said with the reason.
    """
    if domain is not None:
        context.require_domain(domain)
    book = context.rules()
    report = build_report(context.engine, domain=domain, endpoints=context.endpoints)
    found = suggestions_of(report, book)
    if as_json:
        values = found.to_json()
        print_json(values.pop("schema"), values)
    else:
        click.echo(suggestions_toml(found), nl=False)
