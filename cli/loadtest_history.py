"""`crossfade loadtest history`: the load tests that are kept, and whether modern gets slower along them."""

import contextlib
import difflib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import console, json_option, message, print_json
from parity.errors import StoreError
from parity.load_results import MET, MISSED, LoadRatio
from parity.load_tests import KEPT, LoadTests, not_shown
from parity.load_trend import LoadPoint, LoadTrend, trends
from parity.load_trend import history as points_of

SCHEMA = "crossfade.loadtest-history/1"
STYLES = {MET: "green", MISSED: "red", "partial": "red"}


@click.command()
@click.option("--domain", help="Only load tests that include it, and what they found of it.")
@click.option("--endpoint", help="Only what was found of this endpoint, for example 'GET /v1/escrows'.")
@click.option("--scenario", help="Only load tests of this scenario.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=KEPT, show_default=True, help="How many, newest first."
)
@json_option
@pass_context
def history(
    context: Context,
    domain: str | None,
    endpoint: str | None,
    scenario: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show the load tests that are kept, and whether modern gets slower.

    One line for those that asked the same on the same machine. Worse or better is said only where the 95 % intervals
    of the newest, and of the one before it or of the oldest, are apart.
    """
    if domain is not None:
        context.require_domain(domain)
    if endpoint is not None:
        domain = _domain_of(context, endpoint, domain)
    with store_or_refusal():
        tests = LoadTests(context.engine)
        points = points_of(tests.latest(limit, domain, scenario=scenario), domain, endpoint)
        others = not_shown(tests.of_other_versions(domain))
    lines = trends(points)
    if as_json:
        values = {"domain": domain, "endpoint": endpoint, "load_tests": points, "trends": lines}
        print_json(SCHEMA, {**msgspec.to_builtins(values), "not_shown": others})
        return
    if not points:
        message("no such load test is kept" if domain or scenario else "no load test is kept yet")
    render_history(points, lines, console())
    if others:
        message(others)


def render_history(points: Sequence[LoadPoint], lines: Sequence[LoadTrend], out: Console) -> None:
    """A table and a trend for each line of them, in 80 columns."""
    known = {point.id: point for point in points}
    for number, line in enumerate(lines):
        own = [known[test_id] for test_id in line.ids]
        if number:
            out.print()
        out.print(Text(_asked(own[0]), style="bold"))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("ended (UTC)", "id", "judged"):
            table.add_column(name, no_wrap=True)
        for name in ("time", "queries", "cache", "p95"):
            table.add_column(name, justify="right", no_wrap=True)
        for point in own:
            word = "partial" if point.problem else point.judgement
            table.add_row(
                datetime.fromtimestamp(point.at, UTC).strftime("%Y-%m-%d %H:%M"),
                point.id,
                Text(word, style=STYLES.get(word, "yellow")),
                interval(point.time),
                "-" if point.queries is None else f"{point.queries.value:.2f}",
                "-" if point.cache is None else f"{point.cache.value:.0%}",
                "-" if point.p95_ms is None else f"{point.p95_ms:.1f}",
            )
        out.print(table)
        out.print(_trend(line, known))
    if points:
        note = "time, queries: modern's by legacy's; cache: share of hits, p95: ms, both of modern"
        out.print(Text(note, style="dim"))


def interval(found: LoadRatio | None) -> str:
    """Such as `0.57 0.52-0.61`, without the interval where it has no width; a dash for none."""
    if found is None:
        return "-"
    return f"{found.value:.2f}" + (f" {found.low:.2f}-{found.high:.2f}" if found.high > found.low else "")


@contextlib.contextmanager
def store_or_refusal() -> Iterator[None]:
    """Without a store there is nothing to compare: exit code 2, as of all of `crossfade loadtest` that cannot run."""
    try:
        yield
    except StoreError as error:
        raise UsageError(str(error)) from error


def _domain_of(context: Context, name: str, domain: str | None) -> str:
    """The domain of an endpoint; raises UsageError where it is none, or of another domain."""
    known = {
        endpoint.name: endpoint.domain for endpoint in context.endpoints if domain in {None, endpoint.domain}
    }
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        which = "" if domain is None else f" of {domain}"
        raise UsageError(f"--endpoint {name!r}: expected an endpoint{which} like 'GET /v1/escrows'{hint}")
    return known[name]


def _asked(point: LoadPoint) -> str:
    rate = "" if point.rate_rps is None else f", {point.rate_rps:g} a second"
    machine = f", on {point.machine}" if point.machine else ""
    users = f"{point.users} user{'' if point.users == 1 else 's'}"
    return f"{', '.join(point.domains)}: {point.scenario}, {users}{rate}, {point.through}{machine}"


def _trend(line: LoadTrend, known: dict[str, LoadPoint]) -> Text:
    if len(line.bars) < 2:
        return Text("trend: of one there is none", style="dim")
    text = Text(f"trend: {line.bars} ")
    now = next(known[test_id].time for test_id in line.ids if not known[test_id].problem)
    if not line.says or now is None:
        return text.append("neither worse nor better, as far as the intervals tell")
    text.append(line.says, style=STYLES[MISSED if line.says == "worse" else MET])
    return text.append(f": {interval(now)}, was {interval(known[line.than].time)} in {line.than}")
