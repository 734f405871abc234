"""`crossfade retire`: whether legacy is needed for a domain any more, proven by the counts, and what can be deleted then."""

from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.files import write_whole
from cli.leftovers import find_leftovers
from cli.output import console, json_option, print_json
from cli.retirement import Retirement, render_retirement, retirement_json, retirement_markdown
from cli.spans import Span, span_words
from parity.served import read_unused
from proxy.counters import UNLISTED
from proxy.flags import FlagTable
from proxy.stages import Stage

NOT_PROVEN = 1
SCHEMA = "crossfade.retire/1"
_LEAST_S = 60.0
_DAY_S = 86_400.0


@click.command()
@click.argument("domain")
@click.option(
    "--unused",
    type=Span(),
    default="14d",
    show_default=True,
    help="How long legacy must not have been asked: 90m, 12h, 14d; store.max_age_days at most.",
)
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it as Markdown too, for a ticket.",
)
@json_option
@pass_context
def retire(context: Context, domain: str, unused: float, markdown: Path | None, as_json: bool) -> None:
    """Prove that legacy has served nothing of a domain for a time, and list what can be deleted.

    Nothing is changed. Exit code 0 when it is proven, 1 when it is not: with what legacy was asked for, when last, and
    for which times nobody knows.
    """
    context.require_domain(domain)
    kept_s = context.settings.store.max_age_days * _DAY_S
    if not _LEAST_S <= unused <= kept_s:
        raise UsageError(
            f"--unused {span_words(unused)}: expected 1m to {span_words(kept_s)}, for which counts are kept by the minute"
            " (store.max_age_days)"
        )
    found = _retirement(context, domain, unused, kept_s)
    if markdown is not None:
        write_whole(markdown, retirement_markdown(found))
    if as_json:
        print_json(SCHEMA, retirement_json(found))
    else:
        render_retirement(found, console())
    if not found.is_proven:
        raise click.exceptions.Exit(NOT_PROVEN)


def _retirement(context: Context, domain: str, unused: float, kept_s: float) -> Retirement:
    table = context.flags.table()
    own = [endpoint.name for endpoint in context.endpoints if endpoint.domain == domain]
    counts = read_unused(context.engine, own, domain=domain, asked_s=unused, kept_s=kept_s)
    unlisted = read_unused(context.engine, [UNLISTED], asked_s=unused, kept_s=kept_s, now=counts.at)
    found = Retirement(domain, counts, tuple(_in_the_way(context, domain, table)), unlisted.uses, None)
    return found.with_leftovers(find_leftovers(context, domain, table)) if found.is_proven else found


def _in_the_way(context: Context, domain: str, table: FlagTable) -> list[str]:
    """Why legacy may be asked again at any moment, whatever was counted."""
    stages = {
        endpoint.name: table.flag_for(endpoint).stage
        for endpoint in context.endpoints
        if endpoint.domain == domain
    }
    found = []
    for stage in Stage:
        names = [name for name, own in stages.items() if own is stage]
        if stage is Stage.COMPLETE or not names:
            continue
        which = f"{domain} is" if len(names) == len(stages) else f"{', '.join(names)}:"
        found.append(f"{which} at {stage}, not at {Stage.COMPLETE}: legacy may be asked again at any moment")
    found += [
        f"{worker.name} serves flag version {worker.version}, not {table.version}"
        for worker in context.flags.workers()
        if worker.version != table.version
    ]
    return found
