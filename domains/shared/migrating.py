"""Brings the database to the latest migration, while both backends go on.

A migration can be run again, and be taken back, wherever it was interrupted: one that left an index half built is
noticed by the next run, and by whoever sees it fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from domains.shared.errors import MigrationError

LATEST = "head"
NONE = "base"
PATIENCE_S = 60.0
_CONNECT_TIMEOUT_S = 5
_LOCK = 0x3163
"""Number of the advisory lock that the one who migrates holds."""
_TAKE = sa.text(f"SELECT pg_try_advisory_lock({_LOCK})")
_GIVE_BACK = sa.text(f"SELECT pg_advisory_unlock({_LOCK})")
_HALF_BUILT = sa.text(
    "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace ORDER BY 1"
)
_INDEXES = sa.text("SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema()")


def migrate(database_url: str, *, to: str = LATEST, patience_s: float = PATIENCE_S) -> list[str]:
    """Apply what is missing, or with NONE take everything back; returns the revisions that were.

    An index can be built once every transaction that began before has ended; that is waited for `patience_s` long.
    Raises MigrationError, which names what was left half built. What was done until then stays, and the next run goes
    on from there.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    # what waits for the lock would hold a snapshot, for which the other's CONCURRENTLY waits in turn: so it is tried
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(database_url, connect_timeout=_CONNECT_TIMEOUT_S),
        poolclass=sa.NullPool,
    )
    try:
        with engine.connect() as connection, _alone(connection):
            if connection.scalar(sa.text("SELECT to_regclass('escrows') IS NULL")):
                raise MigrationError("the database has no schema yet; `crossfade db reset` makes it")
            connection.execute(sa.text(f"SET lock_timeout = {int(patience_s * 1000)}"))
            config.attributes["connection"] = connection
            try:
                return _bring(connection, config, to)
            except BaseException as error:
                if left := _left_behind(database_url):
                    raise MigrationError(f"{_reason(error)}; {left}") from error
                raise
    except (sa.exc.DBAPIError, psycopg.Error, CommandError) as error:
        raise MigrationError(_reason(error)) from error


@contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """Hold the lock of those who migrate. PostgreSQL itself lets go of it only a moment after the connection ended."""
    if not connection.scalar(_TAKE):
        raise MigrationError("somebody else migrates this database at the moment; nothing was done")
    try:
        yield
    finally:
        with suppress(sa.exc.DBAPIError):  # the connection is gone, and the lock with it
            connection.rollback()
            connection.execute(_GIVE_BACK)


def _bring(connection: sa.Connection, config: Config, to: str) -> list[str]:
    before = MigrationContext.configure(connection).get_current_revision()
    indexes = connection.scalar(_INDEXES)
    if to == LATEST and before is not None and connection.scalar(_HALF_BUILT):
        before = None
        command.stamp(config, NONE)  # so that all of it is run again
    connection.commit()
    if to == NONE:
        command.stamp(config, LATEST)  # so that what an interrupted run left is taken back too
        connection.commit()
        command.downgrade(config, NONE)
        if connection.scalar(_INDEXES) != indexes:
            before = ScriptDirectory.from_config(config).get_current_head()
    else:
        command.upgrade(config, to)
    after = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    return _between(ScriptDirectory.from_config(config), before, after)


def _left_behind(database_url: str) -> str:
    """What is to be said of indexes that are half built: they slow writes down, and answer nobody."""
    with psycopg.connect(database_url, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
        names = [name for (name,) in connection.execute(_HALF_BUILT.text.encode())]
    return f"{', '.join(names)} was left half built: run `crossfade db migrate` again" if names else ""


def _reason(error: BaseException) -> str:
    said = str(getattr(error, "orig", None) or error).strip().splitlines() or ["it was interrupted"]
    return f"the database was not brought to the latest migration: {said[0]}"


def _between(script: ScriptDirectory, one: str | None, other: str | None) -> list[str]:
    """The revisions of which only one of the two states has the effect, the older first."""
    order = [found.revision for found in script.walk_revisions()][::-1]
    done = [0 if revision is None else order.index(revision) + 1 for revision in (one, other)]
    return order[min(done) : max(done)]
