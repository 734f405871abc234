"""Brings the database to the latest migration, while both backends go on."""

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
_CONNECT_TIMEOUT_S = 5
_LOCK = 0x3163
"""Number of the advisory lock that the one who migrates holds."""


def migrate(database_url: str, *, to: str = LATEST) -> list[str]:
    """Apply what is missing, or with an older `to` take back what is newer; returns the revisions that were.

    Raises MigrationError. What was done until then stays, and the next run goes on from there.
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
        with engine.connect() as connection:
            if not connection.scalar(sa.text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
                raise MigrationError("somebody else migrates this database at the moment; nothing was done")
            if connection.scalar(sa.text("SELECT to_regclass('escrows') IS NULL")):
                raise MigrationError("the database has no schema yet; `crossfade db reset` makes it")
            before = MigrationContext.configure(connection).get_current_revision()
            connection.commit()
            config.attributes["connection"] = connection
            (command.downgrade if to == NONE else command.upgrade)(config, to)
            after = MigrationContext.configure(connection).get_current_revision()
            connection.commit()
    except (sa.exc.DBAPIError, psycopg.Error, CommandError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise MigrationError(f"the database was not brought to the latest migration: {reason}") from error
    return _between(ScriptDirectory.from_config(config), before, after)


def _between(script: ScriptDirectory, one: str | None, other: str | None) -> list[str]:
    """The revisions of which only one of the two states has the effect, the older first."""
    order = [found.revision for found in script.walk_revisions()][::-1]
    done = [0 if revision is None else order.index(revision) + 1 for revision in (one, other)]
    return order[min(done) : max(done)]
