"""`crossfade scorecard`: what the plan of the migration promises, what was measured, by which run and when."""

from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.files import write_whole
from cli.output import Progress, console, json_option, print_json
from loadtests.scorecard.card import Scorecard
from parity.load_results import MET, MISSED

_MISSED, _NOTHING_READ = 1, 3


@click.command()
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained HTML file."
)
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write Markdown.")
@click.option(
    "--build-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build"),
    show_default=True,
    help="Where make left what it measured.",
)
@click.option("--strict", is_flag=True, help="Exit code 1 also where something is undecided or not measured.")
@json_option
@pass_context
def scorecard(
    context: Context, html: Path | None, markdown: Path | None, build_dir: Path, strict: bool, as_json: bool
) -> None:
    """Show each goal of the plan with its baseline, its target, what was measured, by which run and when.

    Nothing is measured now but the structure of the code: everything else is looked up, and a goal without evidence
    says which command gives it. Exit code 0 when nothing is missed, 1 when something is, 3 when nothing could be read.
    """
    from cli.scorecard_sources import Sources
    from loadtests.scorecard.markdown import scorecard_markdown
    from loadtests.scorecard.page import scorecard_html
    from loadtests.scorecard.text import render_scorecard

    with Progress() as progress:
        progress("looking for evidence ...")
        card = Sources(context, build_dir).scorecard()
    for file, render in ((html, scorecard_html), (markdown, scorecard_markdown)):
        if file is not None:
            write_whole(file, render(card))
    if as_json:
        values = card.to_json()
        print_json(values.pop("schema"), values)
    elif html is None and markdown is None:
        render_scorecard(card, console())
    if code := _code(card, strict=strict):
        raise click.exceptions.Exit(code)


def _code(card: Scorecard, *, strict: bool) -> int:
    if card.is_blind:
        return _NOTHING_READ
    is_missed = len(card.of(MET)) < len(card.rows) if strict else bool(card.of(MISSED))
    return _MISSED if is_missed else 0
