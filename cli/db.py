"""`crossfade db reset`: the reference CRM's schema and seed."""

from pathlib import Path

import click

from cli.context import Context, pass_context
from cli.output import Progress, json_option, message, print_json
from cli.serve import database, database_option


@click.group()
def db() -> None:
    """The database of the reference CRM."""


@db.command()
@click.option(
    "--seed", type=click.Path(path_type=Path), required=True, help="Directory with one JSON file a table."
)
@click.option("--yes", is_flag=True, help="Do not ask: everything in the CRM's tables is replaced.")
@json_option
@database_option
@pass_context
def reset(context: Context, seed: Path, yes: bool, as_json: bool, database_url: str | None) -> None:
    """Create the schema and load the seed; backends that run go on with the new rows.

    All or nothing: a seed that is not one, or a database that refuses, changes nothing.
    """
    import legacy_bridge.seed

    if not yes:
        click.confirm("Every row in the CRM's tables is replaced by the seed. Go on?", abort=True, err=True)
    with database(database_url, context.settings.postgres_dir) as url, Progress() as progress:
        rows = legacy_bridge.seed.reset(url, seed, progress)
    if as_json:
        print_json("crossfade.db-reset/1", {"seed": str(seed), "rows": rows})
        return
    message(f"loaded {sum(rows.values()):,} rows into {len(rows)} tables from {seed}")
