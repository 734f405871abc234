"""Databases with nothing in them, a test's own: a SQLite file, and a PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.database import open_database
from tests.proxy.piloting import Bridge


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """A SQLite file that is not there yet."""
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(own_database_url: str) -> Iterator[sa.Engine]:
    """An empty PostgreSQL."""
    engine = open_database(own_database_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite_engine", "postgres_engine"], ids=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> sa.Engine:
    """Each kind of database."""
    found: sa.Engine = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def bridge(sqlite_engine: sa.Engine) -> Bridge:
    """From which pilots steer, on a SQLite file."""
    return Bridge(sqlite_engine)


@pytest.fixture
def postgres_bridge(postgres_engine: sa.Engine) -> Bridge:
    """From which pilots steer, on a PostgreSQL."""
    return Bridge(postgres_engine)
