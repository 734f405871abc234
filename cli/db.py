"""`crossfade db`: the reference CRM's schema and seed, its migrations and backups."""

from pathlib import Path

import click

from cli.asking import confirm
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
        confirm("Every row in the CRM's tables is replaced by the seed. Go on?")
    with database(database_url, context.settings.postgres_dir) as url, Progress() as progress:
        rows = legacy_bridge.seed.reset(url, seed, progress)
    if as_json:
        print_json("crossfade.db-reset/1", {"seed": str(seed), "rows": rows})
        return
    message(f"loaded {sum(rows.values()):,} rows into {len(rows)} tables from {seed}")


@db.command()
@click.option("--undo", is_flag=True, help="Take back what the migrations added.")
@json_option
@database_option
@pass_context
def migrate(context: Context, undo: bool, as_json: bool, database_url: str | None) -> None:
    """Bring the database to the latest migration, while both backends go on.

    Migrations only add, and indexes are built without locking anybody out. An interrupted one is run again.
    """
    from domains.shared.migrating import LATEST, NONE
    from domains.shared.migrating import migrate as bring

    with database(database_url, context.settings.postgres_dir) as url, Progress() as progress:
        progress("building indexes ...")
        revisions = bring(url, to=NONE if undo else LATEST)
    if as_json:
        print_json("crossfade.db-migrate/1", {"undone" if undo else "applied": revisions})
        return
    done = f"{'took back' if undo else 'applied'} {', '.join(revisions)}"
    message(done if revisions else "nothing to do")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@database_option
@pass_context
def backup(context: Context, file: Path, as_json: bool, database_url: str | None) -> None:
    """Write the whole database to FILE, as it was at one moment; backends go on meanwhile."""
    from cli.backups import back_up

    with database(database_url, context.settings.postgres_dir) as url, Progress() as progress:
        progress("writing the backup ...")
        size = back_up(url, file)
    if as_json:
        print_json("crossfade.db-backup/1", {"file": str(file), "bytes": size})
        return
    message(f"wrote {file}, {size:,} bytes")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask: every table of the backup is replaced.")
@json_option
@database_option
@pass_context
def restore(context: Context, file: Path, yes: bool, as_json: bool, database_url: str | None) -> None:
    """Put the tables back as they are in FILE, all or nothing."""
    import cli.backups

    with database(database_url, context.settings.postgres_dir) as url, Progress() as progress:
        tables = cli.backups.require_backup(url, file)
        if not yes:
            confirm(f"{tables} tables are replaced by the backup. Go on?")
        progress("restoring ...")
        cli.backups.restore(url, file)
    if as_json:
        print_json("crossfade.db-restore/1", {"file": str(file), "tables": tables})
        return
    message(f"restored {tables} tables from {file}")
