"""The connection to PostgreSQL: one pool per process, made for many short statements.

Statements run in autocommit, so a request that needs one statement sends one: a write is a single statement
too, and with that its own transaction. `engine.begin()` on a copy with another isolation level is for the
day a write needs two.
"""

from psycopg.types.string import TextLoader
from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from domains.shared import node_json
from domains.shared.statements import count_statements

POOL_WAIT_S = 10.0
CONNECT_TIMEOUT_S = 5
RECYCLE_S = 1800


def connect(database_url: str, *, pool_size: int) -> AsyncEngine:
    """An engine on `postgresql://…`; it connects when the first statement is run."""
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
