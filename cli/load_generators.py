"""Who sends the load, by `[loadtest]` and the options that win over it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from cli.errors import UsageError
from cli.sections import LoadtestSection
from cli.settings import faults
from loadtests.generators import Generators

Command = TypeVar("Command", bound=Callable[..., Any])
master_option = click.option(
    "--master",
    metavar="HOST:PORT",
    help="Where the master of the load generators listens; default: loopback.",
)


def generator_options(command: Command) -> Command:
    """`--workers`, `--master` and `--expect-workers`."""
    for option in (
        click.option(
            "--expect-workers",
            type=int,
            metavar="N",
            help="Load generators elsewhere to wait for in each block.",
        ),
        master_option,
        click.option(
            "--workers", type=int, metavar="N", help="Load generators here; 0: one alone, no master."
        ),
    ):
        command = option(command)
    return command


def generators_of(
    section: LoadtestSection,
    *,
    workers: int | None = None,
    master: str | None = None,
    expect_workers: int | None = None,
) -> Generators:
    """As the section says, but for what was typed; raises UsageError with all that is wrong of it."""
    typed = {"workers": workers, "master": master, "expect_workers": expect_workers}
    given = {name: value for name, value in typed.items() if value is not None}
    try:
        whole = LoadtestSection.model_validate(section.model_dump() | given)
    except ValidationError as error:
        raise UsageError("\n  ".join(["the load generators cannot be started:", *faults(error)])) from error
    host, _, port = whole.master.rpartition(":")
    return Generators(whole.workers, host, int(port), whole.expect_workers, whole.wait_s)


def check_reach(generators: Generators, *, bundled: bool) -> None:
    """Raises UsageError where load generators of other machines would load backends that only this one reaches."""
    if bundled and generators.expect_workers and not _is_loopback(generators.host):
        raise UsageError(
            f"--expect-workers {generators.expect_workers}: other machines do not reach the bundled backends, which listen"
            " on loopback; expected --legacy and --modern"
        )


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "[::1]"} or host.startswith("127.")
