"""`crossfade loadtest worker`: send a share of the load of a `crossfade loadtest` on another machine."""

import tempfile
from pathlib import Path

import click

from cli.bundled import CONTRACT
from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.load_generators import generators_of, master_option
from cli.output import message
from loadtests.errors import LoadTestError
from loadtests.worker_blocks import run_worker

_COULD_NOT_RUN = 2


@click.command()
@master_option
@click.option(
    "--contract", type=click.Path(path_type=Path), default=CONTRACT, help="The recording that the master has."
)
@pass_context
def worker(context: Context, master: str | None, contract: Path) -> None:
    """Send a share of the load of a `crossfade loadtest` on another machine, block by block, until it has no more.

    Exit code 0: took part; 2: no master came, or it has another recording.
    """
    generators = generators_of(context.settings.loadtest, master=master)
    if not generators.port:
        raise UsageError(
            "expected --master HOST:PORT with the port where the master of the load test listens"
        )
    message(f"waiting for a load test at {generators.host}:{generators.port} ...")
    with tempfile.TemporaryDirectory(prefix="crossfade-loadtest-") as work_dir:
        try:
            blocks = run_worker(
                host=generators.host,
                port=generators.port,
                contract=contract,
                jwt_secret=context.jwt_secret,
                wait_s=generators.wait_s,
                work_dir=Path(work_dir),
                progress=message,
            )
        except LoadTestError as error:
            message(f"crossfade: {error}")
            raise click.exceptions.Exit(_COULD_NOT_RUN) from error
    message(f"took part in {blocks} blocks; the master has no more")
