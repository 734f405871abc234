"""`crossfade loadtest`: Locust against both backends in alternating blocks, and what came out of it."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cli.bundled import CONTRACT, yes_option
from cli.context import Context, pass_context
from cli.errors import CliError, UsageError
from cli.failures import explain
from cli.load_generators import check_reach, generator_options, generators_of
from cli.loadtest_baseline import baseline
from cli.loadtest_history import history
from cli.loadtest_order import Typed, order_of
from cli.loadtest_progress import LoadProgress
from cli.loadtest_proxy import proxy
from cli.loadtest_report import report
from cli.loadtest_site import Wanted, load_site
from cli.loadtest_worker import worker
from cli.output import console, json_option, message, print_json
from cli.serve import database_option
from cli.spans import Span
from legacy_bridge.errors import LegacyError
from loadtests.block_runs import INTERRUPTED
from loadtests.errors import LoadTestError
from loadtests.reports import render, to_json, write_html, write_junit, write_markdown
from loadtests.run import run_loadtest
from loadtests.scenarios import STEADY, WorkloadKind
from parity.errors import ParityError, StoreError
from parity.load_results import MET, UNDECIDED, LoadTest
from parity.load_tests import LoadTests
from proxy.errors import ProxyError
from proxy.stages import Stage

_STAGES = [str(stage) for stage in Stage if stage is not Stage.OFF]
_FILE = click.Path(path_type=Path, dir_okay=False)
_PID = click.IntRange(min=1)
NOT_MET, COULD_NOT_RUN, CTRL_C = 1, 2, 130


@click.group(invoke_without_command=True)
@click.option(
    "--domain", "domains", multiple=True, help="Whose endpoints are loaded; default: all with a recording."
)
@click.option(
    "--scenario",
    default=STEADY,
    show_default=True,
    help="Shape of load: smoke, steady, spike, soak, 100-concurrent.",
)
@click.option(
    "--users", type=click.IntRange(1, 10_000), help="Users at the same time; default: the scenario's."
)
@click.option("--duration", type=Span(), help="Measured time for each side; default: the scenario's.")
@click.option(
    "--workload",
    type=click.Choice([str(one) for one in WorkloadKind]),
    help="Users who wait, or arrivals that do not.",
)
@click.option(
    "--rate", type=click.FloatRange(0, 100_000, min_open=True), help="Arrivals a second of an open workload."
)
@click.option(
    "--reads",
    metavar="SHARE",
    help="Share of requests that only read, or `recorded`; default: the scenario's.",
)
@click.option(
    "--warm-up", type=Span(), help="Load of each block before what is measured; default: the scenario's."
)
@click.option(
    "--legacy", metavar="URL", help="A legacy backend that runs; default: the bundled one is started."
)
@click.option(
    "--modern", metavar="URL", help="A modern backend that runs; default: the bundled one is started."
)
@click.option(
    "--legacy-pid", type=_PID, help="The process of that legacy here, whose CPU and memory are watched."
)
@click.option(
    "--modern-pid", type=_PID, help="The process of that modern here, whose CPU and memory are watched."
)
@click.option("--targets", type=_FILE, help="TOML file of what is to be reached; default: that of the plan.")
@click.option(
    "--through", type=click.Choice(_STAGES), help="Measure through the proxy, with the domains at this stage."
)
@click.option(
    "--aa", is_flag=True, help="Legacy against legacy: does the measurement find what is not there?"
)
@click.option(
    "--extra",
    type=Span(),
    help="Measured time for each side after that, for what is asked too seldom to be decided.",
)
@click.option("--no-early", is_flag=True, help="Run all blocks, also when the answer is clear.")
@click.option(
    "--seed",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help="Other requests in another order.",
)
@click.option(
    "--contract", type=click.Path(path_type=Path), default=CONTRACT, help="Recorded traffic and seed."
)
@click.option("--all", "all_endpoints", is_flag=True, help="Show every endpoint, not only the worst.")
@click.option("--html", type=_FILE, help="Write one self-contained HTML file.")
@click.option("--junit", type=_FILE, help="Write JUnit XML.")
@click.option("--markdown", type=_FILE, help="Write Markdown for a pull request.")
@generator_options
@yes_option
@json_option
@database_option
@click.pass_context
def loadtest(click_context: click.Context, /, **given: Any) -> None:
    """Say whether modern is faster, issues fewer queries and hits its cache.

    Both sides run in the same run, in alternating blocks with the same seeds. Exit code 0: all targets met;
    1: missed or undecided; 2: could not run, or not to the end.
    """
    if click_context.invoked_subcommand is None:
        click_context.invoke(_run, **given)


loadtest.add_command(report)
loadtest.add_command(proxy)
loadtest.add_command(history)
loadtest.add_command(baseline)
loadtest.add_command(worker)


@pass_context
def _run(
    context: Context,
    domains: tuple[str, ...],
    scenario: str,
    users: int | None,
    duration: float | None,
    workload: str | None,
    rate: float | None,
    reads: str | None,
    warm_up: float | None,
    legacy: str | None,
    modern: str | None,
    legacy_pid: int | None,
    modern_pid: int | None,
    targets: Path | None,
    through: str | None,
    aa: bool,
    extra: float | None,
    no_early: bool,
    seed: int,
    contract: Path,
    all_endpoints: bool,
    html: Path | None,
    junit: Path | None,
    markdown: Path | None,
    workers: int | None,
    master: str | None,
    expect_workers: int | None,
    yes: bool,
    as_json: bool,
    database_url: str | None,
) -> None:
    stage = Stage(through) if through else None
    wanted = Wanted(legacy, modern, legacy_pid, modern_pid, stage, same=aa)
    with _could_not_run(), contextlib.ExitStack() as stack:
        generators = generators_of(
            context.settings.loadtest, workers=workers, master=master, expect_workers=expect_workers
        )
        check_reach(generators, bundled=legacy is None)
        order = order_of(
            context,
            domains,
            Typed(scenario, users, duration, rate, workload, reads, warm_up),
            wanted,
            targets=targets,
            contract=contract,
            seed=seed,
            may_end_early=not no_early,
            extra_s=extra,
            generators=generators,
        )
        site = stack.enter_context(load_site(context, wanted, order.domains, contract, database_url, yes=yes))
        work_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossfade-loadtest-")))
        with LoadProgress() as progress:
            test = run_loadtest(order, site, progress, work_dir)
    if not aa:  # it says nothing of modern
        keep(context, test)
    if as_json:
        values = to_json(test)
        print_json(values.pop("schema"), values)
    else:
        render(test, console(), all_endpoints=all_endpoints)
    with _could_not_run():
        for file, write in ((html, write_html), (junit, write_junit), (markdown, write_markdown)):
            if file is not None:
                write(test, file)
                message(f"wrote {file}")
    if code := exit_code(test, same=aa):
        raise click.exceptions.Exit(code)


@contextlib.contextmanager
def _could_not_run() -> Iterator[None]:
    """Whatever keeps a load test from running has its one exit code, whoever says it."""
    try:
        yield
    except (CliError, LoadTestError, LegacyError, ParityError, ProxyError, OSError) as error:
        raise UsageError(explain(error)[0]) from error


def exit_code(test: LoadTest, *, same: bool = False) -> int:
    """0: met, or the `same` backend against itself without anything decided; 1: not so; 2: not to the end; 130: Ctrl-C."""
    if test.problem:
        return CTRL_C if test.problem == INTERRUPTED else COULD_NOT_RUN
    if same:
        rows = (test.overall, *test.by_domain, *test.endpoints)
        return NOT_MET if any(one.judgement != UNDECIDED for row in rows for one in row.judgements) else 0
    return 0 if test.judgement == MET else NOT_MET


def keep(context: Context, test: LoadTest) -> None:
    """Leave it in the store, for the console; a store that does not answer changes nothing of what was measured."""
    try:
        kept = LoadTests(context.engine).add(test, context.actor)
    except StoreError as error:
        message(f"crossfade: the console will not show this load test: {error}")
    else:
        message(f"kept as {kept}: crossfade console, Load tests")
