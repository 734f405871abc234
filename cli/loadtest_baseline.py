"""`crossfade loadtest baseline`: load tests under a name, and whether modern became worse since then."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.text import Text

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.files import write_whole
from cli.loadtest_history import interval, store_or_refusal
from cli.output import console, json_option, message, print_json
from parity.load_baselines import LoadBaseline, LoadBaselines
from parity.load_comparison import ERRORS, Change, LoadChange, LoadComparison, compare
from parity.load_junit import render_junit
from parity.load_results import ALL, CACHE, LoadRatio
from parity.load_tests import KeptLoadTest, LoadTests
from parity.report_words import count, moment

SCHEMA = "crossfade.loadtest-comparison/1"
SCHEMA_OF_ALL = "crossfade.loadtest-baselines/1"
REGRESSED = 1
_STYLES = {
    Change.REGRESSION: "red",
    Change.IMPROVEMENT: "green",
    Change.SAME: "dim",
    Change.UNDECIDED: "yellow",
}


@click.group()
def baseline() -> None:
    """Load tests under a name, which later ones are compared with."""


@baseline.command()
@click.argument("name")
@click.argument("test_id", metavar="[ID]", required=False)
@click.option("--replace", is_flag=True, help="Also where the name is taken.")
@json_option
@pass_context
def save(context: Context, name: str, test_id: str | None, replace: bool, as_json: bool) -> None:
    """Keep a load test under a name, for as long as the name stays; default: the latest."""
    with store_or_refusal():
        test = _chosen(context, test_id)
        baselines = LoadBaselines(context.engine)
        baselines.save(name, test, context.actor, replace=replace)
        found = baselines.all()
    if as_json:
        _print_json(found)
    message(f"{name} is {test.id} of {', '.join(test.test.domains)}, ended {moment(test.at)}")


@baseline.command("compare")
@click.argument("name")
@click.argument("test_id", metavar="[ID]", required=False)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 10),
    default=0.05,
    show_default=True,
    help="How much worse a time or a share of hits may be.",
)
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML.")
@json_option
@pass_context
def compare_(
    context: Context, name: str, test_id: str | None, tolerance: float, junit: Path | None, as_json: bool
) -> None:
    """Say whether modern became worse since a baseline; default: the latest load test.

    Compared is modern by legacy now with modern by legacy then. Exit code 0: no regression; 1: a regression;
    2: the two cannot be compared.
    """
    with store_or_refusal():
        kept = LoadBaselines(context.engine).get(name)
        found = compare(_chosen(context, test_id), kept, tolerance=tolerance)
    if junit is not None:
        write_whole(junit, render_junit(found))
    if as_json:
        print_json(SCHEMA, msgspec.to_builtins(found))
    else:
        render_comparison(found, console())
    if found.regressions:
        raise click.exceptions.Exit(REGRESSED)


@baseline.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """List the baselines."""
    with store_or_refusal():
        found = LoadBaselines(context.engine).all()
    if as_json:
        _print_json(found)
        return
    if not found:
        message("there is no baseline yet: crossfade loadtest baseline save NAME")
        return
    out = console()
    for one in found:
        out.print(Text(one.name, style="bold"))
        test = one.of.test
        out.print(Text(f"  {one.of.id} of {', '.join(test.domains)}: {test.scenario}, {test.judgement}"))
        out.print(Text(f"  ended {moment(one.of.at)}, saved by {one.saved_by}", style="dim"))


@baseline.command()
@click.argument("name")
@json_option
@pass_context
def remove(context: Context, name: str, as_json: bool) -> None:
    """Take a name away; a load test that is older than the last 50 goes with it."""
    with store_or_refusal():
        baselines = LoadBaselines(context.engine)
        baselines.remove(name)
        found = baselines.all()
    if as_json:
        _print_json(found)
    message(f"{name} is no baseline any more")


def _print_json(found: Sequence[LoadBaseline]) -> None:
    """The baselines that there are now."""
    rows = [
        {
            "name": one.name,
            "saved_at": one.saved_at,
            "saved_by": one.saved_by,
            "id": one.of.id,
            "at": one.of.at,
            "domains": one.of.test.domains,
            "scenario": one.of.test.scenario,
            "judgement": one.of.test.judgement,
        }
        for one in found
    ]
    print_json(SCHEMA_OF_ALL, {"baselines": rows})


def render_comparison(found: LoadComparison, out: Console) -> None:
    """What got worse or better and what became of all together, in 80 columns; the rest is counted."""
    n = len(found.regressions)
    headline = Text(f"{found.now} beside {found.baseline} ({found.then}): ", style="bold")
    said = count(n, "regression") if n else "no regression"
    out.print(headline.append(said, style=_STYLES[Change.REGRESSION if n else Change.SAME]))
    out.print(Text(f"  {'':8} {'then':15} {'now':15} change", style="dim"))
    for (domain, endpoint), own in groupby(found.told, key=lambda one: (one.domain, one.endpoint)):
        out.print(Text(f"{domain}: {endpoint}" if endpoint == ALL and domain else endpoint, style="bold"))
        for one in own:
            told = " ".join(f"{_told(one, part):15}" for part in (one.then, one.now, one.change))
            line = Text(f"  {one.measure:8} {told} ")
            out.print(line.append(one.says, style=_STYLES[Change(one.says)]))
    rest = Counter(one.says for one in found.changes) - Counter(one.says for one in found.told)
    for word, tail in ((Change.SAME, f" within {found.tolerance:.0%}"), (Change.UNDECIDED, "")):
        if rest[word]:
            out.print(Text(f"and {count(rest[word], 'measure')} more {word}{tail}", style="dim"))
    for note in found.notes:
        out.print(Text(note, style="dim"))


def _told(change: LoadChange, found: LoadRatio | None) -> str:
    if found is None or change.measure not in {CACHE, ERRORS}:
        return interval(found)
    if found is change.change:
        value = f"{found.value * 100:+.3g}%"
        return (
            value
            if change.measure == ERRORS
            else f"{value} {found.low * 100:+.0f} to {found.high * 100:+.0f}"
        )
    value = f"{found.value * 100:.3g}%"
    return value if change.measure == ERRORS else f"{value} {found.low * 100:.0f}-{found.high * 100:.0f}"


def _chosen(context: Context, test_id: str | None) -> KeptLoadTest:
    """The one with that id or the latest; raises UsageError where there is none."""
    tests = LoadTests(context.engine)
    found = next(iter(tests.latest(1)), None) if test_id is None else tests.get(test_id)
    if found is not None:
        return found
    if test_id is None:
        raise UsageError("no load test is kept yet: crossfade loadtest --domain NAME")
    raise UsageError(f"there is no load test {test_id!r}, or it is kept no more: crossfade loadtest history")
