"""`crossfade loadtest`: Locust against both backends in alternating blocks, and what came out of it."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import click
import msgspec

from cli.asking import confirm
from cli.bundled import CONTRACT, bundled_backends, yes_option
from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.loadtest_proxy import proxy
from cli.output import console, json_option, message, print_json
from cli.serve import database_option
from cli.spans import Span
from cli.up import probe
from loadtests.result_table import render_table, to_json
from loadtests.run import run_loadtest
from parity.errors import StoreError
from parity.load_tests import LoadTest, LoadTests


@click.group(invoke_without_command=True)
@click.option("--domain", help="Whose endpoints are loaded, for example escrows.")
@click.option(
    "--users", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Users at the same time."
)
@click.option(
    "--duration", type=Span(), default="20s", show_default=True, help="Measured time for each side."
)
@click.option(
    "--legacy", metavar="URL", help="A legacy backend that runs; default: the bundled one is started."
)
@click.option(
    "--modern", metavar="URL", help="A modern backend that runs; default: the bundled one is started."
)
@click.option(
    "--contract", type=click.Path(path_type=Path), default=CONTRACT, help="Recorded traffic and seed."
)
@yes_option
@json_option
@database_option
@click.pass_context
def loadtest(click_context: click.Context, /, **given: Any) -> None:
    """Say whether modern answers 20 % faster and issues 30 % fewer queries.

    Both sides run in the same run, in alternating blocks with the same seeds. Exit code 0: all targets met;
    1: missed or undecided.
    """
    if click_context.invoked_subcommand is None:
        click_context.invoke(_run, **given)


@pass_context
def _run(
    context: Context,
    domain: str | None,
    users: int,
    duration: float,
    legacy: str | None,
    modern: str | None,
    contract: Path,
    yes: bool,
    as_json: bool,
    database_url: str | None,
) -> None:
    if domain is None:
        raise UsageError("expected --domain, for example --domain escrows")
    context.require_domain(domain)
    if (legacy is None) != (modern is None):
        raise UsageError("expected both --legacy and --modern, or neither")
    with contextlib.ExitStack() as stack:
        if legacy is None or modern is None:
            bundled = stack.enter_context(
                bundled_backends(context, contract, database_url, purpose="loadtest", yes=yes)
            )
            legacy, modern, reset = bundled.legacy, bundled.modern, bundled.reset
        else:
            probe("legacy", legacy)
            probe("modern", modern)
            reset = None
            if not yes:
                confirm(f"The load writes to {legacy} and {modern}. Go on?")
        work_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossfade-loadtest-")))
        result = run_loadtest(
            legacy_url=legacy,
            modern_url=modern,
            domain=domain,
            contract=contract,
            users=users,
            duration_s=duration,
            jwt_secret=context.jwt_secret,
            reset=reset,
            progress=message,
            work_dir=work_dir,
            endpoints=[(item.method, item.path) for item in context.endpoints if item.domain == domain],
        )
    values = to_json(result)
    if as_json:
        print_json(values["schema"], {name: value for name, value in values.items() if name != "schema"})
    else:
        render_table(result, console())
    keep(context, msgspec.convert(values, LoadTest))
    if not result.passed:
        raise click.exceptions.Exit(1)


def keep(context: Context, test: LoadTest) -> None:
    """Leave it in the store, for the console; a store that does not answer changes nothing of what was measured."""
    try:
        kept = LoadTests(context.engine).add(test, context.actor)
    except StoreError as error:
        message(f"crossfade: the console will not show this load test: {error}")
    else:
        message(f"kept as {kept}: crossfade console, Load tests")


loadtest.add_command(proxy)
