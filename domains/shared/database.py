"""The connection to PostgreSQL: one pool per process, made for many short statements.

Statements run in autocommit: a write is one statement, and with that its own transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.string import TextLoader
from sqlalchemy import Executable, RowMapping, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

from domains.shared import node_json
from domains.shared.errors import Fault, InvalidInputError
from domains.shared.statements import count_statements

POOL_WAIT_S = 10.0
CONNECT_TIMEOUT_S = 5
RECYCLE_S = 1800


class Database:
    """Runs statements on a pool; it connects when the first one is run."""

    def __init__(self, database_url: str, *, pool_size: int) -> None:
        self._engine = _engine(database_url, pool_size)

    async def run(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]:
        """Run one statement; what PostgreSQL refuses of a client's values is the client's error (Q-09)."""
        try:
            # one switch of context for the whole, where AsyncEngine needs one for each step of it
            return await greenlet_spawn(self._run, statement, values)
        except (DataError, IntegrityError) as error:
            diagnostics = getattr(error.orig, "diag", None)
            field = getattr(diagnostics, "column_name", None) or getattr(diagnostics, "constraint_name", None)
            raise InvalidInputError([Fault(field or "", "Does not fit what is stored")]) from error

    def _run(self, statement: Executable, values: Mapping[str, Any] | None) -> Sequence[RowMapping]:
        with self._engine.sync_engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.mappings().all() if result.returns_rows else ()

    async def close(self) -> None:
        """Close the pool's connections."""
        await self._engine.dispose()


def _engine(database_url: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        pool_recycle=RECYCLE_S,
        pool_use_lifo=True,  # a warm connection has the statements prepared
        pool_reset_on_return=None,  # autocommit leaves nothing to roll back
        use_native_hstore=False,
        json_serializer=node_json.dumps_text,
        json_deserializer=node_json.loads,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "crossfade-modern",
            "options": "-c TimeZone=UTC",
            "prepare_threshold": 2,
        },
    )

    @event.listens_for(engine.sync_engine, "connect")
    def keep_numeric_as_text(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # both APIs answer NUMERIC as the text that PostgreSQL sends, trailing zeros included
        connection.driver_connection.adapters.register_loader("numeric", TextLoader)

    count_statements(engine)
    return engine
